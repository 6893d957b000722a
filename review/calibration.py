"""Calibration sessions: each votes alone on the same decided cases; then the votes are discussed, and an answer agreed.

Nobody sees another's vote while people vote, and nobody ever sees whose a vote is: the votes stand under letters, which
are others in each session. What is agreed is for learning. It changes no decision and is no label: a decision that
turns out wrong is mended by adjudication, which sends the case back.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from string import ascii_uppercase

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from accounts.roles import Role
from audit.record import record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.assignments import people_serving
from licensees.models import Licensee
from review.agreement import Agreement, agreement
from review.care import check_rested
from review.exposure import about_exposure, exposure_of
from review.models import (
    CalibrationCase,
    CalibrationInvitation,
    CalibrationSession,
    CalibrationVote,
    Case,
    Decision,
    Reveal,
    SecondReview,
)
from review.notes import open_calibration_why, seal_calibration_why
from review.permissions import check_may_calibrate, check_may_lead, check_may_vote
from review.policies import check_complete, check_readable, check_revealable, moment
from review.revealing import about_texts, keep_and_record, messages_judged_by, texts_of
from scoring.models import Message

State = CalibrationSession.State
MOST_CASES = 20
# Of two, each would know the other's vote.
FEWEST_PEOPLE, MOST_PEOPLE = 3, 26
LONGEST_VOTE = timedelta(days=30)


# --- Making one ------------------------------------------------------------------------------------


def begin_session(
    *,
    licensee: Licensee,
    by: User,
    title: str,
    references: Sequence[str],
    person_ids: Collection[int],
    vote_until: datetime,
) -> CalibrationSession:
    with transaction.atomic():
        check_may_calibrate(by, licensee)
        _check_until(licensee, vote_until)
        people = _find_people(licensee, by, person_ids)
        cases = _find_cases(licensee, references)
        session = CalibrationSession.objects.create(
            licensee=licensee, title=title, made_by=by, vote_until=vote_until
        )
        CalibrationInvitation.objects.bulk_create(
            CalibrationInvitation(session=session, person=person) for person in people
        )
        judged = _decisions_on(cases)
        CalibrationCase.objects.bulk_create(
            CalibrationCase(session=session, case=case, decision=judged[case.pk], number=number)
            for number, case in enumerate(cases, start=1)
        )
        payload = {"cases": [case.pk for case in cases], "people": sorted(person.pk for person in people)}
        record(Verb.CALIBRATION_BEGUN, by=by, about=session.about(), payload=payload)
        return session


def _check_until(licensee: Licensee, until: datetime) -> None:
    now = timezone.now()
    if not now < until <= now + LONGEST_VOTE:
        sentence = f"People vote until a moment in the next {LONGEST_VOTE.days} days. Choose another time."
        raise NotPossible(sentence, about=licensee.about())


def _find_people(licensee: Licensee, by: User, person_ids: Collection[int]) -> list[User]:
    people = list(people_serving(licensee, Role.MODERATOR).exclude(pk=by.pk).filter(pk__in=person_ids))
    if len(people) != len(set(person_ids)) or not FEWEST_PEOPLE <= len(people) <= MOST_PEOPLE:
        sentence = (
            f"Invite {FEWEST_PEOPLE} to {MOST_PEOPLE} moderators of {licensee} besides yourself: "
            "of fewer, each would know the others' votes."
        )
        raise NotPossible(sentence, about=licensee.about())
    return people


def _find_cases(licensee: Licensee, references: Sequence[str]) -> list[Case]:
    """In the order of the references. Locked, in the order of their ids, so that none of them is opened again
    meanwhile; all of them in one journey."""
    wanted = list(dict.fromkeys(references))
    listed = Case.objects.filter(licensee=licensee, reference__in=wanted).order_by("pk")
    joined = listed.select_related("licensee", "conversation__data_key").select_for_update(of=("self",))
    found = {case.reference: case for case in joined}
    missing = [reference for reference in wanted if reference not in found]
    if missing or not 1 <= len(wanted) <= MOST_CASES:
        sentence = (
            f"{missing[0]} is no case of {licensee}. Check the reference."
            if missing
            else f"A session has 1 to {MOST_CASES} cases. Write one reference a line."
        )
        raise NotPossible(sentence, about=licensee.about())
    cases = [found[reference] for reference in wanted]
    open_ = SecondReview.objects.filter(case__in=cases, state__in=SecondReview.OPEN)
    judged_twice = set(open_.values_list("case", flat=True))
    for case in cases:
        _check_can_be_shown(case, judged_twice=case.pk in judged_twice)
    return cases


def _check_can_be_shown(case: Case, *, judged_twice: bool) -> None:
    check_readable(case)
    if not case.is_closed:
        sentence = (
            f"{case.reference} is not decided yet. Choose decided cases: nobody shall be swayed by a session."
        )
        raise NotPossible(sentence, about=case.about())
    if judged_twice:
        sentence = f"{case.reference} is being judged a second time, blindly. Choose another case."
        raise NotPossible(sentence, about=case.about())


def _decisions_on(cases: Sequence[Case]) -> dict[int, Decision]:
    """{case: its newest decision that stands}"""
    standing = Decision.objects.standing().filter(case__in=cases)
    return {decision.case_id: decision for decision in standing.order_by("decided_at", "id")}


# --- Reading and voting ----------------------------------------------------------------------------


def items_of(session_id: int, number: int) -> QuerySet[CalibrationCase]:
    """The one case of a session under this number."""
    joined = CalibrationCase.objects.select_related(
        "case__licensee", "case__conversation__data_key", "decision"
    )
    return joined.filter(session=session_id, number=number)


def messages_of(items: QuerySet[CalibrationCase]) -> QuerySet[Message]:
    """What there was when this one case was decided."""
    return messages_judged_by(Decision.objects.filter(pk__in=items.values("decision")))


def reveal_in_session(*, item: CalibrationCase, numbers: Collection[int], by: User) -> dict[int, str]:
    """{turn number: text}, recorded and committed before any is decrypted. It counts for the day like any reading, and
    the day's end and a pause hold here too."""
    items = CalibrationCase.objects.filter(pk=item.pk)
    asked = about_texts(messages_of(items).filter(number__in=numbers), case=item.case_id, by=by)
    session = CalibrationSession.objects.of(by).filter(pk=item.session_id)
    while True:
        with transaction.atomic():
            case, answers = Case.every.lock_and_ask(
                item.case_id, session=session, **asked, **about_exposure(by)
            )
            messages, read = answers["messages"], exposure_of(answers)
            _check_still_read(by, answers["session"][0])
            check_readable(case)
            check_revealable(case, numbers, messages)
            # A pause begins in a transaction of its own.
            if len(answers["seen"]) == len(messages) or not read.must_rest:
                keep_and_record(case, answers, by=by, calibration=item.session_id)
                break
        check_rested(by, read)
    return texts_of(case, messages)


