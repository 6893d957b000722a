"""Whether what is read in single messages rises in the course of a conversation: sums for a straight line.

The line runs over the binary logarithm of the message's number, so it tells the early course of a long conversation
as well as of a short one. Both sides are rounded to whole numbers first, so sums are exact in any order.
"""

from collections.abc import Iterable
from math import isfinite, log2, sqrt
from typing import NamedTuple

# Logarithms are kept to 1/1,024 and evidence to 1/65,536; evidence beyond ±32,768 counts as that.
STEPS_A_DOUBLING, STEPS_OF_EVIDENCE = 2**10, 2**16
MOST_EVIDENCE = 2.0**15
FEWEST_MESSAGES = 10
STEEPEST = 8.0


class Trend(NamedTuple):
    """Sums over messages of x, the logarithm of the number, and y, the evidence, in steps."""

    messages: int = 0
    x: int = 0
    xx: int = 0
    y: int = 0
    xy: int = 0
    yy: int = 0

    @classmethod
    def of(cls, evidence: Iterable[float], first: int) -> "Trend":
        """Sum up a run whose first message has the number `first`. A value that is not finite is left out."""
        count = x = xx = y = xy = yy = 0
        for number, value in enumerate(map(float, evidence), start=first):
            if isfinite(value):
                along = round(log2(number) * STEPS_A_DOUBLING)
                read = round(min(max(value, -MOST_EVIDENCE), MOST_EVIDENCE) * STEPS_OF_EVIDENCE)
                count, x, xx = count + 1, x + along, xx + along * along
                y, xy, yy = y + read, xy + along * read, yy + read * read
        return cls(count, x, xx, y, xy, yy)

    def merge(self, later: "Trend") -> "Trend":
        """Return both together."""
        messages, x, xx, y, xy, yy = later
        return Trend(
            self.messages + messages, self.x + x, self.xx + xx, self.y + y, self.xy + xy, self.yy + yy
        )

    def slope(self) -> float | None:
        """The least-squares slope of evidence in a message for each doubling of its number, −8 to 8 (then cut off).

        In the units of the evidence that was given. None under 10 messages with evidence.
        """
        spread = self.messages * self.xx - self.x**2
        if self.messages < FEWEST_MESSAGES or not spread:
            return None
        steps = (self.messages * self.xy - self.x * self.y) / spread
        return min(max(steps * STEPS_A_DOUBLING / STEPS_OF_EVIDENCE, -STEEPEST), STEEPEST)

    def correlation(self) -> float | None:
        """Pearson's correlation of evidence with the logarithm of the number, −1 to 1; None where a side is flat."""
        x, y = self.messages * self.xx - self.x**2, self.messages * self.yy - self.y**2
        if self.messages < FEWEST_MESSAGES or not x or not y:
            return None
        return min(max((self.messages * self.xy - self.x * self.y) / (sqrt(x) * sqrt(y)), -1.0), 1.0)
