"""An admin sets how long evidence is kept, a supervisor reads it, and both see what is due next in sentences."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from retention.models import Terms
from retention.setting import set_terms
from retention.sweep import erase_due
from retention.tests.ageing import let_pass
from tests.factories import make_conversation, make_score

BrowserOf = Callable[[User], Client]
USUAL = {
    "unflagged_hours": 48,
    "dismissed_days": 30,
    "acted_days": 90,
    "referred_days": 365,
    "states_days": 90,
}
PAGE = "/retention/northwind/"


def filled(**changes: Any) -> dict[str, Any]:
    return USUAL | {"reason_text": "The regulator asks for it", "seen": 0, "begins": ""} | changes


def test_the_page_says_in_sentences_what_is_kept_and_what_is_due(
    northwind: Licensee, otto: User, browser_of: BrowserOf
):
    for number, hours in enumerate((10, 60)):
        one = make_conversation(northwind, external_id=f"c{number}")
        make_score(one, probability=0.1)
        let_pass(one, hours=hours)
    erase_due()
    said = " ".join(browser_of(otto).get(PAGE).content.decode().split())
    assert "the usual terms of GB count" in said
    assert "is erased 48 hours after its last message, if no case came of it." in said
    assert "never while a preservation hold stands" in said
    assert 'No case came of it</th><td class="number">1</td><td class="number">0</td>' in said
    assert '<td>no case came of it</td><td class="number">1</td><td class="number">8</td>' in said
    assert "Set other terms" not in said


def test_an_admin_compares_and_sets(northwind: Licensee, adam: User, browser_of: BrowserOf):
    browser = browser_of(adam)
    address = f"{PAGE}change"
    assert "Nothing here differs" in browser.post(address, filled()).content.decode()
    compared = browser.post(address, filled(unflagged_hours=24))
    assert "Something gets shorter" in compared.content.decode()
    assert not Terms.objects.exists()
    answer = browser.post(address, filled(unflagged_hours=24, confirmed="1"))
    assert answer.status_code == 302
    terms = Terms.objects.get()
    assert (terms.unflagged_hours, terms.set_by, terms.licensee) == (24, adam, northwind)
    entry = AuditEvent.objects.get(verb=Verb.RETENTION_SET)
    assert (entry.licensee_id, entry.payload["unflagged_hours"]) == (northwind.pk, 24)
    assert "In force since" in browser.get(PAGE).content.decode()


def test_terms_may_begin_on_a_later_day_and_the_page_says_so(
    northwind: Licensee, adam: User, browser_of: BrowserOf
):
    day = timezone.localdate() + timedelta(days=9)
    sent = filled(unflagged_hours=24, confirmed="1", begins=day.isoformat())
    assert browser_of(adam).post(f"{PAGE}change", sent).status_code == 302
    assert Terms.objects.in_force(northwind).is_usual
    assert Terms.objects.in_force(northwind, at=timezone.now() + timedelta(days=10)).unflagged_hours == 24
    said = browser_of(adam).get(PAGE).content.decode()
    assert "Other terms are set and begin later" in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"unflagged_hours": 0}, "greater than or equal to 1"),
        ({"referred_days": 30}, "greater than or equal to 90"),
        ({"acted_days": 99_999}, "less than or equal to 732"),
        ({"unflagged_hours": 24, "reason_text": ""}, "This field is required"),
        ({"unflagged_hours": 24, "begins": "2020-01-01"}, "Choose today or a later day"),
    ],
)
def test_what_makes_no_sense_is_refused(
    northwind: Licensee, adam: User, browser_of: BrowserOf, changes: dict[str, Any], sentence: str
):
    answer = browser_of(adam).post(f"{PAGE}change", filled(**changes) | {"confirmed": "1"})
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not Terms.objects.exists()


def test_two_admins_do_not_overwrite_each_other(northwind: Licensee, adam: User):
    set_terms(licensee=northwind, by=adam, reason="First", figures=USUAL, instead_of=0)
    with pytest.raises(NotPossible, match="Adam set other terms on"):
        set_terms(licensee=northwind, by=adam, reason="Second", figures=USUAL, instead_of=0)
    assert Terms.objects.count() == 1


def test_the_database_holds_the_bounds_and_what_was_set(northwind: Licensee, adam: User):
    terms = set_terms(licensee=northwind, by=adam, reason="First", figures=USUAL)
    with pytest.raises(DatabaseError, match="terms_within_bounds"), transaction.atomic():
        Terms.objects.create(licensee=northwind, set_by=adam, reason="No", **(USUAL | {"referred_days": 1}))
    with pytest.raises(DatabaseError), transaction.atomic():
        Terms.objects.filter(pk=terms.pk)._raw_delete("default")


def test_another_licensees_terms_are_not_open(
    northwind: Licensee, lakeside: Licensee, otto: User, adam: User, browser_of: BrowserOf
):
    assert browser_of(otto).get("/retention/lakeside/").status_code == 403
    assert browser_of(otto).get(f"{PAGE}change").status_code == 403
    listed = browser_of(otto).get("/retention/").content.decode()
    assert "Northwind" in listed and "Lakeside" not in listed
    assert "Lakeside" in browser_of(adam).get("/retention/").content.decode()
