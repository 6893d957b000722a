"""May this person? Only moderators and supervisors of a case's licensee; each refusal says what to do instead."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from accounts.row_scope import system_scope
from audit.record import About
from licensees.assignments import people_serving, served_by, serves
from licensees.models import Licensee
from licensees.together import ask
from review.models import (
    CalibrationInvitation,
    CalibrationSession,
    Case,
    Decision,
    FirstJudgement,
    SecondReview,
)

# One sentence for an unknown reference and for another licensee's: it must not tell whether the case exists.
NOT_OPEN = (
    "There is no case with this reference that is open to you. "
    "Check the reference, or take the next case from the queue."
)

UNDER_SECOND_REVIEW = (
    "This case is decided, and another person judges it blindly. It opens again when they have. "
    "Take the next case from the queue."
)
NO_SESSION = "There is no calibration session here that is open to you. Look at the list of yours."
NO_SECOND_REVIEW = (
    "There is no second review here that is open to you. Take one from the page “Second review”."
)


def get_case_for(person: User, reference: str) -> Case:
    """Fetch and authorise in one call: views get a case here and nowhere else."""
    cases = Case.every.select_related(
        "licensee",
        "conversation__data_key",
        "opened_by_score__model",
        "opened_by_report",
        "came_back_after__case",
    )
    others = Case.objects.filter(conversation=OuterRef("conversation")).exclude(pk=OuterRef("pk")).order_by()
    counted = others.values("conversation").annotate(number=Count("pk")).values("number")
    case = (
        cases.filter(reference=reference)
        .annotate(
            is_judged_blindly=Exists(blind_reviews(OuterRef("pk"), person)),
            is_hidden=Exists(
                hidden_from(person).filter(
                    Q(pk=OuterRef("pk"))
                    | Q(conversation=OuterRef("conversation"), closed_at=None, practice_of=None)
                )
            ),
            is_practised=Exists(practice_of(person, OuterRef("conversation"))),
            is_voted_on=Exists(votes_on(OuterRef("pk"), person)),
            # Of the same conversation.
            others=Coalesce(Subquery(counted), 0),
        )
        .first()
    )
    if case is None:
        raise NotAllowed(NOT_OPEN, about=_asked_for(reference))
    _check_serves(person, case)
    know_opening(
        case,
        person,
        {"blind": case.is_judged_blindly, "practised": case.is_practised, "voted": case.is_voted_on},
    )
    check_not_blind(person, case)
    check_not_practised(person, case)
    check_not_voted_on(person, case)
    vars(case)["score_hidden_from"] = {person.pk: case.is_hidden}  # for review/first_judgement.py
    return case


def about_opening(case_id: int, by: User) -> dict[str, QuerySet[Any, Any]]:
    """What may keep a case closed to somebody who serves its licensee, to be asked together with others."""
    conversation = Subquery(Case.every.filter(pk=case_id).values("conversation")[:1])
    return {
        "blind": blind_reviews(case_id, by).values_list("pk", flat=True),
        "practised": practice_of(by, conversation).values_list("pk", flat=True),
        "voted": votes_on(case_id, by).values_list("pk", flat=True),
    }


def know_opening(case: Case, by: User, answers: Mapping[str, Any]) -> None:
    """Asked once for a case as it was read; a verb reads, and asks, anew."""
    known = {name: bool(answers[name]) for name in ("blind", "practised", "voted")}
    vars(case).setdefault("known_opening", {})[by.pk] = known


def _known(case: Case, by: User) -> Mapping[str, bool]:
    known: dict[int, dict[str, bool]] = vars(case).get("known_opening", {})
    if by.pk not in known:
        know_opening(case, by, ask(**about_opening(case.pk, by)))
    answer: Mapping[str, bool] = vars(case)["known_opening"][by.pk]
    return answer


@system_scope("an attempt at another licensee's case is recorded as one")
def _asked_for(reference: str) -> About | None:
    """For the trail alone: the person is told the same of what is not theirs and of what does not exist."""
    case = Case.every.filter(reference=reference).first()
    return None if case is None else case.about()


def hidden_from(person: User) -> QuerySet[Case]:
    """Cases whose score this person may not see before their own first judgement. Supervisors who do not moderate
    judge no case, so nothing is hidden from them."""
    judged = FirstJudgement.objects.filter(case=OuterRef("pk"), judged_by=person)
    moderated = served_by(person, Role.MODERATOR)
    hiding: QuerySet[Case] = Case.every.filter(hides_score=True, licensee__in=moderated)
    return hiding.exclude(Exists(judged))


def check_may_open(by: User, case: Case) -> None:
    """Moderators and supervisors of the licensee; admins and auditors never see a conversation."""
    _check_serves(by, case)
    check_not_blind(by, case)
    check_not_practised(by, case)
    check_not_voted_on(by, case)


def check_not_voted_on(by: User, case: Case) -> None:
    """While somebody votes on it in a calibration session, they see it there, and not what was said of it."""
    if case.is_closed and _known(case, by)["voted"]:
        raise NotAllowed(NOT_OPEN, about=case.about())


def votes_on(case_id: int | OuterRef, by: User) -> QuerySet[CalibrationInvitation]:
    """This person's invitations to vote on a case now."""
    voting = CalibrationSession.State.VOTING
    invited: QuerySet[CalibrationInvitation] = CalibrationInvitation.objects.filter(person=by)
    return invited.filter(session__state=voting, session__cases__case=case_id)


