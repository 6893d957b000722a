"""Whether the right account and the right lines are named, by hand-made scores."""

import numpy as np
import pytest

from scoring.evaluation_accounts import Named, account_figures, line_figures, strongest_account
from scoring.evaluation_scoring import Judged
from scoring.tests.evaluated import apart, everything, facts_of, judged, record
from scoring.tests.trained import small_model


def raised(index: int, own: dict, *contributions: float) -> Judged:
    return judged(index, own, *((each, {}) for each in contributions))


ROLES = {"s": "subject", "m": "possible_minor"}
SPAN = {"start": 0, "end": 1}


@pytest.fixture
def named():
    """Three conversations: the subject rightly named; another subject not; a benign account wrongly named."""
    records = [
        record(0, 1, senders=("s", "m"), texts=["x"] * 4, authors=ROLES, spans=[
            SPAN | {"message": "0-0", "characteristic": "secrecy_request"},
            SPAN | {"message": "0-1", "characteristic": "victim_signals"},
        ]),
        record(1, 1, senders=("t", "n"), texts=["x"] * 2, authors={"t": "subject", "n": "other"}, spans=[]),
        record(2, 0, senders=("a", "b"), texts=["x"] * 2, authors={"a": "other", "b": "other"}),
    ]  # fmt: skip
    measured = Named(3)
    measured.add(raised(0, records[0], 2.0, 0.5, 1.0, -3.0), small_model())
    measured.add(raised(1, records[1], 0.1, 0.7), small_model())
    measured.add(raised(2, records[2], 0.4, -0.2), small_model())
    return measured, facts_of(records)


def test_the_account_that_raised_the_score_most_is_named():
    own = record(0, 1, senders=("a", "b"), texts=["x"] * 3)
    scored = raised(0, own, 1.0, 1.5, 0.3).scored
    assert strongest_account(scored, {"0-0": "a", "0-1": "b", "0-2": "a"}) == "b"
    assert strongest_account(raised(0, own, -1, -1, 0).scored, {"0-0": "a", "0-1": "b", "0-2": "a"}) is None


def test_accounts_are_counted_once_and_only_from_flagged_conversations(named):
    measured, facts = named
    found = account_figures(measured, np.array([True, True, True]), facts, everything(facts), apart(3))
    # Named: s (right), n (wrong), a (wrong); subjects: s, t.
    assert (found["precision"]["part"], found["precision"]["whole"]) == (1, 3)
    assert (found["recall"]["part"], found["recall"]["whole"]) == (1, 2)
    assert found["f_beta"]["value"] == pytest.approx(1.25 * (1 / 3) * 0.5 / (0.25 * (1 / 3) + 0.5))
    flagged = account_figures(measured, np.array([True, False, False]), facts, everything(facts), apart(3))
    assert flagged["precision"]["value"] == 1


def test_lines_are_those_of_the_named_account_that_raised_the_score(named):
    measured, facts = named
    found = line_figures(measured, np.array([True, True, True]), everything(facts), apart(3))
    # Named: 0-0 and 0-2 of s, 1-1 of n; true: 0-0 alone, since a possible minor's discomfort is no such line.
    assert (found["precision"]["part"], found["precision"]["whole"]) == (1, 3)
    assert (found["recall"]["part"], found["recall"]["whole"]) == (1, 1)
    assert found["f_beta"]["value"] == pytest.approx(10 / (9 + 3))
    assert found["conversations"] == 2


def test_a_list_of_lines_stands_before_spans():
    own = record(0, 1, senders=("s",), texts=["x"] * 3)
    for place, message in enumerate(own["messages"], start=1):
        message["id"] = f"pan2012:abc:{place}"
    measured = Named(1, lines=frozenset({("abc", "2"), ("abc", "9")}))
    measured.add(raised(0, own, 1.0, 1.0, -1.0), small_model())
    assert measured.line_counts.tolist() == [[1, 2, 1]]


def test_without_roles_or_spans_the_card_says_why_there_are_no_figures():
    facts = facts_of([record(0, 1)])
    measured = Named(1)
    measured.add(raised(0, record(0, 1), 1.0), small_model())
    flagged = np.array([True])
    assert "no authors" in account_figures(measured, flagged, facts, everything(facts), apart(1))["why"]
    assert "no spans" in line_figures(measured, flagged, everything(facts), apart(1))["why"]
