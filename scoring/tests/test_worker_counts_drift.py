"""The worker adds each stored score to its licensee's week: a conversation once, a message once."""

import pytest

from scoring import outbox
from scoring.models import DriftWeek, Message, ModelVersion, Score
from scoring.tests.sending import Platform, at, conversation, message
from scoring.tests.states import stored_state
from scoring.tests.test_incremental import drafts, texts

pytestmark = pytest.mark.django_db


def send(platform: Platform, external_id: str, numbers: range, said) -> None:
    platform.send(conversation(external_id, messages=drafts(numbers, said)))
    assert outbox.score_pending() == 1


def test_a_week_holds_each_conversation_and_each_message_once(
    platform: Platform, other_platform: Platform, champion: ModelVersion
):
    said = texts()
    send(platform, "c1", range(1, 31), said)
    send(platform, "c1", range(31, 33), said)
    send(platform, "c2", range(1, 21), said)
    send(other_platform, "c1", range(1, 4), iter(["Hi"] * 3))
    platform.send(conversation("c1", messages=[message(3, text=next(said), edited_at=at(90))]))
    outbox.score_pending()

    ours, theirs = (DriftWeek.objects.get(licensee__slug=slug) for slug in ("northwind", "lakeside"))
    assert (ours.judged, ours.messages) == (2, 52)
    scores = Score.objects.filter(conversation__licensee__slug="northwind")
    newest = scores.order_by("conversation", "-revision").distinct("conversation")
    assert ours.flagged == sum(score.flagged for score in newest)
    assert 0 < ours.known_words <= ours.words
    assert (theirs.judged, theirs.messages, theirs.abstained) == (0, 3, {"too_short": 1})
    assert Message.objects.count() == 55


def test_words_are_counted_when_they_are_new(platform: Platform, champion: ModelVersion):
    said = texts()
    send(platform, "c1", range(1, 31), said)
    send(platform, "c1", range(31, 41), said)
    week, state = (
        DriftWeek.objects.get(),
        stored_state(Score.objects.latest("revision").conversation, champion),
    )
    assert (week.words, week.known_words) == (state.amount.words, state.amount.known_words)
