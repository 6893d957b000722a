"""An interpersonal service in the European Union without a basis in force is refused; reports are taken."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.transitions import NotPossible
from licensees import legal_basis
from licensees.journey import journey_of
from licensees.models import LegalBasis, Licensee
from scoring.ingest import accept
from scoring.models import Conversation
from scoring.tests.sending import Platform, conversation, incoming
from tests.joining import give_basis
from tests.people import TESTS

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def northwind(northwind: Licensee) -> Licensee:
    northwind.is_interpersonal_in_eu = True
    northwind.save(update_fields=["is_interpersonal_in_eu"])
    return northwind


def test_without_one_it_is_told_what_to_do(northwind: Licensee) -> None:
    answer = Platform(northwind).send(conversation())
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:artemis:problem:no-legal-basis")
    assert "reports of users are taken" in answer.json()["detail"]
    assert not Conversation.objects.exists()


def test_a_report_of_a_user_is_taken_all_the_same(northwind: Licensee) -> None:
    accept(licensee=northwind, items=[incoming()], by=TESTS, is_report=True)
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("place", ["EU", "IE", "DE"])
def test_with_one_it_is_taken_and_withdrawn_it_is_not(northwind: Licensee, adam: User, place: str) -> None:
    basis_id = give_basis(northwind, by=adam, jurisdiction=place)
    platform = Platform(northwind)
    assert platform.send(conversation()).status_code == 202
    legal_basis.withdraw_basis(basis_id=basis_id, by=adam, reason="It was wrong.")
    assert platform.send(conversation("c2")).status_code == 403
    with pytest.raises(NotPossible, match="withdrawn already"):
        legal_basis.withdraw_basis(basis_id=basis_id, by=adam, reason="Again.")


@pytest.mark.parametrize(
    "other",
    [
        {"jurisdiction": "GB"},
        {"valid_until": TODAY() - timedelta(days=1)},
        {"valid_from": TODAY() + timedelta(days=1)},
    ],
)
def test_one_of_elsewhere_or_of_another_time_does_not_count(
    northwind: Licensee, adam: User, other: dict[str, object]
) -> None:
    give_basis(northwind, by=adam, **other)
    assert Platform(northwind).send(conversation()).status_code == 403


def test_it_counts_on_its_last_day(northwind: Licensee, adam: User) -> None:
    give_basis(northwind, by=adam, valid_until=TODAY())
    assert Platform(northwind).send(conversation()).status_code == 202


def test_who_is_no_such_service_needs_none(lakeside: Licensee) -> None:
    assert Platform(lakeside).send(conversation()).status_code == 202


@pytest.mark.parametrize(("days", "is_warned"), [(0, True), (30, True), (31, False), (-3, True)])
def test_an_end_is_warned_of_thirty_days_before(
    northwind: Licensee, adams_browser: Client, adam: User, days: int, is_warned: bool
) -> None:
    give_basis(northwind, by=adam, valid_until=TODAY() + timedelta(days=days))
    titles = [one.title for one in journey_of(northwind).warnings]
    assert ("A legal basis ends" in titles) == is_warned
    words = "nothing is recorded after it"
    for page in ("/licensees/", "/licensees/northwind/"):
        assert (words in adams_browser.get(page).content.decode()) == is_warned


def test_one_that_another_outlasts_is_not_warned_of(northwind: Licensee, adam: User) -> None:
    give_basis(northwind, by=adam, valid_until=TODAY() + timedelta(days=5))
    give_basis(northwind, by=adam)
    assert not legal_basis.ending_soon(list(LegalBasis.objects.all()))


def test_the_page_records_one_and_asks_what_is_missing(adams_browser: Client, northwind: Licensee) -> None:
    form = {"jurisdiction": "eu", "basis": "derogation", "document": "Opinion 3", "valid_from": "2026-01-01"}
    answer = adams_browser.post("/licensees/northwind/legal-bases", form)
    assert (answer.status_code, LegalBasis.objects.count()) == (422, 0)
    until = (TODAY() + timedelta(days=90)).isoformat()
    assert (
        adams_browser.post("/licensees/northwind/legal-bases", {**form, "valid_until": until}).status_code
        == 302
    )
    made = LegalBasis.objects.get()
    assert (made.jurisdiction, made.valid_from) == ("EU", date(2026, 1, 1))


def test_through_the_api_a_report_is_taken_and_rated_by_no_machine(northwind: Licensee) -> None:
    platform = Platform(northwind)
    body = {"conversation": conversation(), "reporter": "u0", "reason": "unwanted_contact", "comment": ""}
    answer = platform.client.post("/api/v1/reports", body, content_type="application/json")
    assert answer.status_code == 202, answer.json()
    sent = Conversation.objects.get()
    assert sent.scored_revision == sent.revision
    assert platform.send(conversation("c2")).status_code == 403
