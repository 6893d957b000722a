"""What is known of a case as it was read: claims, holds and decisions that nobody has to ask for again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from review.models.case import Case

NAMES = ("claims", "holds", "decisions")


def know(case: "Case", **rows: Sequence[Any]) -> None:
    """These are all of its claims, holds or decisions, as a page has read them or as they are under the lock."""
    for name, found in rows.items():
        every = getattr(case, name).all()
        every._result_cache, every._prefetch_done = list(found), True
        case.__dict__.setdefault("_prefetched_objects_cache", {})[name] = every
        for one in found:
            one.case = case


def known_of(case: "Case", name: str) -> list[Any] | None:
    known = case.__dict__.get("_prefetched_objects_cache", {}).get(name)
    return None if known is None else list(known)


def learn(case: "Case", name: str, row: Any) -> None:
    """A claim, hold or decision that was written just now, under the lock of the case."""
    known = known_of(case, name)
    if known is not None:
        know(case, **{name: [*known, row]})
