"""Acts that weigh ask for the password once more: what was typed survives it, and it counts for a few minutes."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import sessions, step_up
from accounts.models import User
from accounts.roles import Role
from accounts.step_up import Purpose
from artemis_site.asking_again import PASSWORD as FIELD
from artemis_site.site_map import pages
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee, Policy
from review.models import Unveiling
from review.queue import claim
from tests.people import PASSWORD, signed_in_client

pytestmark = pytest.mark.django_db
ISSUE = "/licensees/northwind/keys/new"
FORM = {"label": "Chat “servers”\r\nDublin", "scopes": ["conversations:write", "conversations:read"]}
# What an admin sends that lets nobody in, shows nothing and changes no rule.
OF_KIND = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
ASKS_NOTHING = {
    # Nothing is shown or lost: what is not sent waits, and what is sent again has the same id.
    "platforms:disable_webhook",
    "platforms:enable_webhook",
    "platforms:replay",
    "platforms:replay_failed",
    "platforms:test_webhook",
    "licensees:revoke_key",
    # What was found of a company, which two admins read before it goes live.
    "licensees:vetting",
    # What stands still goes on, or the other way about.
    "scoring:pause_job",
    "scoring:resume_job",
    "scoring:name_challenger",
    "scoring:withdraw_challenger",
}


def earlier_signed_in(person: User, minutes: int = 6) -> Client:
    """A session that has been open for a while."""
    client, now = signed_in_client(person), timezone.now()
    session = client.session
    session[sessions.KEY] = {"at": (now - timedelta(minutes=minutes)).isoformat(), "used": now.isoformat()}
    session.save()
    return client


def sent_on(answer: HttpResponse, **more: str) -> dict[str, Any]:
    """What the page that asks would send, with what is typed there."""
    fields: dict[str, Any] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()
    ):
        if name != "csrfmiddlewaretoken":
            fields.setdefault(name, []).append(html.unescape(value))
    return fields | more


def refusals_of(person: User) -> int:
    return AuditEvent.objects.filter(actor=person.actor_name, verb=Verb.CONFIRMATION_FAILED).count()


def test_a_key_is_issued_only_after_the_password_and_with_what_was_typed(
    adam: User, northwind: Licensee
) -> None:
    client = earlier_signed_in(adam)
    asked = client.post(ISSUE, FORM)
    assert asked.status_code == 401
    assert "change what lets a platform in" in asked.content.decode()
    assert not ApiKey.objects.exists()
    wrong = client.post(ISSUE, sent_on(asked, **{FIELD: "wrong"}))
    assert (wrong.status_code, refusals_of(adam)) == (422, 1)
    assert not ApiKey.objects.exists()
    assert client.post(ISSUE, sent_on(wrong, **{FIELD: PASSWORD})).status_code == 200
    key = ApiKey.objects.get()
    assert (key.label.split(), key.scopes) == (FORM["label"].split(), FORM["scopes"])
    event = AuditEvent.objects.get(verb=Verb.PERSON_CONFIRMED)
    assert (event.actor, event.payload) == (adam.actor_name, {"for": "keys"})


def test_it_counts_for_a_few_minutes_and_for_one_class_of_acts(adam: User, northwind: Licensee) -> None:
    client = earlier_signed_in(adam)
    assert client.post(ISSUE, FORM | {FIELD: PASSWORD}).status_code == 200
    assert client.post(ISSUE, FORM).status_code == 200, "another of the same kind"
    assert (
        client.post("/licensees/northwind/suspend", {"reason_text": "They asked for it."}).status_code == 401
    )
    session, later = client.session, timezone.now() + step_up.CONFIRMED_FOR + timedelta(seconds=1)
    assert not step_up.needs_no_asking(session, purpose=Purpose.KEYS, now=later)
    northwind.refresh_from_db()
    assert northwind.state == "live"
    assert ApiKey.objects.count() == 2


def test_who_signed_in_just_now_is_not_asked(adam: User, northwind: Licensee) -> None:
    assert earlier_signed_in(adam, minutes=4).post(ISSUE, FORM).status_code == 200


def test_another_session_is_asked_for_itself(adam: User, northwind: Licensee) -> None:
    assert earlier_signed_in(adam).post(ISSUE, FORM | {FIELD: PASSWORD}).status_code == 200
    assert earlier_signed_in(adam).post(ISSUE, FORM).status_code == 401


def test_an_act_that_is_sent_without_a_page_is_asked_too(mara: User, case) -> None:
    claim(case_id=case.pk, by=mara)
    client, address = earlier_signed_in(mara), f"/cases/{case.reference}/unveil"
    asked = client.post(address, {"purpose": "danger"}, headers={"HX-Request": "true"})
    assert asked.status_code == 401
    assert asked.content.decode().lstrip().lower().startswith("<!doctype html"), "htmx shows it as the page"
    assert not Unveiling.objects.exists()
    assert client.post(address, sent_on(asked, **{FIELD: PASSWORD})).status_code == 302
    assert Unveiling.objects.get().purpose == "danger"


def test_who_may_not_is_refused_before_anything_is_asked(mara: User, northwind: Licensee) -> None:
    client = earlier_signed_in(mara)
    assert client.post(ISSUE, FORM | {FIELD: PASSWORD}).status_code == 403
    assert not AuditEvent.objects.filter(verb=Verb.PERSON_CONFIRMED).exists()


def test_the_password_is_in_no_page_that_asks_again(adam: User, northwind: Licensee) -> None:
    answer = earlier_signed_in(adam).post(ISSUE, FORM | {FIELD: "nearly my password"})
    assert answer.status_code == 422
    assert "nearly my password" not in answer.content.decode()


def test_a_policy_asks_too(adam: User, northwind: Licensee) -> None:
    before = Policy.objects.count()
    assert earlier_signed_in(adam).post("/licensees/northwind/policy", {"confirmed": "1"}).status_code == 401
    assert Policy.objects.count() == before


def test_every_form_of_an_admin_asks_or_is_listed_here(adam: User) -> None:
    client, open_ones = earlier_signed_in(adam), set()
    for page in pages():
        if page.access is None or page.access.roles != {Role.ADMIN} or hasattr(page.view, "asks_again"):
            continue
        address = "/" + re.sub(r"<(\w+):\w+>", lambda place: OF_KIND.get(place[1], "x"), page.route)
        if client.post(address).status_code != 405:
            open_ones.add(page.name)
    assert open_ones == ASKS_NOTHING


def test_what_leaves_the_house_and_who_somebody_is_asks(adam: User) -> None:
    asking = {page.name: page.view.asks_again for page in pages() if hasattr(page.view, "asks_again")}
    assert {name for name, purpose in asking.items() if purpose is Purpose.EXPORT} >= {
        *("audit:export", "referrals:download", "referrals:download_encrypted"),
    }
    assert asking["review:unveil"] is Purpose.UNVEILING