def check_not_practised(by: User, case: Case) -> None:
    """Practice is open while it lasts, and what is practised is closed to who practises it."""
    if case.is_golden:
        hidden = case.is_closed or (case.state == Case.State.WAITING and case.practice_for_id != by.pk)
    else:
        hidden = case.is_closed and _known(case, by)["practised"]
    if hidden:
        raise NotAllowed(NOT_OPEN, about=case.about())


def practice_of(person: User, conversation_id: int | OuterRef | Subquery) -> QuerySet[Case]:
    """This person has the conversation before them as a golden case."""
    practice: QuerySet[Case] = Case.every.filter(
        practice_for=person, closed_at=None, conversation=conversation_id
    )
    return practice


def practised_by(person: User, conversation_ids: Collection[int]) -> set[int]:
    """Those of these conversations that this person has before them as a golden case."""
    open_ = Case.every.filter(practice_for=person, closed_at=None, conversation_id__in=conversation_ids)
    return set(open_.values_list("conversation_id", flat=True))


def _check_serves(by: User, case: Case) -> None:
    if not serves(by, case.licensee_id, Role.MODERATOR, Role.SUPERVISOR):
        raise NotAllowed(NOT_OPEN, about=case.about())


def check_not_blind(by: User, case: Case) -> None:
    """While a blind second review is open, the case is closed to whoever might give it: not to who decided."""
    if case.state != Case.State.DECIDED or not serves(by, case.licensee_id, Role.MODERATOR):
        return
    if _known(case, by)["blind"]:
        raise NotAllowed(UNDER_SECOND_REVIEW, about=case.about())


def blind_reviews(case_id: int | OuterRef, by: User) -> QuerySet[SecondReview]:
    """Those that are open on another person's decision."""
    waiting = SecondReview.objects.filter(case=case_id, state__in=SecondReview.OPEN)
    return waiting.exclude(first_decided_by=by)


def get_second_review_for(person: User, review_id: int) -> SecondReview:
    """For who holds it, and for supervisors of its licensee once the two judgements differ."""
    joined = SecondReview.objects.select_related(
        "case__licensee", "case__conversation__data_key", "decision__decided_by", "reviewer"
    )
    review = joined.filter(pk=review_id).first()
    if review is None or not _may_see(person, review):
        raise NotAllowed(NO_SECOND_REVIEW)
    return review


def _may_see(person: User, review: SecondReview) -> bool:
    if review.state == SecondReview.State.IN_REVIEW and review.reviewer_id == person.pk:
        return serves(person, review.licensee_id, Role.MODERATOR)
    if review.state in SecondReview.OPEN:
        return False
    return serves(person, review.licensee_id, Role.SUPERVISOR)


def check_may_review_second(by: User, review: SecondReview) -> None:
    if by.pk == review.first_decided_by_id or not serves(by, review.licensee_id, Role.MODERATOR):
        raise NotAllowed(NO_SECOND_REVIEW)


def check_may_read_second_note(by: User, review: SecondReview) -> None:
    """Supervisors, once it is given: who judged first may be one of them, and adjudicates nothing."""
    if review.state in SecondReview.OPEN or not serves(by, review.licensee_id, Role.SUPERVISOR):
        raise NotAllowed(NO_SECOND_REVIEW)


def check_may_adjudicate(by: User, review: SecondReview) -> None:
    """A third person: neither of the two whose judgements differ."""
    if not serves(by, review.licensee_id, Role.SUPERVISOR):
        raise NotAllowed(NO_SECOND_REVIEW)
    if by.pk in (review.first_decided_by_id, review.reviewer_id):
        raise NotAllowed(
            "You judged this case yourself. Another supervisor adjudicates it.", about=review.about()
        )


