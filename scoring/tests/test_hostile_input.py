"""Whatever is sent is scored or declined with a reason, in bounded time and memory, and never stops the queue."""

import json
import sys
from subprocess import run

import pytest

from scoring import outbox
from scoring.models import Conversation, ModelVersion, Score
from scoring.tests.hostile_input import CASES, CHATTER
from scoring.tests.sending import Platform, at, conversation, everything, message
from scoring.tests.trained import small_model

# What is linear takes up to seven seconds and 430 MB for a million characters or words; what is quadratic does not end.
SECONDS = 20
MEGABYTES = 800
LARGEST_TEXT = 8_192

HOSTILE_TEXTS = {
    "one word": "a" * LARGEST_TEXT,
    "signs for letters": "a1" * (LARGEST_TEXT // 2),
    "right to left": "\u202eשלום \u202c" * 500,
    "marks": "a" + "\u0301\u0316" * 2_000,
    "NUL": "\x00" * LARGEST_TEXT,
    "lone surrogates": "\ud800\udfff" * 1_000,
    "emoji": "😀" * 2_000,
    "nothing": "",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What became of each case that came to an end."""
    path = tmp_path_factory.mktemp("models") / "small.model"
    path.write_bytes(small_model().to_bytes())
    command = [sys.executable, "-m", "scoring.tests.hostile_input", str(path)]
    done = run(command, capture_output=True, text=True, timeout=600, check=True)
    return {outcome["case"]: outcome for outcome in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_conversation_is_scored_or_declined_in_bounded_time_and_memory(case, outcomes):
    found = outcomes[case]
    assert found["abstained"] in {"too_short", "unsupported_language"} or found["finite"]
    assert found["messages"] == (0 if found["abstained"] else found["sent"])
    assert found["seconds"] < SECONDS
    assert found["megabytes"] < MEGABYTES


def sent(*texts: str) -> list[dict]:
    """Messages one second apart, so that thousands of them lie in the past."""
    return [message(number, sent_at=at(number / 60), text=text) for number, text in enumerate(texts, start=1)]


@pytest.mark.parametrize("kind", HOSTILE_TEXTS)
def test_a_hostile_conversation_does_not_stop_the_queue(kind, platform: Platform, champion: ModelVersion):
    hostile, plain = sent(*[HOSTILE_TEXTS[kind]] * 4), sent(*CHATTER)
    answer = platform.send(conversation("hostile", messages=hostile), conversation("plain", messages=plain))
    assert answer.status_code == 202
    assert outbox.score_pending() == 2
    found = {score.conversation.external_id: score for score in Score.objects.select_related("conversation")}
    assert found["plain"].probability is not None
    assert found["hostile"].abstained in {"", "too_short", "unsupported_language"}
    assert outbox.score_pending() == 0


def test_hostile_messages_among_others_leave_the_others_scored(platform: Platform, champion: ModelVersion):
    platform.send(conversation(messages=sent(*CHATTER, *HOSTILE_TEXTS.values(), *CHATTER * 40)))
    outbox.score_pending()
    assert Score.objects.get().probability is not None


def test_the_longest_conversation_of_a_call_is_scored(platform: Platform, champion: ModelVersion):
    answer = platform.send(conversation(messages=sent(*CHATTER * 2_500)))
    assert answer.status_code == 202
    outbox.score_pending()
    assert Conversation.objects.get().message_count == 10_000
    assert Score.objects.get().probability < 0.5


@pytest.mark.parametrize(
    ("sent_at", "reason"),
    [
        (
            "9999-12-31T23:59:59.999999-12:00",
            "Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z.",
        ),
        ("9999-12-31T23:59:59+14:00", "This time is in the future. Check the clock of the platform."),
        ("0001-01-01T00:00:00Z", "This time is before 1990."),
        ("0001-01-01T00:00:00+14:00", "Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z."),
    ],
)
def test_a_time_at_the_end_of_the_calendar_is_refused_with_its_reason(sent_at, reason, platform: Platform):
    before = everything()[:-2]
    answer = platform.send(conversation(messages=[message(1, sent_at=sent_at)]))
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert everything()[:-2] == before
