"""Acts that several tests begin with."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from licensees.together import ask
from review.models import Case, Claim, Decision, HandOver, Hold
from review.notes import Noted, Notes
from review.overview import Lane, about_lanes, lanes_in
from review.queue import claim
from review.rereading import Sealed, read_again
from review.second_review_lane import SecondReviewLane, about_second_reviews, second_lanes_in
from review.unveiling import Known
from review.workflow import decide
from scoring.models import Conversation, Participant
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


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def monitored(case: Case, by: User, *, days: int = 7) -> Decision:
    claim(case_id=case.pk, by=by)
    return decide(
        case_id=case.pk,
        by=by,
        disposition=Decision.Disposition.MONITOR,
        monitor_until=in_days(days),
        seen_revision=revision_of(case),
    )


def lanes_of(licensees: list[Licensee]) -> list[Lane]:
    """The lanes as the queue's page asks for them, together with others."""
    return lanes_in(licensees, ask(**about_lanes({licensee.pk for licensee in licensees})))


def second_review_lanes(licensees: list[Licensee]) -> dict[int, SecondReviewLane]:
    return second_lanes_in(licensees, about_second_reviews({licensee.pk for licensee in licensees}))


def read_notes(*, case_id: int, by: User) -> Notes:
    """All private words of a case, as its page shows them: recorded, then opened."""
    noted = Noted(
        list(Decision.objects.filter(case=case_id, note_sealed__isnull=False)),
        list(Hold.objects.filter(case=case_id)),
        list(HandOver.objects.filter(to_claim__case=case_id, note_sealed__isnull=False)),
    )
    return read_again(case_id=case_id, by=by, sealed=Sealed(noted=noted)).notes


def show_accounts(*, case_id: int, by: User) -> dict[int, Known]:
    """What is known of the accounts, as the page shows it to who unveiled them."""
    accounts = list(Participant.objects.filter(conversation__cases=case_id))
    return read_again(case_id=case_id, by=by, sealed=Sealed(accounts=accounts)).accounts
