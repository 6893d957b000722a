"""Takes in what users report: the conversation if it is sent along, and the report, in one transaction.

Who opens a case of it is not known here: review takes reports up by itself (review/intake_reports.py).
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from audit.record import Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.legal_basis import has_basis, needs_basis
from licensees.models import Licensee
from scoring.blind_index import digests_of
from scoring.evidence import cipher_of, seal_report_comment
from scoring.incoming import Fault, Outcome, Status
from scoring.incoming_report import NOT_AN_ID, IncomingReport
from scoring.ingest import accept, check_may_accept
from scoring.models import Conversation, Participant, UserReport

UNKNOWN = "This conversation is not known. Send its messages along with the report."
ERASED = (
    "What this conversation said was erased. Send its newest messages along with the report, "
    "so that a person has something to read."
)


@dataclass(frozen=True)
class Receipt:
    """`outcome`: what became of the messages that were sent along."""

    conversation: Conversation
    outcome: Outcome
    is_duplicate: bool


class ReportRefused(Exception):
    """Nothing was stored; the faults have pointers from the body on."""

    def __init__(self, status: Status, faults: tuple[Fault, ...]) -> None:
        super().__init__(status)
        self.status = status
        self.faults = faults


def may_be_scored(licensee: Licensee) -> bool:
    """Whether what its users report is also rated by the machine: not where a legal basis is needed and none is in
    force. A report is always taken, for people to read."""
    return has_basis(licensee) or not needs_basis(licensee)


def receive_report(*, licensee: Licensee, report: IncomingReport, by: Actor) -> Receipt:
    """Store the report once, however often it is sent. Safe to run beside itself."""
    with transaction.atomic():
        outcome = _take_messages(licensee, report, by)
        conversation = _lock(licensee, report.conversation.id)
        is_new = _keep(conversation, report, by)
        if not may_be_scored(licensee):
            Conversation.objects.filter(pk=conversation.pk).update(scored_revision=F("revision"))
    return Receipt(conversation, outcome, is_duplicate=not is_new)


def _take_messages(licensee: Licensee, report: IncomingReport, by: Actor) -> Outcome:
    item = report.conversation
    if not item.messages:
        check_may_accept(licensee, by, is_report=True)
        return Outcome(item.id, Status.ACCEPTED)
    [outcome] = accept(licensee=licensee, items=[item], by=by, is_report=True)
    if outcome.faults:
        faults = (Fault(f"/conversation{fault.pointer}", fault.detail) for fault in outcome.faults)
        raise ReportRefused(Status.CONFLICT, tuple(faults))
    return outcome


def _lock(licensee: Licensee, external_id: str) -> Conversation:
    """Two reports of one conversation come in turn, and neither beside its erasure."""
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    conversation = rows.filter(licensee=licensee, external_id=external_id).first()
    if conversation is None:
        raise ReportRefused(Status.INVALID, (Fault("/conversation/id", UNKNOWN),))
    if conversation.data_key.destroyed_at is not None:
        raise NotPossible(ERASED, about=conversation.about())
    if conversation.in_test and Licensee.objects.filter(pk=licensee.pk, state=Licensee.State.LIVE).exists():
        # It was sent in test; what a user reports of it now is no practice.
        conversation.in_test = False
        conversation.save(update_fields=["in_test"])
    return conversation


def _keep(conversation: Conversation, report: IncomingReport, by: Actor) -> bool:
    """Answers whether it is new."""
    reporter = _reporter(conversation, report.reporter)
    said = "\x1f".join((report.reporter, report.reason, str(conversation.revision), report.comment))
    digest = cipher_of(conversation).content_digest(said)
    if UserReport.objects.filter(conversation=conversation, digest=digest).exists():
        return False
    kept = UserReport.objects.create(
        conversation=conversation,
        reporter=reporter,
        reason=report.reason,
        comment_sealed=seal_report_comment(conversation, digest=digest, comment=report.comment),
        digest=digest,
        revision=conversation.revision,
    )
    payload = {"report": kept.pk, "reason": report.reason, "revision": kept.revision}
    record(Verb.REPORT_RECEIVED, by=by, about=conversation.about(), payload=payload)
    return True


def _reporter(conversation: Conversation, account: str) -> Participant | None:
    if not account:
        return None
    indexes = list(digests_of([conversation.licensee_id], {account}))
    found = Participant.objects.filter(conversation=conversation, account_index__in=indexes).first()
    if found is None:
        raise ReportRefused(Status.INVALID, (Fault("/reporter", NOT_AN_ID),))
    return found
