"""The uncertainty of a share that was counted."""

from math import sqrt

NORMAL_95 = 1.959964


def share_with_interval(part: int, whole: int) -> tuple[float, float, float] | None:
    """Return (share, lower, upper) with Wilson's 95 % interval (Wilson 1927); None where nothing was counted."""
    if whole <= 0:
        return None
    share, z2 = part / whole, NORMAL_95**2
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = NORMAL_95 * sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return share, max(0.0, middle - half), min(1.0, middle + half)
