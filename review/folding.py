"""Long runs of turns without a mark, folded away from among those that have one. Pure: no database, no clock."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

# This many turns stay in sight on either side of a marked one, and at the ends of what is shown.
CONTEXT = 3
# What is shorter than this is quicker read than unfolded.
SHORTEST = 8
Item = TypeVar("Item")


@dataclass(frozen=True)
class Fold(Generic[Item]):
    """Items out of sight until somebody asks for them."""

    items: Sequence[Item]
    turns: int


def folded(
    items: Sequence[Item], *, is_turn: Callable[[Item], bool], is_marked: Callable[[Item], bool]
) -> Iterator[Item | Fold[Item]]:
    """The items in their order. Where nothing is marked nothing is folded: there would be nothing left to read."""
    turns = [place for place, item in enumerate(items) if is_turn(item)]
    marked = [order for order, place in enumerate(turns) if is_marked(items[place])]
    if not marked:
        yield from items
        return
    shown = 0
    for first, last in _runs(marked, len(turns)):
        yield from items[shown : turns[first]]
        yield Fold(items[turns[first] : turns[last] + 1], last - first + 1)
        shown = turns[last] + 1
    yield from items[shown:]


def _runs(marked: Iterable[int], count: int) -> Iterator[tuple[int, int]]:
    """First and last turn of each run that is long enough, its ends left in sight."""
    after = -1
    for order in [*marked, count]:
        first, last = after + 1 + CONTEXT, order - 1 - CONTEXT
        if last - first + 1 >= SHORTEST:
            yield first, last
        after = order
