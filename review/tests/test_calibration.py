"""Calibration: each votes alone, then the votes stand under letters, then an answer is agreed. Never a name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign, end_assignment
from licensees.models import Licensee
from review.calibration import (
    agree,
    agreement_of,
    begin_session,
    close_session,
    letters_of,
    open_discussion,
    reveal_in_session,
    vote,
)
from review.care import exposure
from review.models import CalibrationCase, CalibrationSession, CalibrationVote, Case, Decision
from review.permissions import get_case_for
from review.tests.acts import dismiss
from review.tests.racing import race
from tests.factories import TEXTS, later, make_case
from tests.people import make_person

BrowserOf = Callable[[User], Client]
WHY = "Both accounts say their school year, and it is the same."


@pytest.fixture
def voters(northwind: Licensee) -> list[User]:
    return [make_person(name, roles=[Role.MODERATOR], serving=northwind) for name in ("Ada", "Ben", "Cleo")]


@pytest.fixture
def decided(northwind: Licensee, mara: User) -> list[Case]:
    cases = [make_case(northwind, external_id=f"c{number}") for number in range(2)]
    for case in cases:
        dismiss(case, mara)
        case.refresh_from_db()
    return cases


def begun(
    licensee: Licensee, by: User, cases: list[Case], people: list[User], **more: Any
) -> CalibrationSession:
    said: dict[str, Any] = {
        "title": "Peers and coaches",
        "references": [case.reference for case in cases],
        "person_ids": [person.pk for person in people],
        "vote_until": later(days=2),
    }
    return begin_session(licensee=licensee, by=by, **said | more)


@pytest.fixture
def session(northwind: Licensee, otto: User, decided: list[Case], voters: list[User]) -> CalibrationSession:
    return begun(northwind, otto, decided, voters)


def item_of(session: CalibrationSession, number: int = 1) -> CalibrationCase:
    return session.cases.select_related("case", "decision", "session").get(number=number)


def voted(session: CalibrationSession, by: User, disposition: str, *, number: int = 1) -> CalibrationVote:
    item = item_of(session, number)
    reveal_in_session(item=item, numbers=[1], by=by)
    reason = "peers" if disposition == "no_action" else ""
    return vote(item_id=item.pk, by=by, disposition=disposition, reason=reason)


def page_of(browser: Client, session: CalibrationSession) -> str:
    return str(browser.get(session.get_absolute_url()).content.decode())


def case_url(session: CalibrationSession, number: int = 1) -> str:
    return reverse("review:calibration_case", args=[session.pk, number])


# --- Making one ------------------------------------------------------------------------------------


def test_a_supervisor_makes_one(
    northwind: Licensee, otto: User, decided: list[Case], voters: list[User], browser_of: BrowserOf
):
    said = {
        "title": "Peers and coaches",
        "references": "\n".join(case.reference.lower() for case in decided),
        "people": [person.pk for person in voters],
        "vote_until": f"{later(days=2):%Y-%m-%dT%H:%M}",
    }
    answer = browser_of(otto).post(reverse("review:begin_calibration", args=[northwind.slug]), said)
    session = CalibrationSession.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, session.get_absolute_url())
    assert [item.case for item in session.cases.order_by("number")] == decided
    event = AuditEvent.objects.get(verb=Verb.CALIBRATION_BEGUN)
    assert (event.actor, event.licensee_id) == (otto.actor_name, northwind.pk)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"references": []}, "A session has 1 to 20 cases"),
        ({"references": ["LS-9-9"]}, "LS-9-9 is no case of Northwind"),
        ({"vote_until": later(days=31)}, "in the next 30 days"),
        ({"vote_until": later(days=-1)}, "in the next 30 days"),
        ({"person_ids": []}, "Invite 3 to 26 moderators"),
    ],
)
def test_one_that_makes_no_sense_is_refused(
    northwind: Licensee,
    otto: User,
    decided: list[Case],
    voters: list[User],
    change: dict[str, Any],
    sentence: str,
):
    with pytest.raises(NotPossible, match=sentence):
        begun(northwind, otto, decided, voters, **change)
    assert not CalibrationSession.objects.exists()


def test_two_people_are_too_few_and_strangers_are_not_invited(
    northwind: Licensee, otto: User, decided: list[Case], voters: list[User], kai: User
):
    for people in (voters[:2], [*voters[:2], kai]):
        with pytest.raises(NotPossible, match="each would know"):
            begun(northwind, otto, decided, people)


def test_an_open_case_is_not_shown_around(northwind: Licensee, otto: User, voters: list[User], case: Case):
    with pytest.raises(NotPossible, match="is not decided yet"):
        begun(northwind, otto, [case], voters)


def test_only_a_supervisor_of_that_licensee_makes_one(
    northwind: Licensee,
    lakeside: Licensee,
    decided: list[Case],
    voters: list[User],
    mara: User,
    browser_of: BrowserOf,
):
    lena = make_person("Lena", roles=[Role.SUPERVISOR], serving=lakeside)
    for other in (mara, lena):
        with pytest.raises(NotAllowed):
            begun(northwind, other, decided, voters)
    assert browser_of(lena).get(reverse("review:begin_calibration", args=["northwind"])).status_code == 404


# --- Voting alone ----------------------------------------------------------------------------------


def test_one_reads_blindly_and_votes(
    session: CalibrationSession, voters: list[User], decided: list[Case], browser_of: BrowserOf
):
    browser = browser_of(voters[0])
    page = browser.get(case_url(session)).content.decode()
    assert TEXTS[4] not in page and decided[0].reference not in page and "band--" not in page
    assert "Between peers" in page  # as a choice
    browser.post(reverse("review:calibration_reveal", args=[session.pk, 1]), {"number": "5"})
    assert TEXTS[4] in browser.get(case_url(session)).content.decode()
    answer = browser.post(case_url(session), {"disposition": "no_action", "reason": "peers"})
    assert (answer.status_code, answer["Location"]) == (302, session.get_absolute_url())
    given = CalibrationVote.objects.get()
    assert (given.voted_by, given.disposition, given.reason) == (voters[0], "no_action", "peers")
    event = AuditEvent.objects.get(verb=Verb.CALIBRATION_VOTED)
    assert event.payload == {"vote": given.pk, "number": 1}
    assert exposure(voters[0]).revealed == 1
    assert Decision.objects.count() == 2


def test_nobody_sees_anothers_vote_before_the_discussion(
    session: CalibrationSession, voters: list[User], otto: User, browser_of: BrowserOf
):
    voted(session, voters[0], "monitor")
    for other in (voters[1], otto):
        page = page_of(browser_of(other), session)
        assert "1 of 6 votes are given" in page
        assert "Monitor" not in page and "Ada" not in page
    assert "Monitor" in page_of(browser_of(voters[0]), session)
    assert agreement_of(session) is None


def test_the_cases_page_tells_a_voter_nothing_before(
    session: CalibrationSession, voters: list[User], decided: list[Case], otto: User
):
    with pytest.raises(NotAllowed):
        get_case_for(voters[0], decided[0].reference)
    assert get_case_for(otto, decided[0].reference) == decided[0]
    open_discussion(session_id=session.pk, by=otto)
    assert get_case_for(voters[0], decided[0].reference) == decided[0]


def test_a_vote_stays(session: CalibrationSession, voters: list[User]):
    voted(session, voters[0], "no_action")
    with pytest.raises(NotPossible, match="and it stays"):
        voted(session, voters[0], "monitor")
    assert CalibrationVote.objects.get().disposition == "no_action"


def test_nobody_votes_unread(session: CalibrationSession, voters: list[User]):
    with pytest.raises(NotPossible, match="Reveal a turn"):
        vote(item_id=item_of(session).pk, by=voters[0], disposition="monitor")


def test_only_the_invited_read_and_vote(
    session: CalibrationSession, mara: User, otto: User, kai: User, ines: User, browser_of: BrowserOf
):
    item = item_of(session)
    for other in (mara, otto, kai, ines):
        with pytest.raises(NotAllowed):
            reveal_in_session(item=item, numbers=[1], by=other)
        with pytest.raises(NotAllowed):
            vote(item_id=item.pk, by=other, disposition="monitor")
    for other in (mara, kai):
        assert browser_of(other).get(session.get_absolute_url()).status_code == 403
        assert browser_of(other).get(case_url(session)).status_code == 403
    assert not CalibrationVote.objects.exists()


def test_who_no_longer_moderates_votes_no_more(
    session: CalibrationSession, voters: list[User], adam: User, northwind: Licensee
):
    end_assignment(person=voters[0], licensee=northwind, role=Role.MODERATOR, by=adam)
    with pytest.raises(NotAllowed):
        voted(session, voters[0], "monitor")


def test_after_its_time_nobody_votes(session: CalibrationSession, voters: list[User]):
    reveal_in_session(item=item_of(session), numbers=[1], by=voters[0])
    CalibrationSession.objects.filter(pk=session.pk).update(
        made_at=later(days=-3), vote_until=later(seconds=-1)
    )
    with pytest.raises(NotPossible, match="The time to vote is over"):
        vote(item_id=item_of(session).pk, by=voters[0], disposition="monitor")
    assert not CalibrationVote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_person_votes_twice_at_once(session: CalibrationSession, voters: list[User]):
    item = item_of(session)
    reveal_in_session(item=item, numbers=[1], by=voters[0])
    acts = [partial(vote, item_id=item.pk, by=voters[0], disposition=one) for one in ("monitor", "escalate")]
    answers = race(*acts)
    assert sorted(type(answer).__name__ for answer in answers) == ["CalibrationVote", "NotPossible"]
    assert CalibrationVote.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_vote_and_the_end_of_voting_at_once(session: CalibrationSession, voters: list[User], otto: User):
    item = item_of(session)
    reveal_in_session(item=item, numbers=[1], by=voters[0])
    cast, moved = race(
        partial(vote, item_id=item.pk, by=voters[0], disposition="monitor"),
        partial(open_discussion, session_id=session.pk, by=otto),
    )
    assert isinstance(moved, CalibrationSession)
    assert isinstance(cast, CalibrationVote if CalibrationVote.objects.exists() else NotPossible)


def test_the_database_holds_one_vote_each(session: CalibrationSession, voters: list[User]):
    voted(session, voters[0], "monitor")
    with pytest.raises(IntegrityError, match="calibration_one_vote_each"), transaction.atomic():
        CalibrationVote.objects.create(item=item_of(session), voted_by=voters[0], disposition="escalate")


# --- Discussing and agreeing -----------------------------------------------------------------------


@pytest.fixture
def discussed(session: CalibrationSession, voters: list[User], otto: User) -> CalibrationSession:
    for person, said in zip(voters, ("no_action", "no_action", "monitor"), strict=True):
        voted(session, person, said)
        voted(session, person, "monitor", number=2)
    return open_discussion(session_id=session.pk, by=otto)


def test_votes_stand_under_letters_and_never_names(
    discussed: CalibrationSession, voters: list[User], otto: User, browser_of: BrowserOf
):
    letters = letters_of(discussed)
    assert sorted(letters.values()) == ["A", "B", "C"]
    for person in (*voters, otto):
        page = page_of(browser_of(person), discussed)
        names = {"Ada", "Ben", "Cleo"} - {person.name}
        assert not any(name in page for name in names)
    page = page_of(browser_of(voters[2]), discussed)
    assert f"you are {letters[voters[2].pk]}, and only you know" in page
    rows = browser_of(otto).get(discussed.get_absolute_url()).context["rows"]
    assert rows[0]["votes"][1] == {"outcome": "Monitor", "letters": [letters[voters[2].pk]]}


def test_letters_are_others_in_each_session(
    northwind: Licensee, otto: User, decided: list[Case], voters: list[User]
):
    drawn = {tuple(letters_of(begun(northwind, otto, decided[:1], voters)).items()) for _ in range(12)}
    assert len(drawn) > 1


def test_alpha_with_its_n(discussed: CalibrationSession, otto: User, browser_of: BrowserOf):
    """By hand: values a a b | b b b; n = 6, n_a = 2, n_b = 4. Observed: 2·2/2 = 2 of case 1, 0 of case 2, so
    alpha = 1 − 5 · 2 / (36 − 4 − 16) = 0.375."""
    told = agreement_of(discussed)
    assert told is not None
    assert (told.units, told.judgements, told.lower) == (2, 6, None)
    assert told.alpha == pytest.approx(0.375)
    page = page_of(browser_of(otto), discussed)
    assert "0.38" in page and "no interval for fewer than 10 cases" in page


def test_an_answer_is_agreed_for_each_case_and_then_it_is_closed(
    discussed: CalibrationSession, voters: list[User], otto: User, browser_of: BrowserOf
):
    browser = browser_of(otto)
    with pytest.raises(NotPossible, match="without an agreed answer"):
        close_session(session_id=discussed.pk, by=otto)
    for number in (1, 2):
        address = reverse("review:calibration_agree", args=[discussed.pk, number])
        assert browser.post(address, {"disposition": "no_action"}).status_code == 422
        assert browser.post(address, {"disposition": "no_action", "why": WHY}).status_code == 302
    item = item_of(discussed)
    assert (item.agreed, item.agreed_by) == ("no_action", otto)
    assert WHY.encode() not in bytes(item.why_sealed or b"")
    browser.post(reverse("review:calibration_close", args=[discussed.pk]))
    discussed.refresh_from_db()
    assert discussed.state == "closed"
    page = page_of(browser_of(voters[0]), discussed)
    assert "Agreed: No action" in page and WHY in page
    with pytest.raises(NotPossible, match="Answers are agreed in the discussion"):
        agree(item_id=item.pk, by=otto, disposition="monitor", why=WHY)
    with pytest.raises(NotPossible, match="This session is closed"):
        reveal_in_session(item=item_of(discussed), numbers=[2], by=voters[0])


def test_who_votes_does_not_lead(
    session: CalibrationSession, voters: list[User], northwind: Licensee, adam: User
):
    voters[0].groups.add(Group.objects.get(name=Role.SUPERVISOR.value))
    person = User.objects.get(pk=voters[0].pk)
    assign(person=person, licensee=northwind, role=Role.SUPERVISOR, by=adam)
    with pytest.raises(NotAllowed, match="who does not vote leads"):
        open_discussion(session_id=session.pk, by=person)
    session.refresh_from_db()
    assert session.state == "voting"


def test_nobody_else_moves_it(session: CalibrationSession, voters: list[User], kai: User, lakeside: Licensee):
    lena = make_person("Lena", roles=[Role.SUPERVISOR], serving=lakeside)
    for other in (voters[0], kai, lena):
        with pytest.raises(NotAllowed):
            open_discussion(session_id=session.pk, by=other)
        with pytest.raises(NotAllowed):
            close_session(session_id=session.pk, by=other)
    session.refresh_from_db()
    assert session.state == "voting"


def test_pages_ask_no_more_often_for_more_votes(
    session: CalibrationSession,
    voters: list[User],
    otto: User,
    browser_of: BrowserOf,
    django_assert_max_num_queries: Any,
):
    for person in voters:
        voted(session, person, "monitor")
    browser = browser_of(otto)
    address = session.get_absolute_url()
    browser.get(address)
    with django_assert_max_num_queries(12):
        browser.get(address)
    open_discussion(session_id=session.pk, by=otto)
    for number in (1, 2):
        agree(item_id=item_of(session, number).pk, by=otto, disposition="monitor", why=WHY)
    with django_assert_max_num_queries(16):
        assert WHY in browser.get(address).content.decode()
