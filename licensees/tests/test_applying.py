"""The public form: open to strangers, closed to programs, silent about whatever else exists."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees import applications
from licensees.models import Application, Licensee
from licensees.views import apply as form
from tests.joining import APPLICATION, apply

pytestmark = pytest.mark.django_db
PAGE = "/apply/"


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    settings.ARTEMIS_APPLICATIONS = 0


@pytest.fixture
def by_mail(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"


def filled(*, seconds_ago: float = 60, **other: Any) -> dict[str, Any]:
    opened = signing.dumps(int(time.time() - seconds_ago), salt=form.OPENED)
    return {**APPLICATION, "serves_eu": "on", "website": "", "opened": opened, **other}


def reference_in(answer: Any) -> str:
    (found,) = set(re.findall(r"A-[A-Z2-9]{8}", answer.content.decode()))
    return found


def test_it_is_received_and_answered_by_a_reference_alone(client: Client) -> None:
    answer = client.post(PAGE, filled())
    made = Application.objects.get()
    assert (answer.status_code, reference_in(answer), made.state) == (200, made.reference, "open")
    assert (made.is_interpersonal_in_eu, made.confirmed_at) == (True, None)
    event = AuditEvent.objects.get(verb=Verb.APPLICATION_RECEIVED)
    assert (event.actor, "robin" in event.entry.lower()) == ("machine:application form", False)


def test_a_program_that_fills_every_field_is_answered_alike_and_nothing_is_kept(client: Client) -> None:
    answer = client.post(PAGE, filled(website="https://example.org"))
    assert (answer.status_code, len(reference_in(answer))) == (200, 10)
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"seconds_ago": 1}, form.TOO_QUICK),
        ({"seconds_ago": 25 * 3600}, form.TOO_OLD),
        ({"opened": "made up"}, form.TOO_QUICK),
        ({"opened": ""}, form.TOO_QUICK),
    ],
)
def test_the_time_that_the_page_was_open_is_signed(client: Client, other: Any, sentence: str) -> None:
    answer = client.post(PAGE, filled(**other))
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert "Harbour Chat" in answer.content.decode()
    assert not Application.objects.exists()


def test_the_signature_of_another_page_does_not_count(client: Client) -> None:
    other = signing.dumps(int(time.time()) - 60, salt="another")
    assert client.post(PAGE, filled(opened=other)).status_code == 422


def test_an_address_has_a_pace(client: Client, settings: Any) -> None:
    settings.ARTEMIS_APPLICATIONS = 2
    answers = [client.post(PAGE, filled(), REMOTE_ADDR="192.0.2.77").status_code for _ in range(4)]
    assert sorted(answers)[-1] == 429
    assert Application.objects.count() <= 4
    assert client.post(PAGE, filled(), REMOTE_ADDR="192.0.2.78").status_code == 200


def test_only_so_many_wait(client: Client, settings: Any) -> None:
    settings.ARTEMIS_OPEN_APPLICATIONS = 2
    answers = [client.post(PAGE, filled()).status_code for _ in range(3)]
    assert (answers, Application.objects.count()) == ([200, 200, 429], 2)


@pytest.mark.parametrize(
    "wrong", [{"company": ""}, {"country": "Ireland"}, {"minors_percent": 101}, {"contact_email": "robin"}]
)
def test_what_is_wrong_is_said_and_nothing_kept(client: Client, wrong: dict[str, Any]) -> None:
    assert client.post(PAGE, filled(**wrong)).status_code == 422
    assert not Application.objects.exists()


def test_what_is_known_already_is_answered_alike(client: Client, northwind: Licensee) -> None:
    known = {"company": northwind.name, "contact_email": northwind.contact_email}
    first, second = (client.post(PAGE, filled(**known)) for _ in range(2))
    texts = [re.sub(r"A-[A-Z2-9]{8}", "", answer.content.decode()) for answer in (first, second)]
    other = re.sub(r"A-[A-Z2-9]{8}", "", client.post(PAGE, filled()).content.decode())
    csrf = re.compile(r'content="[^"]{64}"|value="[^"]{64}"')
    assert len({csrf.sub("", text) for text in (*texts, other)}) == 1


@pytest.mark.usefixtures("by_mail")
def test_by_mail_it_waits_until_the_link_is_pressed(client: Client, adams_browser: Client) -> None:
    client.post(PAGE, filled())
    made = Application.objects.get()
    (letter,) = mail.outbox
    assert (letter.to, made.state) == (["robin@harbour.example"], "unconfirmed")
    assert adams_browser.get(f"/licensees/applications/{made.pk}/").status_code == 404
    (link,) = re.findall(r"http://\S+", letter.body)
    address = link.removeprefix("http://testserver")
    assert client.get(address).status_code == 200
    made.refresh_from_db()
    assert made.state == "unconfirmed"
    for _ in range(2):
        assert client.post(address).status_code == 200
    made.refresh_from_db()
    assert (made.state, made.confirmed_at is not None) == ("open", True)
    assert AuditEvent.objects.filter(verb=Verb.APPLICATION_CONFIRMED).count() == 1


def test_a_link_that_is_none_says_so(client: Client) -> None:
    for token in ("x", signing.dumps(1, salt="another"), signing.dumps(10_000, salt=form.CONFIRM)):
        assert client.post(f"/apply/confirm/{token}").status_code == 404


def test_what_nobody_confirms_is_forgotten() -> None:
    old, new, open_ = apply(confirms=True), apply(confirms=True), apply()
    Application.objects.filter(pk__in=[old.pk, open_.pk]).update(
        received_at=timezone.now() - applications.CONFIRM_WITHIN - timedelta(minutes=1)
    )
    assert (applications.forget_unconfirmed(), applications.forget_unconfirmed()) == (1, 0)
    assert set(Application.objects.values_list("pk", flat=True)) == {new.pk, open_.pk}
    assert AuditEvent.objects.get(verb=Verb.APPLICATIONS_FORGOTTEN).payload == {"applications": [old.pk]}


def test_a_stranger_opens_the_form_and_the_agreement_and_nothing_behind(client: Client) -> None:
    assert client.get(PAGE).status_code == client.get("/apply/agreement").status_code == 200
    made = apply()
    for address in ("applications/", f"applications/{made.pk}/", f"applications/{made.pk}/take-up"):
        assert client.get(f"/licensees/{address}")["Location"].startswith("/sign-in")
