"""Training does not hold the corpus: six times the messages take no more memory, and one conversation may be huge."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scoring import fitting, training_spool
from scoring.sample_corpus import generate
from scoring.tests.trained import small_corpus
from scoring.training import train

REPOSITORY = Path(__file__).resolve().parents[2]
LOWERED = """
import json, sys
from benchmarks import training_memory
from scoring import fitting, training_spool
training_spool.MESSAGES_A_BLOCK, fitting.MOST_FEATURES = 1_000, 200_000
print(json.dumps([training_memory.trained(int(size), int(sys.argv[1])) for size in sys.argv[2:]]))
"""


def trained_apart(each: int, *sizes: int) -> list[dict[str, float]]:
    """Train on so many messages one after another in a process of their own, with small blocks."""
    command = [sys.executable, "-c", LOWERED, str(each), *map(str, sizes)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    found: list[dict[str, float]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("each", "few"), [(10, 3_000), (1, 1_000)], ids=["chat", "single segments"])
def test_six_times_the_corpus_takes_no_more_memory(each: int, few: int):
    small, large = trained_apart(each, few, 6 * few)
    assert large["megabytes"] - small["megabytes"] < 12, (small, large)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch):
    corpus = small_corpus()[:150]
    whole = train(corpus, seed=1, name="x", demonstration=True)[0].to_bytes()
    monkeypatch.setattr(training_spool, "MESSAGES_A_BLOCK", 100)
    assert train(corpus, seed=1, name="x", demonstration=True)[0].to_bytes() == whole
    monkeypatch.setattr(training_spool, "CHARACTERS_A_BLOCK", 500)
    assert train(corpus, seed=1, name="x", demonstration=True)[0].to_bytes() == whole


def test_where_not_all_fits_the_hardest_are_taken_and_the_model_is_nearly_as_good(
    monkeypatch: pytest.MonkeyPatch,
):
    corpus = list(generate(seed=4, count=600, share_positive=0.2, split="train"))
    unseen = list(generate(seed=4, count=150, share_positive=0.4, split="held_out"))
    monkeypatch.setattr(fitting, "NEGATIVE_MESSAGES", 1_000)
    full, sampled = (
        train(corpus, seed=1, name="x", demonstration=True, held_out=unseen)[1]["figures"]
        for most in (fitting.MOST_FEATURES, 500_000)
        if not monkeypatch.setattr(fitting, "MOST_FEATURES", most)
    )
    assert sampled != full
    assert sampled["pr_auc"] > full["pr_auc"] - 0.05
    assert sampled["brier"] < full["brier"] + 0.05


def test_one_conversation_of_200_000_messages_can_be_trained_on():
    words = ("the early train is full", "then the later one", "fine by me", "see you there", "good")
    rng = np.random.default_rng(1)
    huge = {
        "id": "huge",
        "label": 0,
        "language": "en",
        "messages": [
            {"id": str(place), "sender": f"a{place % 3}", "text": words[chosen]}
            for place, chosen in enumerate(rng.integers(0, len(words), 200_000).tolist())
        ],
    }
    model, card = train([*small_corpus()[:150], huge], seed=1, name="x", demonstration=True)
    assert card["corpus"]["messages"] > 200_000
    assert 0 < model.header["thresholds"]["f05"] < 1
