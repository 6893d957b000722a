"""Acts that several tests begin with."""

from accounts.models import User
from review.models import Case, Claim, Decision
from review.queue import claim
from review.workflow import decide
from scoring.models import Conversation
from tests.factories import later, make_score


def dismiss(case: Case, by: User) -> Decision:
    claim(case_id=case.pk, by=by)
    return decide(
        case_id=case.pk,
        by=by,
        disposition=Decision.Disposition.NO_ACTION,
        reason=Decision.Reason.PEERS,
        seen_revision=revision_of(case),
    )


def escalated(case: Case, by: User) -> Decision:
    """As referrals does it, without what referrals keeps of it."""
    claim(case_id=case.pk, by=by)
    return decide(
        case_id=case.pk,
        by=by,
        disposition=Decision.Disposition.ESCALATE,
        seen_revision=revision_of(case),
    )


def rescored(conversation: Conversation, *, probability: float) -> None:
    """More was written, and the machine rated the whole anew."""
    Conversation.objects.filter(pk=conversation.pk).update(revision=conversation.revision + 1)
    conversation.refresh_from_db()
    make_score(conversation, probability=probability)


def revision_of(case: Case) -> int:
    return Conversation.objects.get(pk=case.conversation_id).revision


def let_lapse(case: Case) -> None:
    """The lease has passed, and the sweep has not come by."""
    Claim.objects.filter(case=case, ended_at=None).update(expires_at=later(seconds=-1))
