"""Place and extend preservation holds; any job that deletes asks here first, and the database refuses it besides."""

from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from audit.record import About, Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from scoring.evidence import open_note, seal_note
from scoring.models import Conversation, PreservationHold

LEAST_REASON = 10
MOST_REASON = 500
REASON = "hold_extension"
What = PreservationHold.What


def place_hold(
    *,
    conversation: Conversation,
    until: datetime,
    basis: str,
    by: Actor,
    about: About,
    what: str = What.CONTENT,
    packet_key_id: int | None = None,
    source: str = "",
) -> PreservationHold:
    """Inside the caller's transaction: evidence is held in the same moment in which it counts as received.

    Under the conversation's lock: whoever erases it at this moment has finished before, or finds the hold.
    """
    Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation.pk)
    hold = PreservationHold.objects.create(
        conversation=conversation,
        packet_key_id=packet_key_id,
        what=what,
        until=until,
        basis=basis,
        source=source,
        placed_by=by.actor_name,
    )
    payload = {"hold": hold.pk, "what": what, "until": until.isoformat(), "basis": basis, "source": source}
    record(Verb.EVIDENCE_HELD, by=by, about=about, payload=payload)
    return hold


def extend_hold(
    *, conversation: Conversation, until: datetime, reason: str, by: Actor, about: About
) -> PreservationHold:
    """Another row with a later day and the reason; every packet key that is held goes with it."""
    Conversation.objects.select_for_update(of=("self",), no_key=True).get(pk=conversation.pk)
    before = held_until(conversation.pk)
    if before is None:
        raise NotPossible("Nothing is held here, so nothing can be extended.", about=about)
    if until <= before:
        sentence = f"It is held until {before:%d %B %Y} already. Choose a later day."
        raise NotPossible(sentence, about=about)
    if not LEAST_REASON <= len(reason.strip()) <= MOST_REASON:
        raise NotPossible(f"Say why in {LEAST_REASON} to {MOST_REASON} characters.", about=about)
    holds = PreservationHold.objects.filter(conversation=conversation, what=What.CONTENT)
    held = holds.exclude(packet_key=None).values_list("packet_key_id", flat=True)
    keys: list[int | None] = [*sorted(set(held))]
    sealed = seal_note(conversation, column=REASON, row=_row(until), note=reason.strip())
    rows = [
        PreservationHold.objects.create(
            conversation=conversation,
            packet_key_id=key,
            until=until,
            basis="Extended by a person",
            reason_sealed=sealed,
            placed_by=by.actor_name,
        )
        for key in (keys or [None])
    ]
    payload = {"hold": rows[-1].pk, "until": until.isoformat(), "until_before": before.isoformat()}
    record(Verb.HOLD_EXTENDED, by=by, about=about, payload=payload)
    return rows[-1]


def _row(until: datetime) -> str:
    """An extension ends later than all before it, so its day names it among those of a conversation."""
    return until.isoformat()


def open_reason(hold: PreservationHold) -> str:
    """Why a person extended it; callers record the reading first. Empty where the law placed it."""
    if hold.reason_sealed is None:
        return hold.reason
    row = _row(hold.until)
    return open_note(hold.conversation, column=REASON, row=row, sealed=hold.reason_sealed)


def held_until(conversation_id: int) -> datetime | None:
    """The last day of all holds on its content that are in force; None if nothing holds it."""
    holds = PreservationHold.objects.filter(
        conversation_id=conversation_id, what=What.CONTENT, until__gt=timezone.now()
    )
    found: datetime | None = holds.aggregate(last=Max("until"))["last"]
    return found
