"""What each person is refused: nothing moves, nothing is shown, and the attempt is in the trail."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Annotation, Case, Claim, Decision, HandOver, Hold, Reveal, Withdrawal
from review.permissions import NOT_OPEN
from review.queue import claim
from review.tests.acts import let_lapse
from tests.factories import TEXTS, make_case

BrowserOf = Callable[[User], Client]

ACTS = {
    "claim": {},
    "release": {},
    "extend": {},
    "reveal": {"number": "1"},
    "annotate": {"number": "1", "characteristic": "age_probe", "note": "my words"},
    "hold": {"until": "2099-01-01T09:00", "reason_text": "my words"},
    "hand_over": {"to": "0", "note": "my words"},
    "resume": {},
    "take_back": {},
    "decide": {"disposition": "no_action", "reason": "peers", "seen_revision": "1", "note": "my words"},
}

# A GET shows the form.
ASKED_ON_A_PAGE = {"hold", "hand_over"}


def everything(case: Case) -> tuple[object, ...]:
    case.refresh_from_db()
    counts = [
        model.objects.count() for model in (Claim, Reveal, Annotation, Decision, Hold, HandOver, Withdrawal)
    ]
    return (case.state, case.closed_at, *counts, *Claim.objects.values_list("expires_at", "ended_at"))


def refusals_of(person: User) -> int:
    return AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED, actor=person.actor_name).count()


@pytest.fixture
def person(request: pytest.FixtureRequest) -> User:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("person", ["kai", "june", "adam"], indirect=True)
def test_the_case_page_is_refused_to_who_does_not_serve_the_licensee(
    case: Case, person: User, browser_of: BrowserOf
):
    answer = browser_of(person).get(reverse("review:case", args=[case.reference]))

    assert answer.status_code == 403
    assert case.licensee.name not in answer.content.decode()
    assert refusals_of(person) == 1


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("person", ["kai", "june", "adam"], indirect=True)
def test_every_act_is_refused_to_who_does_not_serve_the_licensee(
    case: Case, person: User, act: str, browser_of: BrowserOf, mara: User
):
    claim(case_id=case.pk, by=mara)
    before = everything(case)

    answer = browser_of(person).post(reverse(f"review:{act}", args=[case.reference]), ACTS[act])

    assert answer.status_code == 403
    assert everything(case) == before
    assert refusals_of(person) == 1


@pytest.mark.parametrize("act", ["release", "extend", "reveal", "annotate", "decide", "hold", "hand_over"])
def test_a_moderator_without_the_claim_is_refused(case: Case, act: str, mara: User, browser_of: BrowserOf):
    before = everything(case)

    answer = browser_of(mara).post(reverse(f"review:{act}", args=[case.reference]), ACTS[act])

    assert answer.status_code == 409
    assert "You have not claimed this case." in answer.content.decode()
    assert everything(case) == before
    assert refusals_of(mara) == 1
    assert AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED).case_reference == case.reference


@pytest.mark.parametrize("act", ["claim", "release", "extend", "annotate", "decide", "hold", "hand_over"])
def test_a_supervisor_reads_but_neither_takes_nor_judges(
    case: Case, act: str, mara: User, otto: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    before = everything(case)

    answer = browser_of(otto).post(reverse(f"review:{act}", args=[case.reference]), ACTS[act])

    assert answer.status_code == 403
    assert "Only moderators of Northwind" in answer.content.decode()
    assert everything(case) == before
    assert refusals_of(otto) == 1


@pytest.mark.parametrize("act", ["claim", "release", "extend", "annotate", "decide", "hold", "hand_over"])
def test_even_with_both_roles_another_persons_case_stays_theirs(
    case: Case, act: str, mara: User, ines: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    before = everything(case)

    answer = browser_of(ines).post(reverse(f"review:{act}", args=[case.reference]), ACTS[act])

    assert answer.status_code == 409
    assert "Mara claimed this case at" in answer.content.decode()
    assert everything(case) == before


@pytest.mark.parametrize("act", ["release", "extend", "reveal", "annotate", "decide", "hold", "hand_over"])
def test_a_lapsed_claim_is_refused_though_the_sweep_has_not_run(
    case: Case, act: str, mara: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)
    before = everything(case)

    answer = browser_of(mara).post(reverse(f"review:{act}", args=[case.reference]), ACTS[act])

    assert answer.status_code == 409
    assert "Claim the case again to go on." in answer.content.decode()
    assert everything(case) == before
    assert refusals_of(mara) == 1


def test_what_was_typed_is_given_back_with_the_refusal(case: Case, mara: User, browser_of: BrowserOf):
    answer = browser_of(mara).post(reverse("review:decide", args=[case.reference]), ACTS["decide"])

    assert "my words" in answer.content.decode()
    assert not AuditEvent.objects.filter(entry__contains="my words").exists()


def test_an_unknown_reference_and_a_foreign_one_are_told_alike(
    case: Case, lakeside: Licensee, mara: User, browser_of: BrowserOf
):
    foreign = make_case(lakeside, external_id="foreign")
    browser = browser_of(mara)

    answers = [
        browser.get(reverse("review:case", args=[reference])) for reference in (foreign.reference, "LS-9-4")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    pages = [answer.content.decode() for answer in answers]
    assert all(NOT_OPEN in page for page in pages)
    assert len({len(page) for page in pages}) == 1
    abouts = AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).order_by("at")
    assert [event.case_reference for event in abouts] == [foreign.reference, ""]


@pytest.mark.parametrize("person", ["june", "adam"], indirect=True)
@pytest.mark.parametrize("page", ["review:queue", "review:next"])
def test_auditors_and_admins_have_no_queue(case: Case, person: User, page: str, browser_of: BrowserOf):
    browser = browser_of(person)
    answer = browser.get(reverse(page)) if page == "review:queue" else browser.post(reverse(page))

    assert answer.status_code == 403
    assert refusals_of(person) == 1
    assert not Claim.objects.exists()


def test_a_supervisor_takes_no_case_from_the_queue(case: Case, otto: User, browser_of: BrowserOf):
    answer = browser_of(otto).post(reverse("review:next"))

    assert answer.status_code == 403
    assert refusals_of(otto) == 1
    assert not Claim.objects.exists()


def test_the_next_case_of_another_licensee_is_refused(
    case: Case, kai: User, northwind: Licensee, browser_of: BrowserOf
):
    answer = browser_of(kai).post(reverse("review:next"), {"licensee": northwind.pk})

    assert answer.status_code == 403
    assert refusals_of(kai) == 1
    assert not Claim.objects.exists()


@pytest.mark.parametrize("act", sorted(ACTS.keys() - ASKED_ON_A_PAGE))
def test_an_act_is_a_post_and_nothing_else(case: Case, act: str, mara: User, browser_of: BrowserOf):
    before = everything(case)

    assert browser_of(mara).get(reverse(f"review:{act}", args=[case.reference])).status_code == 405
    assert everything(case) == before


def test_who_is_not_signed_in_is_sent_to_sign_in(case: Case, client: Client):
    answer = client.get(reverse("review:case", args=[case.reference]))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))


def test_no_refusal_shows_a_message(case: Case, mara: User, browser_of: BrowserOf):
    answer = browser_of(mara).post(reverse("review:reveal", args=[case.reference]), {"number": "1"})

    assert TEXTS[0] not in answer.content.decode()
