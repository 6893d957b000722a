"""What a recipient said afterwards: sealed when it is written, shown to those who may, and each reading recorded."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from referrals.formats.text import escaped
from referrals.models import Delivery, DeliveryFeedback, Escalation
from referrals.permissions import check_may_open
from scoring.evidence import open_note, seal_note
from scoring.vault import EvidenceUnreadable

COLUMN = "feedback"
SHOWN = 20
GONE = "These words cannot be read any more: the evidence was erased."


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


def read_feedback(*, escalation_id: int, by: User) -> list[Said]:
    """The newest first, and no more than a page shows. Committed as read before a word is handed out."""
    with transaction.atomic():
        joined = Escalation.objects.select_related("case__licensee", "case__conversation__data_key")
        escalation = joined.get(pk=escalation_id)
        check_may_open(by, escalation)
        found = DeliveryFeedback.objects.filter(delivery__packet__approval__escalation=escalation)
        rows = list(
            found.select_related("recorded_by", "delivery__recipient").order_by("-recorded_at", "-pk")[:SHOWN]
        )
        if rows:
            payload = {"feedback": [row.pk for row in rows]}
            record(Verb.EVIDENCE_VIEWED, by=by, about=escalation.about(), payload=payload)
    return [_said(escalation, row) for row in rows]


def _said(escalation: Escalation, row: DeliveryFeedback) -> Said:
    conversation = escalation.case.conversation
    try:
        words = open_note(conversation, column=COLUMN, row=row.row, sealed=row.words_sealed)
    except EvidenceUnreadable:
        words = GONE
    outcome = DeliveryFeedback.Outcome(row.outcome).label
    return Said(row.recorded_at, row.recorded_by, str(row.delivery.recipient), outcome, escaped(words))
