"""On chat that real people typed, the sample model flags next to nothing; only counts are looked at, never text."""

from pathlib import Path

import pytest

from scoring.corpora import read
from scoring.pipeline import Turn
from scoring.tests.trained import small_model

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="real chat (../shared/data) is not on this machine")

PRIVATE = ("casino/casino_test.json", "topical-chat/valid_freq.json")


def probabilities(files):
    conversations = [
        [Turn(message.id, message.sender, message.sent_at, message.text) for message in one.messages]
        for file in files
        for one in read(file)
    ]
    return [scored.probability for scored in small_model().score_many(conversations)]


def test_few_private_conversations_reach_one_half():
    found = probabilities(REAL / name for name in PRIVATE)
    assert len(found) == 639
    assert None not in found
    assert sum(probability >= 0.5 for probability in found) <= 32
    assert sum(probability >= 0.8 for probability in found) <= 6


def test_no_log_of_a_busy_channel_reaches_one_half_by_its_length():
    found = probabilities(sorted((REAL / "irc").glob("*.raw.txt"))[::16])
    assert len(found) == 11
    assert max(found) < 0.5
