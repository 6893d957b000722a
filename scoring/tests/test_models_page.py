"""Admins see what each model measured and choose, after a question, which one scores."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from scoring.intervals import share_with_interval
from scoring.models import Conversation, ModelVersion
from scoring.registry import keep_evaluation, name_challenger, promote
from scoring.views.cards import ModelCard
from tests.factories import make_conversation

pytestmark = pytest.mark.django_db
CARD = {
    "corpus": {"conversations": 1500, "positive": 700},
    "evaluated_on": "a separate corpus",
    "abstained": 3,
    "figures": {
        "conversations": 600,
        "positive": 200,
        "flagged": 150,
        "false_positives": 30,
        "pr_auc": 0.913,
        "threshold": 0.5,
        "calibration_error": None,
    },
    "heads": {"age_probe": {"marked": 12, "average_precision": None}},
    "limits": ["Demonstration, not deployable: …", "A score is not a finding."],
}


@pytest.fixture
def adams_browser(adam: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(adam)


def make_model(name: str, **fields: Any) -> ModelVersion:
    values = {"digest": name.ljust(64, "0"), "card": CARD} | fields
    return ModelVersion.objects.create(name=name, **values)


def champions() -> list[ModelVersion]:
    return list(ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION))


def test_the_page_says_what_was_measured_with_its_uncertainty() -> None:
    precision, recall, area, calibration = ModelCard(make_model("first")).figures
    assert precision == {"label": "precision", "value": "0.80", "interval": "0.73–0.86", "n": 150}
    assert recall == {"label": "recall", "value": "0.60", "interval": "0.53–0.67", "n": 200}
    assert area["value"] == "0.91"
    assert calibration["value"] == "not measured"


def test_suggested_thresholds_are_shown_as_far_as_there_are_any() -> None:
    card = CARD | {"thresholds": {"f05": 0.4321, "share_0.01": 0.65432}}
    facts = {fact["label"]: fact["value"] for fact in ModelCard(make_model("first", card=card)).facts}
    assert facts["Threshold for the best F0.5"] == "0.432"
    assert facts["Threshold that 1 in 100 benign reach"] == "0.654"
    assert "Threshold that 1 in 1,000 benign reach" not in facts


@pytest.mark.parametrize("card", [{}, {"figures": None, "limits": "none", "heads": {"age_probe": 3}}])
def test_a_card_that_lacks_its_figures_says_so(adams_browser: Client, card: dict[str, Any]) -> None:
    shown = ModelCard(make_model("first", card=card))
    assert {figure["value"] for figure in shown.figures} == {"not measured"}
    assert shown.heads == shown.limits == []
    assert adams_browser.get("/models/").status_code == 200


def test_a_demonstration_is_marked_plainly(adams_browser: Client) -> None:
    make_model("first", is_demonstration=True)
    assert "Demonstration, not deployable" in adams_browser.get("/models/").content.decode()
    ModelVersion.objects.update(is_demonstration=False)
    assert "Demonstration, not deployable" not in adams_browser.get("/models/").content.decode()


def test_the_bytes_of_the_models_are_not_fetched_for_the_page(adams_browser: Client) -> None:
    make_model("first")
    with CaptureQueriesContext(connection) as captured:
        adams_browser.get("/models/")
    assert not any("artifact" in query["sql"] for query in captured.captured_queries)


def test_promoting_asks_first(adams_browser: Client, adam: User) -> None:
    first, second = make_model("first"), make_model("second")
    promote(model_id=first.pk, by=adam)
    page = adams_browser.get(f"/models/{second.pk}/promote").content.decode()
    assert "Let second second00 score?" in page
    assert "first first000 retires and can come back the same way." in page
    assert champions() == [first]


def test_promoting_moves_both_and_records_who_did_it(adams_browser: Client, adam: User) -> None:
    first, second = make_model("first"), make_model("second")
    promote(model_id=first.pk, by=adam)
    answer = adams_browser.post(f"/models/{second.pk}/promote")
    assert (answer.status_code, answer["Location"]) == (302, "/models/")
    assert champions() == [second]
    assert ModelVersion.objects.get(pk=first.pk).state == ModelVersion.State.RETIRED
    newest = AuditEvent.objects.filter(verb=Verb.MODEL_PROMOTED).latest("at")
    assert (newest.actor, newest.object_id) == (adam.actor_name, str(second.pk))
    assert newest.payload["digest"] == second.digest


def test_the_one_that_scores_cannot_be_promoted_again(adams_browser: Client, adam: User) -> None:
    first = make_model("first")
    promote(model_id=first.pk, by=adam)
    answer = adams_browser.post(f"/models/{first.pk}/promote")
    assert answer.status_code == 409
    assert "This model is already the one that scores." in answer.content.decode()
    assert AuditEvent.objects.filter(verb=Verb.MODEL_PROMOTED).count() == 1


def test_an_unknown_model_is_not_found(adams_browser: Client) -> None:
    assert adams_browser.post("/models/1/promote").status_code == 404


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 10, (0.0, 0.0, 0.278)), (5, 10, (0.5, 0.237, 0.763)), (10, 10, (1.0, 0.722, 1.0))],
)
def test_the_interval_is_wilsons(part: int, whole: int, expected: tuple[float, ...]) -> None:
    assert share_with_interval(part, whole) == pytest.approx(expected, abs=0.001)


def test_nothing_counted_has_no_share() -> None:
    assert share_with_interval(0, 0) is None


# --- The challenger and the way back ------------------------------------------------------------


def test_each_act_asks_first_and_names_the_admin(adams_browser: Client, adam: User) -> None:
    first, second = make_model("first"), make_model("second")
    promote(model_id=first.pk, by=adam)
    for address, question, verb in [
        (
            f"/models/{second.pk}/name-challenger",
            "Make second second00 the challenger?",
            "model:challenger_named",
        ),
        (f"/models/{second.pk}/withdraw", "Withdraw second second00?", "model:challenger_withdrawn"),
        (f"/models/{second.pk}/promote", "Let second second00 score?", "model:promoted"),
        (f"/models/{second.pk}/roll-back", "Bring first first000 back?", "model:rolled_back"),
    ]:
        events = AuditEvent.objects.count()
        assert question in adams_browser.get(address).content.decode()
        assert AuditEvent.objects.count() == events
        assert adams_browser.post(address)["Location"] == "/models/"
        newest = AuditEvent.objects.latest("at")
        assert (newest.verb, newest.actor) == (verb, adam.actor_name)
    assert champions() == [first]


def test_the_page_offers_what_can_be_done(adams_browser: Client, adam: User) -> None:
    first, second, third = make_model("first"), make_model("second"), make_model("third")
    promote(model_id=first.pk, by=adam)
    page = adams_browser.get("/models/").content.decode()
    assert f"/models/{first.pk}/roll-back" not in page
    assert f"/models/{second.pk}/name-challenger" in page
    promote(model_id=second.pk, by=adam)
    name_challenger(model_id=third.pk, by=adam)
    page = adams_browser.get("/models/").content.decode()
    assert f"/models/{second.pk}/roll-back" in page
    assert f"/models/{third.pk}/withdraw" in page
    assert "name-challenger" not in page


def test_a_second_challenger_is_refused_in_words(adams_browser: Client, adam: User) -> None:
    first, second = make_model("first"), make_model("second")
    name_challenger(model_id=first.pk, by=adam)
    answer = adams_browser.post(f"/models/{second.pk}/name-challenger")
    assert answer.status_code == 409
    assert "first first000 is the challenger. Withdraw it first." in answer.content.decode()


# --- Evaluations, and what waits ------------------------------------------------------------------


def test_evaluations_are_listed_and_shown(adams_browser: Client, adam: User) -> None:
    first, second = make_model("first"), make_model("second")
    kept = keep_evaluation(model_id=first.pk, card={"form": "other"}, corpus_digest="c" * 64, by=adam)
    address = f"/models/{first.pk}/evaluations/{kept.pk}"
    assert address in adams_browser.get("/models/").content.decode()
    page = adams_browser.get(address).content.decode()
    assert "Evaluation of first first000" in page
    assert "This evaluation was written in another form, other." in page
    assert adams_browser.get(f"/models/{second.pk}/evaluations/{kept.pk}").status_code == 404


def test_the_cards_of_evaluations_are_not_fetched_for_the_list(adams_browser: Client, adam: User) -> None:
    keep_evaluation(model_id=make_model("first").pk, card={"form": "other"}, corpus_digest="c" * 64, by=adam)
    with CaptureQueriesContext(connection) as captured:
        adams_browser.get("/models/")
    assert not any('modelevaluation"."card"' in query["sql"] for query in captured.captured_queries)


def test_conversations_that_nobody_takes_up_are_said(adams_browser: Client, northwind: Licensee) -> None:
    conversation = make_conversation(northwind)
    assert "more than five minutes" not in adams_browser.get("/models/").content.decode()
    Conversation.objects.update(score_after=timezone.now() - timedelta(minutes=6))
    page = adams_browser.get("/models/").content.decode()
    assert "1 of them for more than five minutes." in page
    Conversation.objects.update(scored_revision=conversation.revision)
    assert "more than five minutes" not in adams_browser.get("/models/").content.decode()