def _check_still_read(by: User, session: CalibrationSession) -> None:
    check_may_vote(by, session)
    if session.state == State.CLOSED:
        raise NotPossible("This session is closed. Its cases are read no more.", about=session.about())


def vote(
    *, item_id: int, by: User, disposition: str, reason: str = "", platform_action: str = ""
) -> CalibrationVote:
    """Said once. The trail says that it was given, not what."""
    with transaction.atomic():
        item = CalibrationCase.objects.select_related("case", "decision").get(pk=item_id)
        session = CalibrationSession.objects.lock(item.session_id, by=by)
        check_may_vote(by, session)
        _check_still_voting(session)
        check_complete(item.case, disposition=disposition, reason=reason, platform_action=platform_action)
        if disposition not in Decision.Disposition.values:
            raise NotPossible("Choose an outcome.", about=session.about())
        given = CalibrationVote.objects.filter(item=item, voted_by=by).first()
        if given is not None:
            sentence = (
                f"You voted on this case {moment(given.voted_at)}, and it stays. Go on with the next one."
            )
            raise NotPossible(sentence, about=session.about())
        if not Reveal.objects.filter(case=item.case, revealed_by=by).exists():
            raise NotPossible("Reveal a turn and read it before you vote.", about=session.about())
        said = {"disposition": disposition, "reason": reason, "platform_action": platform_action}
        given = CalibrationVote.objects.create(item=item, voted_by=by, **said)
        payload = {"vote": given.pk, "number": item.number}
        record(Verb.CALIBRATION_VOTED, by=by, about=session.about(), payload=payload)
        return given


