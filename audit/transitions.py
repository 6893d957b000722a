"""Move a state and record it, in one call: the only place in the house that writes a state."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from django.db import connection

from audit.record import About, Actor, OutsideTransaction, record
from audit.verbs import Verb


class NotPossible(Exception):
    """This cannot happen to this thing now; the sentence says why and what to do. Answered with 409, recorded."""

    def __init__(self, sentence: str, *, about: About | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.about = about
        # What the page of the refusal says besides, where the view knows more: see `errors/409.html`.
        self.page: dict[str, Any] = {}


class Stateful(Protocol):
    """A row with a state. MOVES lists every allowed (from, to) with the verbs that may make it."""

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]]
    state: str

    def about(self) -> About: ...

    def save(self, *, update_fields: list[str]) -> None: ...


Thing = TypeVar("Thing", bound=Stateful)


def transition(
    thing: Thing,
    *,
    to: str,
    by: Actor,
    verb: Verb,
    payload: Mapping[str, Any] | None = None,
    reason: str = "",
    **changes: Any,
) -> Thing:
    """Set the new state and `changes` on a row that the caller has locked, and record the act with them."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{verb} must move the state inside the transaction that locked it.")
    before = thing.state
    if verb not in thing.MOVES.get((before, to), frozenset()):
        raise NotPossible(
            f"This cannot go from “{before}” to “{to}”. Reload the page to see its state now.",
            about=thing.about(),
        )
    thing.state = to
    for name, value in changes.items():
        setattr(thing, name, value)
    thing.save(update_fields=["state", *changes])
    record(
        verb,
        by=by,
        about=thing.about(),
        reason=reason,
        payload={"from": before, "to": to, **(payload or {})},
    )
    return thing
