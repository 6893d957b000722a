"""What admins see and do about webhooks; a secret is shown once, and nothing of a case at all."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import sessions
from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from platforms.models import Event, EventDelivery, Webhook, WebhookSecret
from platforms.sending import send_events
from platforms.tests.acts import acted_on, asked, seconds_pass
from platforms.tests.conftest import Hook
from platforms.tests.receiver import Receiver
from review.models import Case

SECRET = re.compile(r'value="(whsec_[A-Za-z0-9+/=]+)"')


@pytest.fixture
def browser(adam: User, browser_of: Any) -> Client:
    client: Client = browser_of(adam)
    return client


def url(name: str, *more: Any) -> str:
    return reverse(f"platforms:{name}", args=["northwind", *more])


def test_a_webhook_is_added_and_its_secret_shown_once(
    northwind: Licensee, browser: Client, receiver: Receiver
):
    assert "No webhook yet" in browser.get(url("webhooks")).content.decode()
    page = browser.post(url("add_webhook"), {"url": receiver.url}).content.decode()
    (secret,) = SECRET.findall(page)
    webhook = Webhook.objects.get()
    for address in (
        url("webhooks"),
        url("webhook", webhook.pk),
        reverse("licensees:detail", args=["northwind"]),
    ):
        assert secret not in browser.get(address).content.decode()
    assert secret.encode() not in bytes(WebhookSecret.objects.get().sealed)
    entry = AuditEvent.objects.get(verb=Verb.WEBHOOK_ADDED)
    # The path of an address may be a secret: pages of lists and the trail name the host.
    assert "in-the-address" not in str(entry.payload) + browser.get(url("webhooks")).content.decode()
    browser.post(url("test_webhook", webhook.pk))
    send_events()
    assert receiver.came[0].is_signed_with(secret)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Write where events are posted to."),
        ("hooks.example.org", "This is not an address."),
        ("http://hooks.example.org/", "called by https"),
        ("ftp://hooks.example.org/", "called by https"),
        ("https://", "This is not an address."),
        ("https://user:word@hooks.example.org/", "Leave out names"),
        ("https://hooks.example.org/#part", "Leave out names"),
        ("https://hooks.example.org:99999/", "This is not an address."),
        ("https://hooks.example.org/a b", "This is not an address."),
    ],
)
def test_what_is_no_address_is_refused(northwind: Licensee, browser: Client, address: str, sentence: str):
    answer = browser.post(url("add_webhook"), {"url": address})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Webhook.objects.exists()


def test_the_same_address_twice_is_refused_in_words(hook: Hook, browser: Client, receiver: Receiver):
    answer = browser.post(url("add_webhook"), {"url": receiver.url})
    assert answer.status_code == 422 and "has a webhook with this address already" in answer.content.decode()
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize("name", ["add_webhook", "rotate_webhook", "end_former_secret"])
def test_what_shows_or_ends_a_secret_asks_for_the_password(
    hook: Hook, browser: Client, name: str, monkeypatch: pytest.MonkeyPatch
):
    """Signed in long ago, and nothing confirmed since."""
    monkeypatch.setattr(sessions, "began_at", lambda _: None)
    place = url(name) if name == "add_webhook" else url(name, hook.webhook.pk)
    answer = browser.post(place, {"url": "https://hooks.example.org/"})
    assert answer.status_code == 401
    assert "whsec_" not in answer.content.decode()
    assert (Webhook.objects.count(), WebhookSecret.objects.count()) == (1, 1)


def test_a_secret_is_rotated_and_the_former_one_ended(hook: Hook, browser: Client):
    page = browser.post(url("rotate_webhook", hook.webhook.pk)).content.decode()
    assert SECRET.findall(page)[0] != hook.secret
    detail = browser.get(url("webhook", hook.webhook.pk)).content.decode()
    assert "and the former one until" in detail
    browser.post(url("end_former_secret", hook.webhook.pk))
    assert "The newest secret only." in browser.get(url("webhook", hook.webhook.pk)).content.decode()
    assert browser.post(url("end_former_secret", hook.webhook.pk)).status_code == 409


def test_it_is_disabled_and_enabled(hook: Hook, browser: Client):
    pk = hook.webhook.pk
    browser.post(url("disable_webhook", pk))
    assert "Disabled by an admin" in browser.get(url("webhook", pk)).content.decode()
    assert browser.post(url("disable_webhook", pk)).status_code == 409
    assert browser.post(url("test_webhook", pk)).status_code == 409
    browser.post(url("enable_webhook", pk))
    assert browser.post(url("enable_webhook", pk)).status_code == 409
    assert Webhook.objects.get().is_active


def test_the_log_tells_each_attempt_and_what_failed_is_sent_again(
    hook: Hook, browser: Client, receiver: Receiver, case: Case, mara: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    receiver.answers = 500
    pk = hook.webhook.pk
    with monkeypatch.context() as later:
        seconds_pass(later, 20)
        send_events()
    page = browser.get(url("webhook", pk)).content.decode()
    assert "action.requested" in page and "HTTP 500, not taken" in page
    # What it asks for, of whom and about which case is for those who work on it.
    for word in ("u0", "c1", "block", case.reference):
        # As a word: tokens are made by chance.
        assert not re.search(rf"\b{word}\b", page), word
    delivery = EventDelivery.objects.get()
    assert event.public_id in browser.get(url("delivery", pk, delivery.pk)).content.decode()
    EventDelivery.objects.update(state="given_up")
    assert "Send all that were given up again" in browser.get(url("webhook", pk)).content.decode()
    browser.post(url("replay_failed", pk))
    assert EventDelivery.objects.get().state == "waiting"
    assert browser.post(url("replay", pk, delivery.pk)).status_code == 409
    EventDelivery.objects.update(state="given_up")
    browser.post(url("replay", pk, delivery.pk))
    assert EventDelivery.objects.get().state == "waiting"
    entry = AuditEvent.objects.filter(verb=Verb.EVENT_REPLAYED).latest("at")
    assert (entry.payload["event"], entry.case_reference) == (event.public_id, case.reference)


def test_the_log_is_read_in_parts(hook: Hook, browser: Client, northwind: Licensee):
    EventDelivery.objects.bulk_create(
        EventDelivery(
            webhook=hook.webhook,
            event=Event.objects.create(licensee=northwind, number=number, type="webhook.test"),
        )
        for number in range(1, 61)
    )
    page = browser.get(url("webhook", hook.webhook.pk)).content.decode()
    assert page.count("webhook.test") == 50
    older = re.findall(r"before=(\d+)", page)[0]
    assert (
        browser.get(url("webhook", hook.webhook.pk) + f"?before={older}")
        .content.decode()
        .count("webhook.test")
        == 10
    )
    assert "Nothing here" in browser.get(url("webhook", hook.webhook.pk) + "?state=given_up").content.decode()


def test_another_licensees_webhook_is_not_found_by_its_number(
    hook: Hook, browser: Client, lakeside: Licensee
):
    for name in ("webhook", "rotate_webhook"):
        answer = browser.get(reverse(f"platforms:{name}", args=["lakeside", hook.webhook.pk]))
        assert answer.status_code == 403
    assert (
        browser.post(reverse("platforms:disable_webhook", args=["lakeside", hook.webhook.pk])).status_code
        == 403
    )
    assert Webhook.objects.get().is_active


def test_nobody_else_opens_them(hook: Hook, browser_of: Any, mara: User, otto: User, june: User):
    for person in (mara, otto, june):
        for place in (url("webhooks"), url("webhook", hook.webhook.pk)):
            assert browser_of(person).get(place).status_code == 403
