"""Admins see in words whether what a model sees has changed, and what to do; there is no text on these pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from scoring.characteristics import BY_KEY
from scoring.drift import monday, watch
from scoring.models import DriftWeek, ModelVersion
from scoring.registry import promote
from scoring.stability import SCORE_EDGES
from scoring.tests.test_drift import RISEN, USUAL

pytestmark = pytest.mark.django_db
REFERENCE = {
    "scores": [4 * number for number in USUAL],
    "edges": list(SCORE_EDGES),
    "known_share": 0.95,
    "characteristics": {"age_probe": 0.02},
}


@pytest.fixture
def adams_browser(adam: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(adam)


def make_champion(adam: User, **card: object) -> ModelVersion:
    version = ModelVersion.objects.create(name="first", digest="f" * 64, card=card)
    return promote(model_id=version.pk, by=adam)


def make_weeks(licensee: Licensee, model: ModelVersion, *weeks: list[int]) -> None:
    """The last one is the week of now."""
    this_week = monday(timezone.now())
    for ago, scores in enumerate(reversed(weeks)):
        DriftWeek.objects.create(
            licensee=licensee,
            model=model,
            week=this_week - timedelta(weeks=ago),
            scores=scores,
            words=1000,
            known_words=700,
            characteristics={"age_probe": 0.3 * sum(scores)},
        )


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_anything_is_counted_the_pages_say_so(adams_browser: Client, adam: User, northwind: Licensee):
    assert "No model scores" in page(adams_browser, "/models/drift")
    make_champion(adam)
    assert "Nothing counted yet" in page(adams_browser, "/models/drift")
    assert "Nothing counted yet" in page(adams_browser, "/models/drift/northwind")


def test_what_drifted_is_named_with_what_to_do(adams_browser: Client, adam: User, northwind: Licensee):
    make_weeks(northwind, make_champion(adam, reference=REFERENCE), USUAL, USUAL, RISEN)
    watch()
    shown = page(adams_browser, "/models/drift/northwind")
    assert "its probabilities may be off. Ask what changed at the platform" in shown
    assert "This week differs from the weeks before." in shown
    assert BY_KEY["age_probe"].label in shown
    assert "scores, against the model&#x27;s reference" in shown
    assert "Northwind" in page(adams_browser, "/models/drift")
    assert "In the last two weeks at Northwind." in page(adams_browser, "/models/")


def test_without_a_reference_only_the_licensees_own_weeks_are_compared(
    adams_browser: Client, adam: User, northwind: Licensee
):
    make_weeks(northwind, make_champion(adam), USUAL, RISEN)
    shown = page(adams_browser, "/models/drift/northwind")
    assert "No reference" in shown
    assert "the weeks before" in shown


def test_too_few_conversations_are_said_with_how_many_it_takes(
    adams_browser: Client, adam: User, northwind: Licensee
):
    make_weeks(northwind, make_champion(adam, reference=REFERENCE), [1] * len(USUAL))
    shown = page(adams_browser, "/models/drift/northwind")
    assert "15 of the 261 conversations that it takes to tell it from chance." in shown


def test_many_licensees_take_as_many_queries_as_one(
    adams_browser: Client, adam: User, northwind: Licensee, lakeside: Licensee
):
    model, counts = make_champion(adam, reference=REFERENCE), []
    for licensee in (northwind, lakeside):
        make_weeks(licensee, model, USUAL, RISEN)
        with CaptureQueriesContext(connection) as captured:
            page(adams_browser, "/models/drift")
        counts.append(len(captured))
    assert counts[1] <= counts[0]


def test_an_unknown_licensee_is_not_found(adams_browser: Client):
    assert adams_browser.get("/models/drift/nowhere").status_code == 404
