"""The journal of a delivery: append a line, read it back. The delivery's row is locked by whoever appends."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from audit.record import Actor
from referrals.gone import or_gone
from referrals.models import Delivery, DeliveryEntry
from referrals.transports.interface import Kind, Line
from scoring.evidence import open_note, seal_note
from scoring.models import Conversation

WORDS = "delivery_words"
# Among the facts of what is about to be made: how many steps the whole attempt has.
STEPS = "steps"


def write(
    delivery: Delivery,
    *,
    step: str,
    kind: str,
    by: Actor,
    sentence: str = "",
    words: str = "",
    facts: Mapping[str, Any] | None = None,
    attempt: int | None = None,
) -> DeliveryEntry:
    """`sentence` holds words of ours; `words` are a person's own, and are sealed."""
    last = delivery.journal.aggregate(last=Max("number"))["last"] or 0
    number = last + 1
    sealed = seal_note(_conversation(delivery), column=WORDS, row=_row(delivery, number), note=words.strip())
    return DeliveryEntry.objects.create(
        delivery=delivery,
        number=number,
        attempt=attempt or delivery.attempt,
        step=step,
        kind=kind,
        facts=dict(facts or {}),
        sentence=sentence[:500],
        words_sealed=sealed,
        by=by.actor_name,
    )


def words_of(delivery: Delivery, entry: DeliveryEntry) -> str:
    """What a person wrote; where its key was destroyed, that it cannot be read any more."""
    if entry.words_sealed is None:
        return ""
    row = _row(delivery, entry.number)
    sealed, conversation = entry.words_sealed, _conversation(delivery)
    return or_gone(lambda: open_note(conversation, column=WORDS, row=row, sealed=sealed))


def _conversation(delivery: Delivery) -> Conversation:
    return delivery.packet.approval.escalation.case.conversation


def _row(delivery: Delivery, number: int) -> str:
    return f"{delivery.pk}\x1f{number}"


def read(delivery: Delivery) -> list[Line]:
    rows = sorted(delivery.journal.all(), key=lambda row: row.number)
    return [Line(row.attempt, row.step, row.kind, row.facts) for row in rows]


def unanswered(journal: list[Line], attempt: int) -> str:
    """The step that was begun and never answered, if the journal of the attempt ends with one."""
    own = [line for line in journal if line.attempt == attempt]
    return own[-1].step if own and own[-1].kind == Kind.INTENDED else ""


def open_step(journal: list[Line], step: str) -> bool:
    """Whether it is unknown what became of a step: begun in some attempt, and nothing later settled it."""
    state = False
    for line in journal:
        if line.step == step and line.kind in (Kind.INTENDED, Kind.UNKNOWN):
            state = True
        elif line.step == step and line.kind in (Kind.DONE, Kind.REFUSED, Kind.NOT_SENT, Kind.ARRIVED):
            state = False
    return state


def report_id_of(journal: list[Line]) -> str:
    """The newest report id that the recipient's server gave, over all attempts."""
    numbers = [str(line.facts.get("report_id", "")) for line in journal if line.kind == Kind.DONE]
    return next((number for number in reversed(numbers) if number), "")
