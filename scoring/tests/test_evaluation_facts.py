"""What is known of conversations before any score: groups that share senders, slices, files and their digests."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from scoring.corpora import CorpusError
from scoring.evaluation_corpora import Corpora, CorpusFile, listed
from scoring.evaluation_facts import FactsReader
from scoring.sample_corpus import generate
from scoring.tests.evaluated import facts_of, record, written
from scoring.tests.trained import small_corpus, small_model


def test_conversations_hang_together_by_their_senders_directly_or_by_a_chain():
    facts = facts_of(
        [
            record(1, 1, senders=("ann", "bob"), texts="ab"),
            record(2, 0, senders=("bob", "cem"), texts="ab"),
            record(3, 0, senders=("cem", "dan"), texts="ab"),
            record(4, 0, senders=("eve", "fay"), texts="ab"),
        ]
    )
    assert len(set(facts.groups[:3].tolist())) == 1
    assert facts.groups[3] not in facts.groups[:3]
    assert facts.roles_only == 0


def test_a_name_that_writes_everywhere_in_a_file_is_a_role_and_joins_nothing():
    facts = facts_of(
        record(number, number % 2, senders=("user", f"u{number}"), texts="ab") for number in range(60)
    )
    assert len(set(facts.groups.tolist())) == 60
    assert facts.roles_only == 1


def test_a_busy_person_in_a_large_file_is_still_a_person():
    records = [
        record(n, n % 2, senders=("ann" if n < 10 else f"x{n}", f"u{n}"), texts="ab") for n in range(60)
    ]
    facts = facts_of(records)
    assert len(set(facts.groups.tolist())) == 51
    assert facts.roles_only == 0


def test_lengths_fall_into_their_bands():
    words = [59, 60, 150, 151, 500, 501]
    facts = facts_of(record(n, 0, texts=["word"] * length) for n, length in enumerate(words))
    bands = {
        name[1]: np.flatnonzero(facts.mask_of(name)).tolist()
        for name in facts.slice_names
        if name[0] == "words"
    }
    assert bands == {"under 60": [0], "60–150": [1, 2], "151–500": [3, 4], "over 500": [5]}


def test_empty_messages_are_not_counted_as_messages():
    facts = facts_of([record(1, 0, texts=["one", "  ", "two words", ""])])
    assert (facts.messages[0], facts.words[0], facts.all_messages) == (2, 3, 4)


def test_declared_groups_stand_for_any_account_and_by_role():
    more = {
        "authors": {"ann": "subject", "bob": "possible_minor"},
        "groups": {"ann": {"age_band": "25-34"}, "bob": {"age_band": "13-15", "native_speaker": False}},
    }
    facts = facts_of([record(1, 1, senders=("ann", "bob"), texts="ab", **more), record(2, 0)])
    assert set(facts.slice_names) >= {
        ("age_band", "25-34"),
        ("age_band", "13-15"),
        ("age_band:subject", "25-34"),
        ("age_band:possible_minor", "13-15"),
        ("native_speaker:possible_minor", "no"),
    }
    assert facts.mask_of(("age_band:subject", "25-34")).tolist() == [True, False]
    assert facts.has == {"authors", "groups"}


def test_facts_hold_no_text():
    reader = FactsReader()
    reader.add(0, record(1, 1, texts=["a telling sentence"]))
    assert "telling" not in repr(reader)


# --- Files ---------------------------------------------------------------------------------------


def test_negatives_are_benign_whatever_they_say(tmp_path: Path):
    corpus = written(tmp_path / "corpus.jsonl", [record(1, 1), record(2, 0), record(3, None)])
    negatives = written(tmp_path / "chat.jsonl", [record(4, None), record(5, 1)])
    corpora = Corpora((CorpusFile(corpus, "corpus"), CorpusFile(negatives, "negatives")))
    facts, digests = corpora.facts(seed=1, folds=2)
    assert facts.labels.tolist() == [1, 0, -1, 0, 0]
    assert facts.files.tolist() == [0, 0, 0, 1, 1]
    assert digests["corpus"] != digests["all"]


def test_the_digest_is_the_one_that_training_wrote_into_the_model(tmp_path: Path):
    path = written(tmp_path / "corpus.jsonl", small_corpus())
    _, digests = Corpora((CorpusFile(path, "corpus"),)).facts(seed=1, folds=2)
    assert digests["corpus"] == digests["all"] == small_model().header["corpus_digest"]


def test_a_folder_stands_for_its_files(tmp_path: Path):
    (tmp_path / "chats").mkdir()
    for name in ("b.jsonl", "a.jsonl"):
        written(tmp_path / "chats" / name, [record(1, 0)])
    assert [file.name for file in listed([tmp_path / "chats"], "negatives")] == ["a.jsonl", "b.jsonl"]


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(CorpusError, match=r"absent\.jsonl does not exist"):
        listed([tmp_path / "absent.jsonl"], "corpus")
    with pytest.raises(CorpusError, match="nothing holds no file"):
        listed([tmp_path / "nothing"], "corpus")


def test_progress_is_told_without_text(tmp_path: Path):
    path = written(tmp_path / "many.jsonl", (record(n, 0) for n in range(5_000)))
    told: list[str] = []
    Corpora((CorpusFile(path, "corpus"),), tell=told.append).facts(seed=1, folds=2)
    assert told == ["5,000 conversations read"]


def test_a_record_is_read_the_same_way_each_time(tmp_path: Path):
    path = written(tmp_path / "sample.jsonl", generate(seed=4, count=20, share_positive=0.5, split="train"))
    corpora = Corpora((CorpusFile(path, "corpus"),))
    runs = [hashlib.sha256(json.dumps(list(corpora.records())).encode()).hexdigest() for _ in range(2)]
    assert runs[0] == runs[1]
