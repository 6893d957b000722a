"""What a recipient said afterwards: sealed when it is written, shown to those who may, and each reading recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from referrals.formats.text import escaped
from referrals.gone import or_gone
from referrals.models import Delivery, DeliveryFeedback, Escalation
from scoring.evidence import open_note, seal_note

COLUMN = "feedback"
SHOWN = 20


@dataclass(frozen=True)
class Said:
    """One answer of a recipient, in the words of whoever recorded it."""

    at: datetime
    by: User
    recipient: str
    outcome: str
    words: str


def seal_feedback(delivery: Delivery, words: str) -> tuple[bytes, str]:
    """(sealed words, the name that they are sealed under)"""
    row = f"{delivery.pk}\x1f{delivery.feedback.count() + 1}"
    conversation = delivery.packet.approval.escalation.case.conversation
    sealed = seal_note(conversation, column=COLUMN, row=row, note=words.strip())
    if sealed is None:
        raise ValueError("Feedback is never empty: delivery_policies.py asks for words first.")
    return sealed, row


def about_feedback(escalation: Escalation) -> QuerySet[DeliveryFeedback]:
    """The newest first, and no more than a page shows."""
    found = DeliveryFeedback.objects.filter(delivery__packet__approval__escalation=escalation)
    return found.select_related("recorded_by", "delivery__recipient").order_by("-recorded_at", "-pk")[:SHOWN]


def said_in(escalation: Escalation, rows: Iterable[DeliveryFeedback]) -> list[Said]:
    """That somebody reads them is recorded, and committed, before."""
    return [_said(escalation, row) for row in rows]


def _said(escalation: Escalation, row: DeliveryFeedback) -> Said:
    conversation = escalation.case.conversation
    words = or_gone(lambda: open_note(conversation, column=COLUMN, row=row.row, sealed=row.words_sealed))
    outcome = DeliveryFeedback.Outcome(row.outcome).label
    return Said(row.recorded_at, row.recorded_by, str(row.delivery.recipient), outcome, escaped(words))
