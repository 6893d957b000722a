"""What a platform is told of its conversation; of anybody else's it is told nothing at all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensees.models import Licensee, Policy
from scoring.abstention import REASONS, TOO_SHORT
from scoring.models import Conversation, Message, MessageRating, ModelVersion, Score
from scoring.tests.sending import CONVERSATIONS, Platform, conversation, message


@pytest.fixture
def model(db: None) -> ModelVersion:
    return ModelVersion.objects.create(name="hand-set", digest="ab" * 32)


def _score(model: ModelVersion, **fields) -> Score:
    row = Conversation.objects.get()
    policy = Policy.objects.in_force(row.licensee_id)
    values = {"probability": 0.91, "band": "high", "flagged": True, "model": model}
    values |= {"message_count": row.message_count} | fields
    score = Score.objects.create(
        conversation=row,
        revision=row.revision,
        threshold=policy.flag_threshold,
        imminent_threshold=policy.imminent_threshold,
        **values,
    )
    Conversation.objects.update(scored_revision=row.revision)
    return score


def test_it_is_queued_until_it_is_scored(platform: Platform):
    platform.send(conversation(messages=3))

    assert platform.ask("c1").json() == {
        "id": "c1",
        "status": "queued",
        "revision": 1,
        "message_count": 3,
        "score": None,
    }


def test_the_newest_score_with_the_ten_messages_that_weighed_most(platform: Platform, model: ModelVersion):
    platform.send(conversation(messages=14))
    rated = {"age_probe": 0.8, "secrecy_request": 0.9, "isolation": 0.8}
    score = _score(model, characteristics=rated, whole_factor=1.0)
    weights = [0.1, -3.0, 0.2, 2.0, 0.3, 0.0, 0.4, 1.0, 0.5, -0.6, 0.7, 0.8, 0.9, 0.05]
    _rate(model, weights)

    body = platform.ask("c1").json()

    assert body["status"] == "scored"
    assert body["score"] == {
        "probability": 0.91,
        "band": "high",
        "flagged": True,
        "threshold": 0.7,
        "model": "hand-set abababab",
        "scored_at": score.scored_at.isoformat().replace("+00:00", "Z"),
        "revision": 1,
        "abstained": None,
        "reason": None,
        "characteristics": [
            {"name": "secrecy_request", "rating": 0.9},
            {"name": "age_probe", "rating": 0.8},
            {"name": "isolation", "rating": 0.8},
        ],
        "messages": [
            {"id": f"m{number}", "contribution": weights[number - 1]}
            for number in (2, 4, 8, 13, 12, 11, 10, 9, 7, 5)
        ],
    }


def _rate(model: ModelVersion, weights: list[float]) -> None:
    MessageRating.objects.bulk_create(
        MessageRating(message=one, conversation=one.conversation, model=model, evidence=weight, weight=9)
        for one, weight in zip(Message.objects.order_by("number"), weights, strict=True)
    )


def _shown(platform: Platform) -> dict[str, float]:
    """{message: contribution}, the heaviest first."""
    return {one["id"]: one["contribution"] for one in platform.ask("c1").json()["score"]["messages"]}


def test_a_window_and_peaks_weigh_more_than_the_whole(platform: Platform, model: ModelVersion):
    platform.send(conversation(messages=30))
    _score(
        model,
        whole_factor=0.5,
        window_factor=2.0,
        window_first=10,
        window_last=12,
        peaks={"12": 4.0, "20": 1.0},
    )
    _rate(model, [1.0] * 30)

    shown = _shown(platform)

    assert list(shown) == ["m12", "m10", "m11", "m20", "m1", "m2", "m3", "m4", "m5", "m6"]
    assert list(shown.values()) == [6.5, 2.5, 2.5, 1.5, *[0.5] * 6]


def test_messages_that_came_after_the_score_and_other_models_ratings_weigh_nothing(
    platform: Platform, model: ModelVersion
):
    platform.send(conversation(messages=4))
    _score(model, whole_factor=1.0, message_count=3)
    _rate(model, [1.0, 2.0, 3.0, 4.0])
    other = ModelVersion.objects.create(name="other", digest="cd" * 32)
    MessageRating.objects.filter(message__number=2).update(model=other)
    assert _shown(platform) == {"m3": 3.0, "m1": 1.0}


def test_where_the_model_abstains_it_says_why(platform: Platform, model: ModelVersion):
    platform.send(conversation())
    _score(model, probability=None, band="", flagged=False, abstained=TOO_SHORT)

    body = platform.ask("c1").json()

    assert body["status"] == "abstained"
    score = body["score"]
    assert (score["probability"], score["band"], score["flagged"]) == (None, None, False)
    assert (score["abstained"], score["reason"]) == (TOO_SHORT, REASONS[TOO_SHORT])
    assert score["messages"] == []


def test_a_conversation_that_could_not_be_scored_says_so(platform: Platform):
    platform.send(conversation())
    _score(None, probability=None, band="", flagged=False, abstained="scoring_failed")

    score = platform.ask("c1").json()["score"]
    assert (score["model"], score["reason"]) == (None, "The machine could not score this conversation.")


def test_after_later_messages_the_older_score_says_to_which_revision_it_belongs(
    platform: Platform, model: ModelVersion
):
    platform.send(conversation())
    _score(model)
    platform.send(conversation(messages=3))
    body = platform.ask("c1").json()
    assert (body["status"], body["revision"], body["score"]["revision"]) == ("scored", 2, 1)

    _score(model, probability=0.2, band="low", flagged=False)
    score = platform.ask("c1").json()["score"]
    assert (score["revision"], score["probability"]) == (2, 0.2)


def test_another_licensees_conversation_is_as_unknown_as_none(platform: Platform, other_platform: Platform):
    platform.send(conversation())

    theirs, nobodys = other_platform.ask("c1"), other_platform.ask("c2")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert theirs.json()["detail"] == "There is no conversation with this id. Send it first."


@pytest.mark.parametrize("external_id", ["%00", "%ED%A0%80", "x" * 201, "%ff"])
def test_what_cannot_be_an_id_is_unknown(platform: Platform, external_id: str):
    assert platform.ask(external_id).status_code == 404


def test_the_models_bytes_are_not_read(platform: Platform, model: ModelVersion):
    platform.send(conversation(messages=[message(1)]))
    _score(model)

    with CaptureQueriesContext(connection) as queries:
        platform.client.get(f"{CONVERSATIONS}/c1")
    assert not any("artifact" in one["sql"] for one in queries)
    assert len(queries) <= 5


def test_reading_needs_no_more_than_the_scope(northwind: Licensee, platform: Platform):
    platform.send(conversation())
    reader = Platform(northwind, scopes=["conversations:read"])
    assert reader.ask("c1").status_code == 200
    assert reader.client.head(f"{CONVERSATIONS}/c1").status_code == 200