def check_may_take_from(by: User, licensee_id: int) -> None:
    if not serves(by, licensee_id, Role.MODERATOR):
        raise NotAllowed(
            "You do not moderate for this licensee. Start from the queue without choosing one.",
            about=About(object_type="licensee", object_id=str(licensee_id), licensee_id=licensee_id),
        )


def check_may_claim(by: User, case: Case) -> None:
    _check_moderates(by, case, "claim")


def check_may_annotate(by: User, case: Case) -> None:
    _check_moderates(by, case, "annotate")


def check_may_decide(by: User, case: Case) -> None:
    _check_moderates(by, case, "decide")


def check_may_reveal(by: User, case: Case) -> None:
    """A supervisor at any time; a moderator only while holding the claim, which policies.py checks."""
    check_may_open(by, case)


def check_may_resume(by: User, case: Case) -> None:
    """Whoever works on the licensee's cases: what is on hold is held by nobody."""
    check_may_open(by, case)


def check_may_take_back(by: User, decision: Decision) -> None:
    """A decision is its maker's; the database holds the same."""
    check_may_decide(by, decision.case)
    if decision.decided_by_id != by.pk:
        raise NotAllowed(
            f"Only {decision.decided_by}, who decided, may take the decision back. Ask them, or a supervisor.",
            about=decision.case.about(),
        )


def colleagues(by: User, case: Case) -> list[User]:
    """To whom this person may hand the case over: who moderates for the same licensee."""
    return list(people_serving(case.licensee, Role.MODERATOR).exclude(pk=by.pk))


def get_colleague_for(by: User, case: Case, person_id: int) -> User:
    """Fetch and authorise in one call."""
    found = people_serving(case.licensee, Role.MODERATOR).exclude(pk=by.pk).filter(pk=person_id).first()
    if found is None:
        raise NotAllowed(
            f"A case is handed to another moderator of {case.licensee}. Choose one from the list.",
            about=case.about(),
        )
    return found


def check_may_export_labels(by: User, licensee: Licensee) -> None:
    """The file holds evidence: supervisors of that licensee only, and never an admin."""
    if not serves(by, licensee.pk, Role.SUPERVISOR):
        raise NotAllowed(
            f"Only a supervisor of {licensee} may export its decisions as labels. Ask one of them.",
            about=licensee.about(),
        )


def check_may_keep_golden(by: User, licensee: Licensee) -> None:
    if not serves(by, licensee.pk, Role.SUPERVISOR):
        sentence = f"Only supervisors of {licensee} keep its golden cases. Ask one of them."
        raise NotAllowed(sentence, about=licensee.about())


def get_session_for(person: User, session_id: int) -> CalibrationSession:
    """For who is invited and moderates still, and for supervisors of its licensee."""
    session = CalibrationSession.objects.of(person).filter(pk=session_id).first()
    if session is None:
        raise NotAllowed(NO_SESSION)
    session.is_led = leads(person, session)
    if not session.is_led and not may_vote(person, session):
        raise NotAllowed(NO_SESSION)
    return session


def may_vote(person: User, session: CalibrationSession) -> bool:
    """`session` was fetched, or locked, for this person."""
    return session.is_invited and serves(person, session.licensee_id, Role.MODERATOR)


def leads(person: User, session: CalibrationSession) -> bool:
    """Not who votes: whoever sees how it goes does not take part."""
    return serves(person, session.licensee_id, Role.SUPERVISOR) and not session.is_invited


def check_may_vote(by: User, session: CalibrationSession) -> None:
    if not may_vote(by, session):
        sentence = "Only the people who are invited vote in this session. Ask the supervisor who made it."
        raise NotAllowed(sentence, about=session.about())


def check_may_lead(by: User, session: CalibrationSession) -> None:
    if not leads(by, session):
        sentence = "Only a supervisor of the licensee who does not vote leads this session. Ask one of them."
        raise NotAllowed(sentence, about=session.about())


def check_may_calibrate(by: User, licensee: Licensee) -> None:
    if not serves(by, licensee.pk, Role.SUPERVISOR):
        sentence = f"Only supervisors of {licensee} make its calibration sessions. Ask one of them."
        raise NotAllowed(sentence, about=licensee.about())


def supervises(by: User, case: Case) -> bool:
    return serves(by, case.licensee_id, Role.SUPERVISOR)


def _check_moderates(by: User, case: Case, act: str) -> None:
    if serves(by, case.licensee_id, Role.MODERATOR):
        return
    check_may_open(by, case)
    raise NotAllowed(
        f"Only moderators of {case.licensee} {act} its cases. Ask an admin for that role if your work needs it.",
        about=case.about(),
    )
