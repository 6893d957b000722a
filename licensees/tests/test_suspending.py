"""A suspension takes effect at once, says why, and can be lifted."""

import pytest
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.authentication import IsPlatform
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key, suspend
from licensees.policies import NotAccepting

pytestmark = pytest.mark.django_db


def state_of(licensee: Licensee) -> str:
    return Licensee.objects.get(pk=licensee.pk).state


def ask_as_platform(key: ApiKey) -> bool:
    request = Request(APIRequestFactory().get("/"))
    request.auth = ApiKey.objects.select_related("licensee").get(pk=key.pk)
    return IsPlatform().has_permission(request, object())  # type: ignore[arg-type]


def test_a_suspended_platform_is_refused_with_its_next_request(
    adams_browser: Client, adam: User, northwind: Licensee
) -> None:
    key, _ = issue_key(licensee=northwind, label="Platform", scopes=[], by=adam)
    assert ask_as_platform(key)
    adams_browser.post("/licensees/northwind/suspend", {"reason_text": "Agreement ended"})
    with pytest.raises(NotAccepting) as refusal:
        ask_as_platform(key)
    assert str(refusal.value) == "This licensee is suspended: nothing is accepted. Ask the operator why."


def test_suspending_and_resuming_are_recorded_with_their_reasons(
    adams_browser: Client, adam: User, northwind: Licensee
) -> None:
    adams_browser.post("/licensees/northwind/suspend", {"reason_text": "Agreement ended"})
    assert state_of(northwind) == "suspended"
    adams_browser.post("/licensees/northwind/resume", {"reason_text": "Signed again"})
    assert state_of(northwind) == "live"
    acts = AuditEvent.objects.filter(actor=adam.actor_name).order_by("at").values_list("verb", "reason")
    assert list(acts) == [
        (Verb.LICENSEE_SUSPENDED, "Agreement ended"),
        (Verb.LICENSEE_RESUMED, "Signed again"),
    ]


@pytest.mark.parametrize("act", ["suspend", "resume"])
def test_a_reason_is_needed(adams_browser: Client, northwind: Licensee, act: str) -> None:
    answer = adams_browser.post(f"/licensees/northwind/{act}", {"reason_text": "  "})
    assert answer.status_code == 422
    assert state_of(northwind) == "live"


def test_what_is_suspended_cannot_be_suspended_again(
    adams_browser: Client, adam: User, northwind: Licensee
) -> None:
    suspend(licensee_id=northwind.pk, by=adam, reason="Once")
    answer = adams_browser.post("/licensees/northwind/suspend", {"reason_text": "Twice"})
    assert answer.status_code == 409
    assert "Twice" in answer.content.decode()
    assert AuditEvent.objects.filter(verb=Verb.LICENSEE_SUSPENDED).count() == 1
