"""The uncertainty of a share that was counted."""

from math import ceil, sqrt

NORMAL_95 = 1.959964


def share_with_interval(part: float, whole: float) -> tuple[float, float, float] | None:
    """Return (share, lower, upper) with Wilson's 95 % interval (Wilson 1927); None where nothing was counted.

    A `whole` that is smaller than what was counted, with `part` in the same proportion, widens the interval:
    so many independent observations are then taken to stand behind the share.
    """
    if whole <= 0:
        return None
    share, z2 = part / whole, NORMAL_95**2
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = NORMAL_95 * sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def clean_needed(rate: float) -> int:
    """Return how many observations without an event it takes to claim a rate under `rate` (the rule of three:
    the upper 95 % bound after n clean ones is about 3/n; Hanley and Lippman-Hand 1983).
    """
    return ceil(3 / rate - 1e-9)
