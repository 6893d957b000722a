"""Accounts stay pseudonyms until a person states what the names are needed for; that is recorded and shown."""

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
from review.models import Case, Unveiling
from review.queue import claim, release
from review.tests.acts import show_accounts
from review.tests.racing import race
from review.unveiling import unveil
from scoring.evidence import cipher_of, seal_account_id, seal_identity
from scoring.models import Participant
from tests.factories import make_case

BrowserOf = Callable[[User], Client]
KNOWN = ("kim-plays-chess", "Kim Example", "192.0.2.17")


def named(case: Case) -> Case:
    """The platform has sent a handle, a name and an address of the first account."""
    account = Participant.objects.get(conversation=case.conversation, position=0)
    account.external_id_sealed = seal_account_id(
        cipher_of(case.conversation),
        conversation_id=case.conversation.external_id,
        position=account.position,
        account_id=KNOWN[0],
    )
    account.identity_sealed = seal_identity(
        cipher_of(case.conversation),
        conversation_id=case.conversation.external_id,
        position=account.position,
        identity={"display_name": KNOWN[1], "facts": {"ip_address": KNOWN[2]}},
    )
    account.save()
    return case


@pytest.fixture
def held(case: Case, mara: User) -> Case:
    claim(case_id=case.pk, by=mara)
    return named(case)


def page_of(browser: Client, case: Case) -> str:
    return browser.get(reverse("review:case", args=[case.reference])).content.decode()


def test_names_handles_and_addresses_are_not_in_the_page(held: Case, mara: User, browser_of: BrowserOf):
    page = page_of(browser_of(mara), held)
    assert "Account A" in page
    assert "Unveil the accounts" in page
    assert not any(known in page for known in KNOWN)
    assert not AuditEvent.objects.filter(verb=Verb.ACCOUNTS_UNVEILED).exists()


def test_a_stated_purpose_unveils_them_and_stands_in_the_history(
    held: Case, mara: User, browser_of: BrowserOf
):
    browser = browser_of(mara)
    browser.post(reverse("review:unveil", args=[held.reference]), {"purpose": "danger"})

    page = page_of(browser, held)

    assert all(known in page for known in KNOWN)
    assert "unveiled the accounts: to judge how near a danger is" in page
    event = AuditEvent.objects.get(verb=Verb.ACCOUNTS_UNVEILED)
    assert (event.actor, event.payload) == (mara.actor_name, {"purpose": "danger"})
    viewed = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("case_sequence")
    assert len(viewed.payload["accounts"]) == 2
    assert not any(known in viewed.entry for known in KNOWN)


def test_each_showing_is_recorded(held: Case, mara: User, browser_of: BrowserOf):
    unveil(case_id=held.pk, by=mara, purpose="referral")
    for _ in range(3):
        page_of(browser_of(mara), held)
    assert AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count() == 3


def test_it_holds_for_this_person_and_this_case_only(
    held: Case, northwind: Licensee, mara: User, otto: User, browser_of: BrowserOf
):
    unveil(case_id=held.pk, by=mara, purpose="referral")
    assert not any(known in page_of(browser_of(otto), held) for known in KNOWN)
    with pytest.raises(NotPossible, match="State a purpose"):
        show_accounts(case_id=held.pk, by=otto)
    release(case_id=held.pk, by=mara)
    other = named(make_case(northwind, external_id="other"))
    claim(case_id=other.pk, by=mara)
    assert not any(known in page_of(browser_of(mara), other) for known in KNOWN)


def test_who_no_longer_holds_the_case_sees_pseudonyms(held: Case, mara: User, browser_of: BrowserOf):
    unveil(case_id=held.pk, by=mara, purpose="referral")
    release(case_id=held.pk, by=mara)

    assert not any(known in page_of(browser_of(mara), held) for known in KNOWN)
    with pytest.raises(NotPossible):
        show_accounts(case_id=held.pk, by=mara)


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_without_a_purpose_of_the_list_nothing_is_unveiled(
    held: Case, mara: User, browser_of: BrowserOf, purpose: str
):
    answer = browser_of(mara).post(reverse("review:unveil", args=[held.reference]), {"purpose": purpose})
    assert answer.status_code == 409
    assert "Choose what you need the accounts for." in answer.content.decode()
    assert not Unveiling.objects.exists()


def test_nobody_else_unveils(held: Case, ines: User, kai: User, june: User, adam: User):
    for person in (kai, june, adam):
        with pytest.raises(NotAllowed):
            unveil(case_id=held.pk, by=person, purpose="danger")
    assert unveil(case_id=held.pk, by=ines, purpose="danger").person == ines  # supervises it


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_it_is_one_unveiling(northwind: Licensee, mara: User):
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    act = partial(unveil, case_id=case.pk, by=mara, purpose="platform")

    answers = race(act, act, act)

    assert all(isinstance(answer, Unveiling) for answer in answers), answers
    assert Unveiling.objects.count() == 1
