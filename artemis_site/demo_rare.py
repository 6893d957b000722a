"""What four weeks bring now and then: people calibrate, cases become golden, a monitored conversation comes back, a
case is handed on, a claim runs out. By the verbs, like the rest."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.models import User
from artemis_site import demo_work as work
from artemis_site.demo_arrivals import more_messages
from artemis_site.demo_clock import Clock
from audit.transitions import NotPossible
from licensees.models import ApiKey, Licensee
from review import calibration
from review.care import RestFirst
from review.golden import mark_golden
from review.intake import open_cases
from review.models import CalibrationSession, Case, Decision, SecondReview
from review.queue import claim_next, hand_over
from scoring.evidence import open_account_ids
from scoring.incoming import IncomingConversation
from scoring.ingest import accept
from scoring.outbox import score_pending

CASES, GOLDEN = 3, 2
VOTE = timedelta(days=2)
# Of each session: who votes, and what on each case, in order.
AGREED = {"Priya": ("no_action", "monitor", "no_action"), "Sofia": ("no_action", "monitor", "monitor")} | {
    "Jonas": ("no_action", "platform_action", "no_action")
}
WHY_GOLDEN = (
    "The accounts plan a school project, and what weighed are words of homework. Two people came to it alone."
)
WHY_AGREED = "The words that weighed are of a game that both play; nobody asks for anything outside of it."
HANDED = "I know one of these accounts from my sports club, so somebody else should judge it."
TRIES = 10


# --- Learning together ---------------------------------------------------------------------------


def calibrate(licensee: Licensee, people: Mapping[str, User], *, clock: Clock) -> bool:
    """A session from its beginning to its end; False where too little is decided yet."""
    begun = begin_session(licensee, people, title="Games and peers", clock=clock)
    if begun is None:
        return False
    otto = people["Otto"]
    for name, votes in AGREED.items():
        vote(begun, people[name], votes, clock=clock)
    calibration.open_discussion(session_id=begun.pk, by=otto)
    for item in begun.cases.order_by("number"):
        clock.advance(minutes=6)
        outcome = Decision.Disposition.NO_ACTION
        calibration.agree(item_id=item.pk, by=otto, disposition=outcome, why=WHY_AGREED)
    calibration.close_session(session_id=begun.pk, by=otto)
    return True


def begin_session(
    licensee: Licensee, people: Mapping[str, User], *, title: str, clock: Clock
) -> CalibrationSession | None:
    apart = SecondReview.objects.filter(state__in=SecondReview.OPEN).values("case_id")
    decided = licensee.cases.filter(state=Case.State.DECIDED, closed_at__lt=clock.moment)
    newest = decided.exclude(pk__in=apart).order_by("-closed_at")
    references = list(newest.values_list("reference", flat=True)[:CASES])
    if len(references) < CASES:
        return None
    invited = [people[name].pk for name in ("Mara", "Priya", "Sofia", "Jonas")]
    return calibration.begin_session(
        licensee=licensee,
        by=people["Otto"],
        title=title,
        references=references,
        person_ids=invited,
        vote_until=clock.moment + VOTE,
    )


def vote(session: CalibrationSession, by: User, votes: Iterable[str], *, clock: Clock) -> None:
    """Whoever is to rest first votes on no more."""
    items = session.cases.select_related("case__conversation", "decision", "session").order_by("number")
    with suppress(RestFirst):
        for item, disposition in zip(items, votes, strict=False):
            clock.advance(minutes=2)
            calibration.reveal_in_session(item=item, numbers=work.weightiest(item.case), by=by)
            said: dict[str, Any] = {}
            if disposition == Decision.Disposition.NO_ACTION:
                said = {"reason": Decision.Reason.PEERS}
            if disposition == Decision.Disposition.PLATFORM_ACTION:
                said = {"platform_action": Decision.PlatformAction.WARN}
            calibration.vote(item_id=item.pk, by=by, disposition=disposition, **said)


def mark_some_golden(licensee: Licensee, *, by: User, clock: Clock) -> None:
    """Of what two people found to be nothing."""
    given = SecondReview.objects.filter(case__licensee=licensee, decided_at__lt=clock.moment)
    agreed = given.filter(state=SecondReview.State.AGREED)
    alike = agreed.filter(decision__disposition=Decision.Disposition.NO_ACTION).order_by("pk")
    for review in alike[:GOLDEN]:
        with suppress(NotPossible):  # it was opened again meanwhile
            mark_golden(case_id=review.case_id, by=by, why=WHY_GOLDEN)


# --- Cases on their way --------------------------------------------------------------------------


def bring_back(licensee: Licensee, *, key: ApiKey, clock: Clock) -> Case | None:
    """A conversation that is monitored goes on, and its score rises."""
    watched = Case.objects.filter(licensee=licensee, state=Case.State.DECIDED, lane=Case.Lane.STANDARD)
    monitored = watched.filter(decisions__disposition=Decision.Disposition.MONITOR).order_by("-closed_at")
    fitting = (case for case in monitored[: 3 * TRIES] if work.fits_a_referral(case))
    for number, case in zip(range(TRIES), fitting, strict=False):
        with transaction.atomic():
            _goes_on(case, key=key, clock=clock, number=number)
            back = Case.objects.filter(conversation=case.conversation, closed_at=None).first()
        if back is not None:
            return back
    return None


def _goes_on(case: Case, *, key: ApiKey, clock: Clock, number: int) -> None:
    accounts = list(case.conversation.participants.all())
    ids = open_account_ids(case.conversation, accounts)
    of = {"subject" if work.is_adult(one) else "possible_minor": ids[one.pk] for one in accounts}
    messages = more_messages(of, begins=clock.moment - timedelta(minutes=40), number=number)
    sent = tuple(one for one in messages if one.sent_at and one.sent_at <= clock.moment)
    said = IncomingConversation(id=case.conversation.external_id, messages=sent)
    accept(licensee=case.licensee, items=(said,), by=key)
    score_pending(limit=1)
    open_cases()


def hand_on(*, by: User, to: User, clock: Clock) -> Case | None:
    case = claim_next(by=by, lane=Case.Lane.STANDARD)
    if case is not None:
        clock.advance(minutes=2)
        hand_over(case_id=case.pk, by=by, to_id=to.pk, note=HANDED)
    return case
