"""Handing a case over: the claim passes to a named colleague whose hands are free, in one recorded act."""

from collections.abc import Callable
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Claim, HandOver
from review.queue import claim, claim_next, hand_over, held_case, release
from review.tests.acts import let_lapse, read_notes
from review.tests.racing import race
from tests.factories import make_case

BrowserOf = Callable[[User], Client]


def test_the_claim_passes_in_one_recorded_act(case: Case, mara: User, ines: User):
    claim(case_id=case.pk, by=mara)

    handed = hand_over(case_id=case.pk, by=mara, to_id=ines.pk, note="Please look at turn 5.")

    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW
    assert [(one.holder, one.ending) for one in Claim.objects.order_by("pk")] == [
        (mara, Claim.Ending.HANDED_ON),
        (ines, ""),
    ]
    event = AuditEvent.objects.get(verb=Verb.CASE_HANDED_OVER)
    assert (event.actor, event.payload["person"]) == (mara.actor_name, ines.pk)
    assert not AuditEvent.objects.filter(entry__contains="turn 5").exists()
    assert b"turn 5" not in bytes(handed.note_sealed)
    assert read_notes(case_id=case.pk, by=ines) == {("hand_over", handed.pk): "Please look at turn 5."}


def test_full_hands_are_refused_with_a_sentence(
    many_cases: Callable[[int], list[Case]], mara: User, ines: User
):
    first, second = many_cases(2)
    claim(case_id=first.pk, by=mara)
    claim(case_id=second.pk, by=ines)

    with pytest.raises(NotPossible, match=r"Ines holds another case now\. Choose somebody else"):
        hand_over(case_id=first.pk, by=mara, to_id=ines.pk)
    _nothing_passed(first, mara)


def test_hands_whose_lease_has_lapsed_are_free(
    many_cases: Callable[[int], list[Case]], mara: User, ines: User
):
    first, second = many_cases(2)
    claim(case_id=first.pk, by=mara)
    claim(case_id=second.pk, by=ines)
    let_lapse(second)

    hand_over(case_id=first.pk, by=mara, to_id=ines.pk)

    assert held_case(ines) == first


def test_who_released_the_case_does_not_get_it_back(case: Case, mara: User, ines: User):
    claim(case_id=case.pk, by=ines)
    release(case_id=case.pk, by=ines)
    claim(case_id=case.pk, by=mara)

    with pytest.raises(NotPossible, match="Ines released this case before"):
        hand_over(case_id=case.pk, by=mara, to_id=ines.pk)
    _nothing_passed(case, mara)


@pytest.mark.parametrize("name", ["kai", "otto", "mara"])
def test_only_another_moderator_of_the_licensee_may_receive_it(
    case: Case, mara: User, name: str, request: pytest.FixtureRequest
):
    claim(case_id=case.pk, by=mara)

    with pytest.raises(NotAllowed, match="A case is handed to another moderator of Northwind"):
        hand_over(case_id=case.pk, by=mara, to_id=request.getfixturevalue(name).pk)
    _nothing_passed(case, mara)


def test_the_receiver_sees_it_at_the_top_of_the_queue(
    case: Case, mara: User, ines: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    url = reverse("review:hand_over", args=[case.reference])
    browser = browser_of(mara)
    assert "Ines" in browser.get(url).content.decode()

    answer = browser.post(url, {"to": str(ines.pk), "note": "Please look at turn 5."})

    assert answer["Location"] == reverse("review:queue")
    page = browser_of(ines).get(reverse("review:queue")).content.decode()
    assert f"Mara handed {case.reference} to you at" in page
    assert "turn 5" not in page
    own = browser_of(ines).get(reverse("review:case", args=[case.reference])).content.decode()
    assert "Please look at turn 5." in own


def test_an_incomplete_hand_over_comes_back_with_what_was_typed(
    case: Case, mara: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    url = reverse("review:hand_over", args=[case.reference])

    answer = browser_of(mara).post(url, {"to": "", "note": "half a thought"})

    assert answer.status_code == 422
    assert "Choose to whom the case goes." in answer.content.decode()
    assert "half a thought" in answer.content.decode()
    _nothing_passed(case, mara)


@pytest.mark.django_db(transaction=True)
def test_handing_over_and_releasing_at_the_same_instant_agree(northwind: Licensee, mara: User, ines: User):
    """Whoever locks the case first decides; the case is never both released and handed over."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)

        answers = race(
            partial(hand_over, case_id=case.pk, by=mara, to_id=ines.pk),
            partial(release, case_id=case.pk, by=mara),
        )

        assert sum(isinstance(answer, NotPossible) for answer in answers) == 1, answers
        case.refresh_from_db()
        passed = isinstance(answers[0], HandOver)
        assert case.state == (Case.State.IN_REVIEW if passed else Case.State.WAITING)
        assert Claim.objects.filter(case=case, ended_at=None).count() == int(passed)
        if passed:
            release(case_id=case.pk, by=ines)


@pytest.mark.django_db(transaction=True)
def test_handing_over_to_who_takes_another_at_that_instant(northwind: Licensee, mara: User, ines: User):
    for number in range(10):
        case = make_case(northwind, external_id=f"mine-{number}")
        claim(case_id=case.pk, by=mara)
        make_case(northwind, external_id=f"other-{number}")

        handed, taken = race(
            partial(hand_over, case_id=case.pk, by=mara, to_id=ines.pk), partial(claim_next, by=ines)
        )

        assert isinstance(handed, HandOver | NotPossible), handed
        assert isinstance(taken, Case), taken
        assert Claim.objects.filter(holder=ines, ended_at=None).count() == 1
        release(case_id=held_case(ines).pk, by=ines)
        if isinstance(handed, NotPossible):
            release(case_id=case.pk, by=mara)


def _nothing_passed(case: Case, holder: User) -> None:
    assert Claim.objects.get(case=case, ended_at=None).holder == holder
    assert not HandOver.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.CASE_HANDED_OVER).exists()
