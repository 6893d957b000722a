"""PostgreSQL keeps events, webhooks and what platforms say apart by licensee, whatever a question forgot to ask."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from accounts.row_scope import Kind, nothing_yet, show_rows_of
from licensees.models import Licensee
from platforms.confirming import confirm
from platforms.models import (
    Attempt,
    Confirmation,
    Event,
    EventCounter,
    EventDelivery,
    UnreadDecision,
    Webhook,
    WebhookSecret,
)
from platforms.sending import send_events
from platforms.tests.acts import acted_on, asked
from platforms.tests.conftest import Hook
from review.models import Case, SubjectAccount
from scoring.tests.sending import Platform
from tests.factories import make_case

KEPT = (Event, EventCounter, EventDelivery, Attempt, Webhook, WebhookSecret)
OF_CASES = (Confirmation, SubjectAccount)


@pytest.fixture
def everything(
    case: Case, mara: User, hook: Hook, northwind: Licensee, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    send_events()
    at = datetime(2026, 11, 22, 8, 6, tzinfo=UTC)
    confirm(event_id=event.pk, by=Platform(northwind).key, done=True, at=at, note="Done.")
    acted_on(make_case(northwind, external_id="unread"), mara)
    for model in (*KEPT, *OF_CASES, UnreadDecision):
        assert model.objects.exists(), model


def seen(licensee: Licensee, kind: Kind) -> set[str]:
    with nothing_yet():
        show_rows_of([licensee.pk] if kind != Kind.ADMIN else [], kind=kind)
        return {model.__name__ for model in (*KEPT, *OF_CASES, UnreadDecision) if model.objects.exists()}


def test_nobody_without_a_word(everything: None):
    with nothing_yet():
        assert not any(model.objects.exists() for model in (*KEPT, *OF_CASES, UnreadDecision))


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.PLATFORM])
def test_another_licensee_sees_none(everything: None, lakeside: Licensee, kind: Kind):
    assert seen(lakeside, kind) == set()


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.PLATFORM])
def test_its_own_people_and_platform_see_theirs(everything: None, northwind: Licensee, kind: Kind):
    assert seen(northwind, kind) >= {"Event", "Confirmation", "SubjectAccount"}


def test_admins_see_webhooks_and_no_account(everything: None, northwind: Licensee):
    assert seen(northwind, Kind.ADMIN) == {model.__name__ for model in KEPT}
