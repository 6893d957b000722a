"""Which turns of a conversation are on a page, and where the others are."""

from dataclasses import dataclass

from django.urls import reverse

from review.models import Case

WINDOW = 50
# What is joined on while somebody scrolls: few enough to be put in within a frame or two.
JOINED = 20


@dataclass(frozen=True)
class Window:
    """Turns by their numbers, from `first` on, at most `size` of them."""

    first: int
    size: int = WINDOW
    # The turn before the first is on the page too, so that its day is not said again.
    goes_on: bool = False

    @classmethod
    def before(cls, number: int) -> "Window":
        first = max(1, number - WINDOW)
        return cls(first, size=max(0, number - first))

    @classmethod
    def after(cls, number: int) -> "Window":
        return cls(number + 1, size=JOINED, goes_on=True)

    @classmethod
    def around(cls, number: int) -> "Window":
        return cls(first_of_window(number))

    @property
    def extra(self) -> int:
        """Turns that are read and not shown."""
        return int(self.goes_on and self.first > 1)


def first_of_window(number: int) -> int:
    return (max(1, number) - 1) // WINDOW * WINDOW + 1


def window_url(case: Case, number: int) -> str:
    """The address of the window that a turn stands in."""
    page = reverse("review:case", args=[case.reference])
    start = first_of_window(number)
    return page if start == 1 else f"{page}?from={start}"


def turn_url(case: Case, number: int) -> str:
    return f"{window_url(case, number)}#m-{number}"
