"""The sample corpus is neutral, labelled to the character, honest between its splits and the same for a seed."""

import json
import re
import time
from datetime import datetime
from functools import cache
from itertools import pairwise

import pytest

from scoring.characteristics import BY_KEY
from scoring.corpus_record import ROLES
from scoring.sample_corpus import GRAMMARS, generate
from scoring.sample_course import LONGEST, SHORTEST

NEVER = {
    "sexualisation", "desensitisation_normalisation", "media_request", "coercion_threat", "self_harm_risk", "dynamics",
    "contact_list_threat", "countdown_pressure", "payment_channel_mention", "repeat_demand", "rapid_reciprocity",
}  # fmt: skip


@cache
def corpus(split="train", count=150, seed=5, share=0.4):
    return list(generate(seed=seed, count=count, share_positive=share, split=split))


def test_a_seed_gives_the_same_conversations_whatever_the_count():
    assert corpus(count=40)[:20] == corpus(count=20)
    assert corpus(count=5, seed=6) != corpus(count=5, seed=5)


@pytest.mark.parametrize("split", GRAMMARS)
def test_spans_mark_exactly_what_shows_a_behaviour(split):
    for record in corpus(split):
        texts = {message["id"]: message["text"] for message in record["messages"]}
        for span in record["spans"]:
            assert span["characteristic"] in BY_KEY
            assert 0 <= span["start"] < span["end"] <= len(texts[span["message"]])
            assert texts[span["message"]][span["start"] : span["end"]].strip()


def test_the_form_is_that_of_labelled_json_lines():
    for record in corpus(count=60):
        assert json.loads(json.dumps(record)) == record
        assert record["label"] in (0, 1)
        assert {message["sender"] for message in record["messages"]} <= set(record["authors"])
        assert set(record["authors"].values()) <= ROLES
        assert len({message["id"] for message in record["messages"]}) == len(record["messages"])


def test_a_subject_account_stands_in_positive_conversations_only():
    for record in corpus():
        roles = set(record["authors"].values())
        assert roles >= {"subject", "possible_minor"} if record["label"] else "subject" not in roles


def test_few_conversations_are_groups_and_those_of_both_labels():
    records = corpus(count=2_000)
    for label in (0, 1):
        own = [len(record["authors"]) > 2 for record in records if record["label"] == label]
        assert 0.01 < sum(own) / len(own) < 0.03


def test_positive_conversations_show_several_behaviours_and_benign_ones_at_most_one():
    for record in corpus():
        shown = {span["characteristic"] for span in record["spans"]} - {"victim_signals"}
        assert len(shown) >= 2 if record["label"] else len(shown) <= 1


def test_lengths_vary_and_stay_in_their_bounds_whatever_the_label():
    records = corpus(count=1_000)
    for label in (0, 1):
        lengths = sorted(len(record["messages"]) for record in records if record["label"] == label)
        assert SHORTEST <= lengths[0] < 8
        assert 200 < lengths[-1] <= LONGEST
        assert 15 < lengths[len(lengths) // 2] < 40


def test_times_have_a_zone_rise_and_leave_days_between_sittings():
    gaps = []
    for record in corpus(count=60):
        times = [datetime.fromisoformat(message["sent_at"]) for message in record["messages"]]
        assert all(time.tzinfo for time in times)
        assert all(earlier < later for earlier, later in pairwise(times))
        gaps += [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert min(gaps) < 10
    assert max(gaps) > 86_400


def test_times_are_written_in_several_zones():
    zones = {
        datetime.fromisoformat(record["messages"][0]["sent_at"]).utcoffset() for record in corpus(count=200)
    }
    assert len(zones) > 4


def test_the_hour_of_writing_tells_nothing_of_the_label():
    records = corpus(count=2_000)
    shares = []
    for label in (0, 1):
        hours = [
            datetime.fromisoformat(message["sent_at"]).hour
            for record in records
            if record["label"] == label
            for message in record["messages"]
        ]
        shares.append(sum(hour >= 20 or hour < 6 for hour in hours) / len(hours))
    assert abs(shares[0] - shares[1]) < 0.03


def test_the_share_of_positive_conversations_is_as_asked():
    assert {record["label"] for record in corpus(count=30, share=0)} == {0}
    assert {record["label"] for record in corpus(count=30, share=1)} == {1}
    assert 0.3 < sum(record["label"] for record in corpus(count=400)) / 400 < 0.5
    with pytest.raises(ValueError, match="share_positive must lie between 0 and 1"):
        list(generate(seed=1, count=1, share_positive=1.5, split="train"))


@pytest.mark.parametrize("other", ["held_out", "far"])
def test_no_wording_of_a_behaviour_stands_in_training_and_in_another_split(other):
    def said(split):
        for record in corpus(split, count=1_000):
            texts = {message["id"]: message["text"] for message in record["messages"]}
            for span in record["spans"]:
                yield texts[span["message"]][span["start"] : span["end"]].lower().strip(" .?!")

    assert not set(said("train")) & set(said(other))


@pytest.mark.parametrize("other", ["held_out", "far"])
def test_the_splits_share_no_phrase_of_a_signal_or_situation_no_game_and_no_account(other):
    def phrases(grammar):
        said = [template for templates in grammar.signals.values() for template in templates]
        lines = [line for s in grammar.scenarios for exchange in s.exchanges for line in exchange[:1]]
        return {*said, *grammar.reluctant, *lines, *grammar.slots["game"], *grammar.slots["app"]}

    assert not phrases(GRAMMARS["train"]) & phrases(GRAMMARS[other])
    accounts = [
        {name for record in corpus(split) for name in record["authors"]} for split in ("train", other)
    ]
    assert not accounts[0] & accounts[1]


def test_all_splits_word_the_same_signals_and_none_that_the_content_rule_leaves_out():
    train, *others = (set(grammar.signals) for grammar in GRAMMARS.values())
    assert all(train == other for other in others)
    assert not train & NEVER


def test_training_has_many_wordings_of_each_behaviour_and_many_situations():
    train = GRAMMARS["train"]
    assert min(len(phrases) for phrases in train.signals.values()) >= 14
    assert len(train.reluctant) >= 20
    assert len({scenario.name for scenario in train.scenarios}) == len(train.scenarios) >= 40
    assert sum(len(scenario.exchanges) for scenario in train.scenarios) >= 250


def test_every_slot_has_words():
    for grammar in GRAMMARS.values():
        assert set(re.findall(r"\{(\w+)\}", str(grammar))) <= set(grammar.slots)


def test_it_is_written_quickly():
    began = time.process_time()
    count = sum(len(record["messages"]) for record in corpus(count=301))
    assert count / (time.process_time() - began) > 10_000


def test_no_choice_or_slot_is_left_unresolved():
    for split in GRAMMARS:
        text = "\n".join(message["text"] for record in corpus(split) for message in record["messages"])
        assert not re.search(r"[\[\]{}|]|  ", text)