def _check_still_voting(session: CalibrationSession) -> None:
    if session.state != State.VOTING or session.vote_until <= timezone.now():
        raise NotPossible("The time to vote is over. The votes are discussed now.", about=session.about())


# --- Discussing and agreeing -----------------------------------------------------------------------


def open_discussion(*, session_id: int, by: User) -> CalibrationSession:
    """Nothing moves by itself: the supervisor shows the votes, and from then on nobody votes."""
    with transaction.atomic():
        session = CalibrationSession.objects.lock(session_id, by=by)
        check_may_lead(by, session)
        return transition(session, to=State.DISCUSSION, by=by, verb=Verb.CALIBRATION_DISCUSSED)


def agree(*, item_id: int, by: User, disposition: str, why: str) -> CalibrationCase:
    """What the people came to, written down by who leads; said again while they discuss, it is replaced."""
    with transaction.atomic():
        item = CalibrationCase.objects.select_related("case__conversation").get(pk=item_id)
        session = CalibrationSession.objects.lock(item.session_id, by=by)
        check_may_lead(by, session)
        check_readable(item.case)
        if session.state != State.DISCUSSION:
            sentence = (
                f"Answers are agreed in the discussion; this session is in “{session.get_state_display()}”."
            )
            raise NotPossible(f"{sentence} Reload the page.", about=session.about())
        if disposition not in Decision.Disposition.values or not why.strip():
            raise NotPossible("Choose the agreed outcome, and say why.", about=session.about())
        item.agreed, item.agreed_by, item.agreed_at = disposition, by, timezone.now()
        item.why_sealed = seal_calibration_why(item, why.strip())
        item.save(update_fields=["agreed", "agreed_by", "agreed_at", "why_sealed"])
        payload = {"number": item.number, "agreed": disposition}
        record(Verb.CALIBRATION_AGREED, by=by, about=session.about(), payload=payload)
        return item


def close_session(*, session_id: int, by: User) -> CalibrationSession:
    with transaction.atomic():
        session = CalibrationSession.objects.lock(session_id, by=by)
        check_may_lead(by, session)
        if session.cases.filter(agreed="").exists() and session.state == State.DISCUSSION:
            sentence = "There is a case without an agreed answer. Write it down first."
            raise NotPossible(sentence, about=session.about())
        return transition(session, to=State.CLOSED, by=by, verb=Verb.CALIBRATION_CLOSED)


def read_agreed(session: CalibrationSession, *, by: User) -> dict[int, str]:
    """{number: why}, once people discuss; it may quote, so reading it is recorded like evidence."""
    readable = {"case__conversation__erasures": None, "why_sealed__isnull": False}
    items = list(session.cases.filter(**readable).select_related("case__conversation__data_key"))
    if not items or session.state == State.VOTING:
        return {}
    with transaction.atomic():
        payload = {"calibration_answers": [item.pk for item in items]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=session.about(), payload=payload)
    return {item.number: open_calibration_why(item) for item in items}


def letters_of(session: CalibrationSession) -> dict[int, str]:
    """{person: letter}. Drawn from a keyed digest: others in each session, and nobody can work them out."""
    ids = session.invitations.values_list("person_id", flat=True)
    drawn = sorted(ids, key=lambda person_id: _drawn(session, person_id))
    return dict(zip(drawn, ascii_uppercase, strict=False))


def _drawn(session: CalibrationSession, person_id: int) -> str:
    return salted_hmac(
        "review.calibration", f"{session.pk}:{person_id}", secret=settings.SECRET_KEY, algorithm="sha256"
    ).hexdigest()


def agreement_of(session: CalibrationSession) -> Agreement | None:
    """Krippendorff's alpha of the votes; None while people vote."""
    if session.state == State.VOTING:
        return None
    said: dict[int, list[str]] = {}
    votes = CalibrationVote.objects.filter(item__session=session).order_by("item__number", "pk")
    for number, disposition in votes.values_list("item__number", "disposition"):
        said.setdefault(number, []).append(disposition)
    return agreement(said.values())
