"""May this person answer what a recipient asks for, and can it be answered now?"""

from accounts.access import NotAllowed
from accounts.models import User
from audit.transitions import NotPossible
from referrals.models import RecipientRequest
from referrals.permissions import NOT_OPEN, check_may_open, supervises
from referrals.policies import LEAST_REASON, MOST_REASON
from review.policies import moment


def get_request_for(person: User, request_id: int) -> RecipientRequest:
    """Fetch and authorise in one call."""
    rows = RecipientRequest.objects.select_related("escalation__case__licensee", "recipient")
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NotAllowed(NOT_OPEN)
    check_may_open(person, request.escalation)
    return request


def check_may_answer(by: User, request: RecipientRequest) -> None:
    check_may_open(by, request.escalation)
    if not supervises(by, request.escalation):
        sentence = (
            f"Only a supervisor of {request.escalation.case.licensee} records an answer. Ask one of them."
        )
        raise NotAllowed(sentence, about=request.about())


def check_can_be_answered(request: RecipientRequest, words: str) -> None:
    if request.state != RecipientRequest.State.OPEN and request.answered_at is not None:
        sentence = (
            f"{request.answered_by} recorded the answer {moment(request.answered_at)}. Nothing was changed."
        )
        raise NotPossible(sentence, about=request.about())
    if not LEAST_REASON <= len(words.strip()) <= MOST_REASON:
        sentence = f"Say what was answered, in {LEAST_REASON} to {MOST_REASON:,} characters."
        raise NotPossible(sentence, about=request.about())
