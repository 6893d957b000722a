"""What is known of a row as it was read, so that nobody has to ask for it again: all that points at it by some name."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model


def know(row: Model, **rows: Sequence[Any]) -> None:
    """These are all that point at it by this name, as a page has read them or as they are under the lock."""
    for name, found in rows.items():
        every = getattr(row, name).all()
        every._result_cache, every._prefetch_done = list(found), True
        row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = every
        back = getattr(type(row), name).field.name
        for one in found:
            setattr(one, back, row)


def known_of(row: Model, name: str) -> list[Any] | None:
    known = row.__dict__.get("_prefetched_objects_cache", {}).get(name)
    return None if known is None else list(known)


def learn(row: Model, name: str, one: Any) -> None:
    """It was written just now, under the lock of the row."""
    known = known_of(row, name)
    if known is not None:
        know(row, **{name: [*known, one]})
