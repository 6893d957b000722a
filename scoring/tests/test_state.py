"""The state of a conversation is the same in any batching, small, and gives what the whole conversation gives."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.dynamics_accounts import account_key
from scoring.pipeline import Model, Turn
from scoring.state import ConversationState
from scoring.tests.trained import small_corpus, small_model, turns_of

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
POOL = [message["text"] for record in small_corpus()[:30] for message in record["messages"]]
TURNS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3"]), st.sampled_from([*POOL, "", "…", "😀"]), st.integers(0, 90_000)
    ),
    min_size=2,
    max_size=130,
).map(
    lambda rows: [
        Turn(f"m{place}", sender, START + timedelta(seconds=gap * place), text)
        for place, (sender, text, gap) in enumerate(rows)
    ]
)


def read_in_parts(model: Model, turns: list[Turn], cuts: list[int]) -> ConversationState:
    state = None
    for start, end in zip([0, *cuts], [*cuts, len(turns)], strict=True):
        if start < end:
            part = model.read(turns[start:end], first=start + 1).state
            # Kept between the two, as the worker keeps it.
            state = part if state is None else ConversationState.from_bytes(state.to_bytes()).merge(part)
    assert state is not None
    return state


@settings(max_examples=60, deadline=None)
@given(TURNS, st.data())
def test_any_batching_gives_the_same_state_and_the_score_of_the_whole(turns, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(turns)), max_size=6)))
    model = small_model()
    whole = model.read(turns).state
    parts = read_in_parts(model, turns, cuts)
    assert parts == whole
    scored, judged = model.score(turns), model.judge(parts)
    if judged.probability is None or scored.probability is None:
        return
    assert judged.logit == pytest.approx(scored.logit, abs=1e-9)
    assert judged.probability == pytest.approx(scored.probability, abs=1e-9)
    assert judged.characteristics == scored.characteristics


@settings(max_examples=30, deadline=None)
@given(TURNS, st.integers(0, 130), st.integers(0, 130))
def test_merging_is_associative(turns, one, other):
    first, second = sorted((min(one, len(turns)), min(other, len(turns))))
    model = small_model()
    a = model.read(turns[:first]).state
    b = model.read(turns[first:second], first=first + 1).state
    c = model.read(turns[second:], first=second + 1).state
    assert a.merge(b).merge(c) == a.merge(b.merge(c))


@settings(max_examples=40, deadline=None)
@given(TURNS)
def test_contributions_come_from_evidence_that_never_changes(turns):
    model = small_model()
    reading = model.read(turns)
    judgement = model.judge(reading.state)
    if judgement.logit is None:
        return
    given = sum(judgement.contribution(one.number, one.evidence) for one in reading.messages)
    assert judgement.base + given == pytest.approx(judgement.logit, abs=1e-9)
    early = model.read(turns[: len(turns) // 2])
    assert reading.messages[: len(early.messages)] == early.messages


def test_a_state_is_small_and_does_not_grow():
    model = small_model()
    turns = [
        Turn(str(n), f"u{n % 40}", START + timedelta(minutes=n), POOL[n % len(POOL)]) for n in range(20_000)
    ]
    sizes = [len(model.read(turns[:count]).state.to_bytes()) for count in (100, 1_000, 20_000)]
    assert sizes[0] < 6_000
    assert sizes[2] < 8_000


def test_a_state_holds_no_text_and_no_name():
    turns = [
        Turn(str(n), "Marmaduke", START, "Xylophones are wonderful instruments today") for n in range(60)
    ]
    data = small_model().read(turns).state.to_bytes().lower()
    assert b"marmaduke" not in data
    assert b"xylo" not in data


def test_accounts_are_told_apart_without_their_names():
    assert account_key("u1") != account_key("u2")
    assert 0 <= account_key("\ud800") < 2**63


def test_a_state_of_another_form_is_refused_in_words():
    data = small_model().read(turns_of(small_corpus()[0])).state.to_bytes()
    for damaged in (b"", b"\x09" + data[1:], data[:80]):
        with pytest.raises(ValueError, match="read the whole conversation again"):
            ConversationState.from_bytes(damaged)


def test_the_strongest_window_is_found_across_a_boundary():
    model = small_model()
    calm, strong = "we had soup for lunch", "Please do not tell your parents about us, this is our secret."
    texts = [calm] * 60 + [strong] * 20 + [calm] * 60
    turns = [Turn(str(n), f"u{n % 2}", None, text) for n, text in enumerate(texts)]
    judgement = model.judge(read_in_parts(model, turns, [70]))
    inside = range(61, 81)
    covered = [number for number in inside if judgement.window_first <= number <= judgement.window_last]
    assert len(covered) == 20
    assert judgement.window_last - judgement.window_first == 49


def test_the_window_of_the_last_fifty_is_judged_after_each_message():
    model, turns = small_model(), turns_of(next(r for r in small_corpus() if len(r["messages"]) > 80))
    found = model.window_probabilities(turns)
    assert found.shape == (len(turns),)
    for place in (10, 55, len(turns) - 1):
        window = turns[max(0, place - 49) : place + 1]
        assert found[place] == pytest.approx(model.score(window).probability, abs=1e-9)
    assert np.isnan(found[0])
