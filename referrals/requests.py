"""A recipient asks for more: a dated task with an owner, until somebody records what was answered."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import transition
from audit.verbs import Verb
from referrals.models import Delivery, DeliveryFeedback, Escalation, RecipientRequest
from referrals.request_policies import check_can_be_answered, check_may_answer
from scoring.evidence import seal_note

# By country, from the moment at which the request was recorded here.
ANSWERED_WITHIN = {"GB": (timedelta(days=7), "SI 2026/268: the NCA has an answer within seven days")}
ELSEWHERE = (timedelta(days=7), "No term of that country is on file: a week, by this installation")
COLUMN = "request_answer"


def begin_request(feedback: DeliveryFeedback, delivery: Delivery, *, by: User) -> RecipientRequest:
    """In the transaction of the feedback; whoever recorded it owns the answer, so that nobody owns it is impossible."""
    escalation = delivery.packet.approval.escalation
    due_at, basis = term(delivery.recipient.jurisdiction, begin=feedback.recorded_at)
    request = RecipientRequest.objects.create(
        feedback=feedback,
        escalation=escalation,
        recipient=delivery.recipient,
        asked_at=feedback.recorded_at,
        due_at=due_at,
        basis=basis,
        owner=by,
    )
    payload = {"feedback": feedback.pk, "due_at": due_at.isoformat(), "person": by.pk}
    record(Verb.REQUEST_RECEIVED, by=by, about=request.about(), payload=payload)
    return request


def term(jurisdiction: str, *, begin: datetime) -> tuple[datetime, str]:
    time_allowed, basis = ANSWERED_WITHIN.get(jurisdiction.upper(), ELSEWHERE)
    return begin + time_allowed, basis


def answer_request(*, request_id: int, by: User, words: str) -> RecipientRequest:
    """Answering happens outside, by a supplement or by their portal: here it is said that it was, and how."""
    with transaction.atomic():
        rows = RecipientRequest.objects.select_related(
            "escalation__case__licensee", "escalation__case__conversation"
        )
        request = rows.select_for_update(of=("self",)).get(pk=request_id)
        check_may_answer(by, request)
        check_can_be_answered(request, words)
        conversation = request.escalation.case.conversation
        sealed = seal_note(conversation, column=COLUMN, row=str(request.pk), note=words.strip())
        return transition(
            request,
            to=RecipientRequest.State.ANSWERED,
            by=by,
            verb=Verb.REQUEST_ANSWERED,
            answered_at=timezone.now(),
            answered_by=by,
            answer_sealed=sealed,
        )


def open_requests(escalation: Escalation) -> QuerySet[RecipientRequest]:
    found = RecipientRequest.objects.filter(escalation=escalation, state=RecipientRequest.State.OPEN)
    return found.select_related("owner", "recipient")
