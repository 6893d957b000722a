"""Training gives the same bytes for the same corpus and seed, keeps authors apart, and writes down what it saw."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.evaluation import calibration_error, f_beta, figures
from scoring.fitting_stage import platt
from scoring.model_file import write_model_file
from scoring.sample_corpus import generate
from scoring.tests.trained import SEED, small_corpus, small_model, turns_of
from scoring.training import TrainingError, train
from scoring.training_data import author_disjoint_folds

REPOSITORY = Path(__file__).resolve().parents[2]
AUTHORS = st.lists(
    st.frozensets(st.integers(0, 15).map(str), min_size=1, max_size=3), min_size=1, max_size=25
)


@given(AUTHORS, st.integers(0, 5), st.data())
def test_no_author_stands_on_two_sides_of_a_split(authors, seed, data):
    labels = np.array(
        data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(authors), max_size=len(authors)))
    )
    folds = author_disjoint_folds(authors, labels, seed=seed, folds=3)
    for name in set().union(*authors):
        assert len({folds[place] for place, names in enumerate(authors) if name in names}) == 1
    assert set(folds) <= {0, 1, 2}


def test_folds_hold_both_labels_in_like_number():
    labels = np.array([1, 0] * 30)
    folds = author_disjoint_folds([frozenset([str(n)]) for n in range(60)], labels, seed=1, folds=5)
    assert [int(labels[folds == fold].sum()) for fold in range(5)] == [6] * 5


def test_the_same_corpus_and_seed_give_the_same_bytes_and_others_other_bytes():
    corpus = small_corpus()[:120]
    first, again = (train(iter(corpus), seed=1, name="x", demonstration=True)[0].to_bytes() for _ in range(2))
    assert first == again
    others = [
        train(corpus, seed=2, name="x", demonstration=True)[0],
        train(corpus[:-1], seed=1, name="x", demonstration=True)[0],
    ]
    assert len({first, *(other.to_bytes() for other in others)}) == 3
    assert (
        len({small_model().header["corpus_digest"], *(other.header["corpus_digest"] for other in others)})
        == 3
    )


def test_the_card_says_what_was_seen_and_what_the_model_is_not_for():
    model = small_model()
    card = model.card
    assert card["corpus"]["conversations"] == 480
    assert card["evaluated_on"] == "authors set aside"
    assert card["fitted_on"] < 480
    assert {"precision", "recall", "f1", "f05", "pr_auc", "brier", "calibration_error"} <= set(
        card["figures"]
    )
    assert card["limits"][0].startswith("Demonstration, not deployable")
    assert set(card["heads"]) == set(model.header["heads"])
    assert json.loads(json.dumps(card)) == card


def test_figures_on_unseen_phrases_are_taken_from_the_corpus_given_for_them():
    held_out = list(generate(seed=SEED, count=60, share_positive=0.5, split="held_out"))
    _, card = train(small_corpus(), seed=1, name="x", demonstration=False, held_out=held_out)
    assert card["evaluated_on"] == "a separate corpus"
    assert card["fitted_on"] == 480
    assert card["figures"]["conversations"] + card["abstained"] == 60
    assert card["figures"]["pr_auc"] > 0.8
    assert not any("Demonstration" in limit for limit in card["limits"])


def test_a_corpus_without_spans_gives_a_probability_and_no_ratings():
    optional = ("spans", "authors", "groups")
    bare = [{k: v for k, v in record.items() if k not in optional} for record in small_corpus()]
    model, card = train(bare, seed=1, name="x", demonstration=True)
    assert model.header["heads"] == []
    assert card["figures"]["pr_auc"] > 0.8
    scored = model.score(turns_of(bare[0]))
    assert scored.characteristics == ()
    assert all(message.ratings == {} for message in scored.messages)


def test_a_corpus_of_single_segments_works():
    def segment(record):
        text = "\n".join(message["text"] for message in record["messages"])
        sender = record["messages"][0]["sender"]
        return {
            "id": record["id"],
            "label": record["label"],
            "messages": [{"id": "1", "sender": sender, "text": text}],
        }

    model, card = train([segment(record) for record in small_corpus()], seed=1, name="x", demonstration=True)
    assert card["figures"]["pr_auc"] > 0.8
    long = next(record for record in small_corpus() if len(record["messages"]) > 20)
    assert model.score(turns_of(segment(long))).probability is not None


def test_unlabelled_conversations_are_counted_and_left_out():
    corpus = [*small_corpus()[:150], *({**record, "label": None} for record in small_corpus()[150:180])]
    _, card = train(corpus, seed=1, name="x", demonstration=True)
    assert card["corpus"]["unlabelled"] == 30


@pytest.mark.parametrize("label", [0, 1])
def test_a_corpus_with_one_label_only_is_refused(label):
    corpus = [record for record in small_corpus() if record["label"] == label]
    with pytest.raises(TrainingError, match="Training needs conversations with label 1 and with label 0"):
        train(corpus, seed=1, name="x", demonstration=True)


def test_an_empty_corpus_is_refused():
    with pytest.raises(TrainingError, match="Training needs conversations with label 1 and with label 0"):
        train([], seed=1, name="x", demonstration=True)


def _written_by(record, *senders):
    """The same conversation, its first messages from these accounts."""
    named = [{**m, "sender": sender} for m, sender in zip(record["messages"], senders, strict=False)]
    return {**record, "messages": [*named, *record["messages"][len(senders) :]]}


def test_a_corpus_whose_authors_all_hang_together_is_refused():
    joined = [_written_by(record, f"link{n}", f"link{n + 1}") for n, record in enumerate(small_corpus()[:60])]
    with pytest.raises(TrainingError, match="its authors hang together too much, to keep authors apart"):
        train(joined, seed=1, name="x", demonstration=True)


def test_names_that_are_roles_and_not_accounts_join_nothing():
    named = [
        {
            **record,
            "messages": [{**m, "sender": f"speaker {n % 2}"} for n, m in enumerate(record["messages"])],
        }
        for record in small_corpus()[:160]
    ]
    _, card = train(named, seed=1, name="x", demonstration=True)
    assert card["figures"]["pr_auc"] > 0.8


def test_text_that_is_not_characters_can_be_trained_on():
    odd = {"id": "odd", "label": 0, "messages": [{"id": "1", "sender": "odd", "text": "\ud800\x00 " * 50}]}
    model, _ = train([*small_corpus()[:150], odd], seed=1, name="x", demonstration=True)
    assert write_model_file(model.header, model.weights, model.vocabulary) == model.to_bytes()


def test_a_sigmoid_that_would_fall_is_refused():
    with pytest.raises(TrainingError, match="the score does not rise with the label"):
        platt(np.array([3.0, 2.0, -1.0, -2.0]), np.array([0, 0, 1, 1]))


def test_figures_follow_their_definitions():
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    probabilities = np.array([0.9, 0.8, 0.2, 0.7, 0.1, 0.1, 0.1, 0.1])
    found = figures(labels, probabilities)
    assert (found["flagged"], found["false_positives"]) == (3, 1)
    assert (found["precision"], found["recall"]) == (0.6667, 0.6667)
    assert found["brier"] == round(float(((probabilities - labels) ** 2).mean()), 4)
    assert f_beta(0.980, 0.787, 0.5) == pytest.approx(0.935, abs=0.001)
    assert calibration_error(np.array([1, 0]), np.array([0.5, 0.5])) == 0
    assert figures(np.array([0, 0]), np.array([0.1, 0.2]))["pr_auc"] is None


# --- What a corpus may lack --------------------------------------------------------------------


def segments(count: int, *, positive: int) -> list[dict]:
    """Single long segments without times, accounts of their own, or anything else."""
    texts = (
        "we meet at the station and take the early train to the lake and then walk round it before lunch",
        "nobody needs to know about the present so keep the secret and come alone and promise to tell nobody",
    )
    rng = np.random.default_rng(2)
    found = []
    for number in range(count):
        label = int(number % count < positive)
        words = " ".join([texts[label]] * 3).split() + texts[0].split()
        rng.shuffle(words)
        message = {"id": "1", "sender": f"unknown:{number}", "text": " ".join(words)}
        found.append({"id": str(number), "label": label, "messages": [message]})
    return found


def test_single_segments_without_times_accounts_and_language_are_enough():
    model, card = train(segments(120, positive=40), seed=1, name="x", demonstration=False)
    assert card["figures"]["pr_auc"] > 0.9
    assert card["course"].startswith("not used")
    assert model.header["languages"] == ["en"]


def test_a_corpus_too_small_to_keep_accounts_apart_is_refused():
    with pytest.raises(TrainingError, match="The corpus is too small"):
        train(segments(2, positive=1), seed=1, name="x", demonstration=False)


def test_ten_conversations_are_enough_where_each_fold_has_both_labels():
    _, card = train(segments(10, positive=5), seed=1, name="x", demonstration=False)
    assert card["corpus"]["conversations"] == 10


def test_a_corpus_without_any_label_is_refused():
    unlabelled = [{**record, "label": None} for record in small_corpus()[:20]]
    with pytest.raises(TrainingError, match="one kind is missing"):
        train(unlabelled, seed=1, name="x", demonstration=True)


def test_a_corpus_whose_positive_conversations_all_have_one_author_is_refused():
    records = segments(60, positive=20)
    for record in records:
        if record["label"]:
            record["messages"][0]["sender"] = "the same"
    with pytest.raises(TrainingError, match="its authors hang together too much"):
        train(records, seed=1, name="x", demonstration=True)


def test_texts_of_both_labels_alike_give_figures_that_say_so():
    records = segments(80, positive=0)
    for number, record in enumerate(records):
        record["label"] = number % 2
    _, card = train(records, seed=1, name="x", demonstration=True)
    assert card["figures"]["pr_auc"] < 0.7
    assert card["figures"]["brier"] > 0.2


def test_two_processes_with_other_hash_seeds_give_the_same_bytes():
    program = (
        "from scoring.sample_corpus import generate\n"
        "from scoring.training import train\n"
        "corpus = generate(seed=1, count=120, share_positive=0.5, split='train')\n"
        "print(train(corpus, seed=1, name='x', demonstration=True)[0].digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=600,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    }
    assert len(digests) == 1
