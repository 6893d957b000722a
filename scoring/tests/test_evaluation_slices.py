"""Figures apart by length and by what accounts are declared to be, and false flags by kind of benign chat."""

from pathlib import Path

import numpy as np
import pytest

from scoring.evaluation_corpora import CorpusFile
from scoring.evaluation_slices import REST, slice_figures
from scoring.evaluation_sources import EVERYTHING, OWN, benign_sources, source_figures
from scoring.tests.evaluated import apart, everything, facts_of, record

NAN = float("nan")


def found_for(facts, scores, flagged=None):
    flagged = np.nan_to_num(scores) >= 0.5 if flagged is None else flagged
    found = slice_figures(facts, scores, flagged, everything(facts), apart(facts.size))
    return {own["key"]: own for own in found}


def test_each_length_has_its_own_recall():
    lengths = [10, 10, 100, 100, 100, 100]
    facts = facts_of(record(n, 1 - (n == 1), texts=["word"] * length) for n, length in enumerate(lengths))
    rows = {
        row["value"]: row
        for row in found_for(facts, np.array([0.9, 0.9, 0.9, 0.1, 0.1, NAN]))["words"]["rows"]
    }
    assert (rows["under 60"]["recall"]["value"], rows["under 60"]["false_rate"]["value"]) == (1, 1)
    assert rows["60–150"]["recall"]["value"] == pytest.approx(1 / 3)
    assert rows["60–150"]["conversations"] == 3
    assert rows["60–150"]["false_rate"]["value"] is None


def test_the_gap_is_between_the_extremes_that_have_enough_to_count():
    sizes = {"13-15": (25, 20), "16-17": (25, 10), "18-24": (5, 0)}
    records, scores = [], []
    for band, (count, found) in sizes.items():
        for place in range(count):
            number = len(records)
            records.append(record(number, 1, groups={f"a{number}": {"age_band": band}}))
            scores.append(0.9 if place < found else 0.1)
    gap = found_for(facts_of(records), np.array(scores))["age_band"]["recall_gap"]
    assert (gap["highest"], gap["lowest"]) == ("13-15", "16-17")
    assert gap["value"] == pytest.approx(0.8 - 0.4)
    assert 0.1 < gap["lower"] < 0.4 < gap["upper"] < 0.7


def test_a_single_value_has_no_gap():
    facts = facts_of(record(n, 1) for n in range(30))
    gap = found_for(facts, np.full(30, 0.9))["language"]["recall_gap"]
    assert gap["why"] == "fewer than two values have 20 positive conversations"


def test_what_the_corpus_does_not_say_is_said_to_be_absent():
    plain = found_for(facts_of([record(1, 1), record(2, 0)]), np.array([0.9, 0.1]))
    assert plain["gender"]["why"] == (
        "not available: the corpus has no groups, so it declares no age band, gender or native speaker"
    )
    assert plain["source"]["why"] == "not available: the corpus has no source"
    grouped = facts_of([record(1, 1, groups={"a1": {"gender": "f"}}), record(2, 0)])
    found = found_for(grouped, np.array([0.9, 0.1]))
    assert found["age_band"]["why"] == "not available: the corpus has no declared age band"
    assert "no authors" in found["gender:subject"]["why"]
    assert found["gender"]["rows"][0]["value"] == "f"


def test_many_sources_are_kept_to_twenty_and_the_rest_together():
    records = [record(n, 0, source=f"s{n % 25:02d}") for n in range(100)]
    rows = found_for(facts_of(records), np.full(100, 0.1))["source"]["rows"]
    assert len(rows) == 21
    assert (rows[-1]["value"], rows[-1]["conversations"]) == (REST, 20)


# --- Kinds of benign conversation ------------------------------------------------------------------


def files(*named: tuple[str, str]) -> list[CorpusFile]:
    return [CorpusFile(Path(path), part) for path, part in named]


def test_false_flags_are_told_apart_by_kind():
    facts = facts_of((record(n, int(n < 10)) for n in range(40)), files=[0] * 20 + [1] * 20)
    scores = np.concatenate([np.linspace(0.5, 0.95, 10), np.full(10, 0.1), np.full(19, 0.2), [0.8]])
    sources = benign_sources(files(("c.jsonl", "corpus"), ("chat.json", "negatives")), facts)
    assert {name: int(mask.sum()) for name, mask in sources.items()} == {
        OWN: 10,
        "chat.json": 20,
        EVERYTHING: 30,
    }
    own, chat, both = source_figures(sources, {"fixed": scores >= 0.5}, facts, scores, apart(40))
    assert (own["at"]["fixed"]["part"], chat["at"]["fixed"]["part"], both["at"]["fixed"]["part"]) == (0, 1, 1)
    # Recall .90 is reached at .55, the second lowest of the positive ones.
    assert chat["at_recall_90"]["threshold"] == pytest.approx(0.55)
    assert (chat["at_recall_90"]["part"], chat["at_recall_90"]["whole"]) == (1, 20)
    assert chat["cleanest_claim"] == pytest.approx(3 / 20)


def test_an_abstention_is_not_a_clean_conversation():
    facts = facts_of(record(n, int(n < 5)) for n in range(10))
    scores = np.array([0.9] * 5 + [0.1, 0.1, 0.9, NAN, NAN])
    sources = benign_sources(files(("c.jsonl", "corpus")), facts)
    (own,) = source_figures(sources, {"fixed": np.nan_to_num(scores) >= 0.5}, facts, scores, apart(10))
    assert (own["conversations"], own["judged"], own["at"]["fixed"]["whole"]) == (5, 3, 3)


def test_files_of_one_name_are_told_apart_and_many_files_go_by_folder():
    facts = facts_of((record(n, 0) for n in range(3)), files=[0, 1, 2])
    named = files(("c.jsonl", "corpus"), ("x/chat.json", "negatives"), ("y/chat.json", "negatives"))
    assert list(benign_sources(named, facts)) == [OWN, "x/chat.json", "y/chat.json", EVERYTHING]
    many = [(f"logs/{n}.txt", "negatives") for n in range(13)]
    facts = facts_of((record(n, 0) for n in range(13)), files=range(13))
    assert list(benign_sources(files(*many), facts)) == ["logs"]
