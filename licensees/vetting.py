"""Looking at who applies: what was found, item by item, then yes or no."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import transaction

from accounts.models import User
from audit.record import Actor, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import Licensee, VettingNote
from licensees.onboarding import lock_licensee

FILE = Path(__file__).with_name("vetting.toml")
State, Outcome = Licensee.State, VettingNote.Outcome


@dataclass(frozen=True)
class Item:
    key: str
    label: str
    help: str
    note: VettingNote | None = None

    @property
    def is_settled(self) -> bool:
        return self.note is not None and self.note.outcome != Outcome.OPEN


@cache
def items() -> dict[str, Item]:
    listed = tomllib.loads(FILE.read_text())
    return {key: Item(key, one["label"], one["help"]) for key, one in listed.items()}


def checklist(licensee: Licensee) -> list[Item]:
    """Every item with the newest note on it."""
    return with_notes(VettingNote.objects.filter(licensee=licensee).order_by("noted_at", "pk"))


def with_notes(oldest_first: Iterable[VettingNote]) -> list[Item]:
    newest = {note.item: note for note in oldest_first}
    return [Item(one.key, one.label, one.help, newest.get(one.key)) for one in items().values()]


def note_item(
    *, licensee_id: int, item: str, outcome: str, note: str, by: Actor, noted_by: User | None = None
) -> VettingNote:
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        _check_being_vetted(licensee)
        if item not in items() or outcome not in Outcome.values:
            raise NotPossible(
                "There is no such item on the list. Reload the page to see what is on it now.",
                about=licensee.about(),
            )
        if len(note.strip()) < SHORTEST_NOTE:
            raise NotPossible(SAY_HOW, about=licensee.about())
        made = VettingNote.objects.create(
            licensee=licensee, item=item, outcome=outcome, note=note.strip()[:500], noted_by=noted_by
        )
        payload = {"item": item, "outcome": outcome, "note": made.pk}
        record(Verb.VETTING_NOTED, by=by, about=licensee.about(), payload=payload)
        return made


def vet(*, licensee_id: int, by: Actor, reason: str) -> Licensee:
    """Yes. Whoever comes second, with a yes or a no, finds that it was answered."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        _check_being_vetted(licensee)
        open_items = [one.label for one in checklist(licensee) if not one.is_settled]
        if open_items:
            raise NotPossible(
                f"{len(open_items)} of the list are still open: {'; '.join(open_items)}.",
                about=licensee.about(),
            )
        return transition(licensee, to=State.VETTED, by=by, verb=Verb.LICENSEE_VETTED, reason=reason)


def decline(*, licensee_id: int, by: Actor, reason: str) -> Licensee:
    """No. What was found is kept, as long as nobody asks for more."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        return transition(licensee, to=State.DECLINED, by=by, verb=Verb.LICENSEE_DECLINED, reason=reason)


SHORTEST_NOTE = 3
SAY_HOW = "Say in a few words what was found and where, so that somebody else could look again."


def _check_being_vetted(licensee: Licensee) -> None:
    if licensee.state != State.APPLIED:
        raise NotPossible(
            f"{licensee.name} is not being vetted any more: it is {licensee.get_state_display().lower()}.",
            about=licensee.about(),
        )
