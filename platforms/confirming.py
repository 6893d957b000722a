"""A platform says what it did about what it was asked."""

from datetime import datetime

from django.db import transaction

from accounts.sealed_secrets import keyed_digests
from audit.record import record
from audit.verbs import Verb
from licensees.models import ApiKey
from platforms.models import Confirmation, Event
from platforms.notes import seal_platform_note
from platforms.policies import check_is_later, check_not_ahead, find_what_it_asks
from review.models import Case


def confirm(*, event_id: int, by: ApiKey, done: bool, at: datetime, note: str = "") -> Confirmation:
    """The same once more is the same confirmation; a later word is another one, and counts instead."""
    with transaction.atomic():
        event = Event.objects.get(pk=event_id, licensee=by.licensee)
        case_id = find_what_it_asks(event)
        # The event is written once and cannot be locked: its case is, which the trail is numbered by as well.
        case: Case = Case.every.lock(case_id)
        known = list(event.confirmations.all())
        same = next((one for one in known if _is_same(one, done, at, note)), None)
        if same is not None:
            return same
        check_not_ahead(event, at)
        check_is_later(event, known[-1] if known else None, at)
        confirmation = Confirmation(event=event, done=done, at=at, confirmed_with=by)
        confirmation.note_digest = _digests(event, note)[0]
        confirmation.note_sealed = seal_platform_note(case, confirmation, note)
        confirmation.save(force_insert=True)
        payload = {
            "event": event.public_id,
            "confirmation": confirmation.pk,
            "done": done,
            "at": at.isoformat(),
        }
        record(Verb.ACTION_CONFIRMED, by=by, about=case.about(), payload=payload)
        return confirmation


def _is_same(known: Confirmation, done: bool, at: datetime, note: str) -> bool:
    words = bytes(known.note_digest) in _digests(known.event, note)
    return (known.done, known.at) == (done, at) and words


def _digests(event: Event, note: str) -> list[bytes]:
    """Under each key that still counts: a repetition may come after the key was changed."""
    return keyed_digests(f"note on {event.public_id}: {note}")
