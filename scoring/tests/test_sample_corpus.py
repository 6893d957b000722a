"""The sample corpus is neutral, labelled to the character, honest between its splits and the same for a seed."""

import json
import re
from datetime import datetime
from itertools import pairwise

import pytest

from scoring.characteristics import BY_KEY
from scoring.corpus_labelled import ROLES
from scoring.sample_corpus import GRAMMARS, generate
from scoring.sample_course import LONGEST, SHORTEST

NEVER = {
    "sexualisation", "desensitisation_normalisation", "media_request", "coercion_threat", "self_harm_risk", "dynamics",
    "contact_list_threat", "countdown_pressure", "payment_channel_mention", "repeat_demand", "rapid_reciprocity",
}  # fmt: skip


def corpus(split="train", count=150, seed=5, share=0.4):
    return list(generate(seed=seed, count=count, share_positive=share, split=split))


def test_a_seed_gives_the_same_conversations_whatever_the_count():
    assert corpus(count=40)[:20] == corpus(count=20)
    assert corpus(count=5, seed=6) != corpus(count=5, seed=5)


@pytest.mark.parametrize("split", ["train", "held_out"])
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
        assert roles == {"subject", "possible_minor"} if record["label"] else "subject" not in roles


def test_positive_conversations_show_several_behaviours_and_benign_ones_at_most_one():
    for record in corpus():
        shown = {span["characteristic"] for span in record["spans"]} - {"victim_signals"}
        assert len(shown) >= 2 if record["label"] else len(shown) <= 1


def test_lengths_vary_and_stay_in_their_bounds():
    lengths = sorted(len(record["messages"]) for record in corpus(count=400))
    assert SHORTEST - 1 <= lengths[0] < 8
    assert 150 < lengths[-1] <= LONGEST
    assert 15 < lengths[200] < 40


def test_times_have_a_zone_rise_and_leave_days_between_sittings():
    gaps = []
    for record in corpus(count=60):
        times = [datetime.fromisoformat(message["sent_at"]) for message in record["messages"]]
        assert all(time.tzinfo for time in times)
        assert all(earlier < later for earlier, later in pairwise(times))
        gaps += [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert min(gaps) < 10
    assert max(gaps) > 86_400


def test_the_share_of_positive_conversations_is_as_asked():
    assert {record["label"] for record in corpus(count=30, share=0)} == {0}
    assert {record["label"] for record in corpus(count=30, share=1)} == {1}
    assert 0.3 < sum(record["label"] for record in corpus(count=400)) / 400 < 0.5
    with pytest.raises(ValueError, match="share_positive must lie between 0 and 1"):
        list(generate(seed=1, count=1, share_positive=1.5, split="train"))


def test_the_splits_share_no_phrase_of_a_signal_or_situation_and_no_account():
    def phrases(grammar):
        said = [template for templates in grammar.signals.values() for template in templates]
        return {
            *said,
            *grammar.reluctant,
            *(line for s in grammar.scenarios for e in s.exchanges for line in e[:1]),
        }

    train, held_out = (phrases(GRAMMARS[split]) for split in ("train", "held_out"))
    assert not train & held_out
    accounts = [{name for record in corpus(split) for name in record["authors"]} for split in GRAMMARS]
    assert not accounts[0] & accounts[1]


def test_both_splits_word_the_same_signals_and_none_that_the_content_rule_leaves_out():
    train, held_out = (set(grammar.signals) for grammar in GRAMMARS.values())
    assert train == held_out
    assert not train & NEVER


def test_no_choice_or_slot_is_left_unresolved():
    for split in GRAMMARS:
        text = "\n".join(message["text"] for record in corpus(split) for message in record["messages"])
        assert not re.search(r"[\[\]{}|]|  ", text)
