"""The rule: what is kept how long, by every state that a conversation and its cases can be in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from licensees.models import Licensee
from retention.facts import Facts
from retention.keeping import LOOK_AGAIN, keeps_states, standing_of
from retention.models import Due, Terms
from retention.models.terms import BOUNDS
from retention.usual_terms import USUAL, TermsUnreadable, read_usual, usual_for
from review.models import Case, Decision, GoldenCase
from scoring.models import Conversation, DataKey

RECEIVED = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLOSED = datetime(2026, 5, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 5, 3, tzinfo=UTC)
TERMS = Terms(unflagged_hours=48, dismissed_days=30, acted_days=90, referred_days=365, states_days=60)
Kind = Due.Kind


def facts(*cases: tuple[str, dict[str, Any] | None], **changes: Any) -> Facts:
    """Each case as its state and the decision that stands."""
    scored = changes.pop("scored", True)
    key = DataKey(destroyed_at=changes.pop("erased_at", None))
    row = Conversation(pk=1, data_key=key, revision=2, scored_revision=2 if scored else 1)
    found = Facts(row, last_received_at=RECEIVED, **changes)
    for pk, (state, decided) in enumerate(cases, start=1):
        case = Case(pk=pk, state=state)
        case.closed_at = CLOSED if case.is_closed else None
        found.cases.append(case)
        if decided is not None:
            found.decisions[pk] = Decision(case=case, **decided)
    return found


NO_ACTION = {"disposition": "no_action"}
ACTED = {"disposition": "platform_action", "platform_action": "warn"}
MONITOR = {"disposition": "monitor", "monitor_until": date(2026, 6, 1)}


@pytest.mark.parametrize(
    ("known", "kind", "until", "term"),
    [
        (facts(), Kind.UNFLAGGED, RECEIVED + timedelta(hours=48), "48 hours after the last message"),
        (
            facts(("decided", NO_ACTION)),
            Kind.DISMISSED,
            CLOSED + timedelta(days=30),
            "30 days after it was closed",
        ),
        (facts(("decided", ACTED)), Kind.ACTED, CLOSED + timedelta(days=90), "90 days after the act"),
        (
            facts(("decided", MONITOR)),
            Kind.MONITORED,
            datetime(2026, 6, 1, 23, 59, 59, 999999, tzinfo=UTC) + timedelta(days=30),
            "30 days after that day",
        ),
        (
            facts(("referred", {"disposition": "escalate"})),
            Kind.REFERRED,
            CLOSED + timedelta(days=365),
            "365 days after the referral",
        ),
        # A decision without a row of its own that stands is kept like one without action.
        (
            facts(("decided", None)),
            Kind.DISMISSED,
            CLOSED + timedelta(days=30),
            "30 days after it was closed",
        ),
        # The longest of several counts.
        (
            facts(("decided", ACTED), ("decided", NO_ACTION)),
            Kind.ACTED,
            CLOSED + timedelta(days=90),
            "90 days after the act",
        ),
        (facts(("waiting", None)), Kind.OPEN, NOW + LOOK_AGAIN, ""),
        (facts(("decided", NO_ACTION), ("in_review", None)), Kind.OPEN, NOW + LOOK_AGAIN, ""),
        (facts(("escalated", None)), Kind.OPEN, NOW + LOOK_AGAIN, ""),
        (facts(("held", None)), Kind.OPEN, NOW + LOOK_AGAIN, ""),
        (facts(("decided", NO_ACTION), is_busy=True), Kind.BUSY, NOW + LOOK_AGAIN, ""),
        (facts(scored=False), Kind.UNSCORED, NOW + LOOK_AGAIN, ""),
        (facts(has_unseen_score=True), Kind.UNSCORED, NOW + LOOK_AGAIN, ""),
        (facts(held_until=NOW + timedelta(days=9)), Kind.HELD, NOW + timedelta(days=9), ""),
        (
            facts(("waiting", None), held_until=NOW + timedelta(days=9)),
            Kind.HELD,
            NOW + timedelta(days=9),
            "",
        ),
        (facts(erased_at=NOW), Kind.DONE, None, ""),
        (facts(erased_at=NOW, has_states=True), Kind.STATES, RECEIVED + timedelta(days=60), ""),
    ],
    ids=range(18),
)
def test_what_is_kept_how_long(known: Facts, kind: str, until: datetime | None, term: str):
    standing = standing_of(known, TERMS, now=NOW)
    assert (standing.kind, standing.until, standing.term) == (kind, until, term)
    assert bool(standing.rule) == bool(term)


def test_practice_keeps_a_text_while_it_is_open_and_no_longer():
    closed, open_ = facts(("decided", None)), facts(("in_review", None))
    for known in (closed, open_):
        known.cases[0].practice_of = GoldenCase(pk=4)
    assert standing_of(closed, TERMS, now=NOW).kind == Kind.UNFLAGGED
    assert standing_of(open_, TERMS, now=NOW).kind == Kind.OPEN


def test_new_messages_after_a_decision_are_kept_as_long_as_any():
    known = facts(("decided", NO_ACTION))
    known.last_received_at = CLOSED + timedelta(days=40)
    standing = standing_of(known, TERMS, now=NOW)
    assert (standing.kind, standing.until) == (Kind.UNFLAGGED, CLOSED + timedelta(days=42))


def test_states_stay_for_their_own_time():
    known = facts(has_states=True)
    assert keeps_states(known, TERMS, now=NOW)
    assert not keeps_states(known, TERMS, now=RECEIVED + timedelta(days=60))
    assert not keeps_states(facts(), TERMS, now=NOW)


@pytest.mark.parametrize(("country", "hours"), [("GB", 48), ("DE", 24), ("de", 24), ("NZ", 48)])
def test_where_nothing_is_set_the_usual_of_the_country_counts(country: str, hours: int):
    assert usual_for(country).figures["unflagged_hours"] == hours


def test_all_usual_terms_lie_within_the_bounds():
    for usual in read_usual(USUAL):
        for name, (least, most) in BOUNDS.items():
            assert least <= usual.figures[name] <= most


@pytest.mark.parametrize("text", ["", "[]", "[{}]", '[{"jurisdiction": "GB"}]', "{"])
def test_a_file_that_holds_no_terms_is_refused(text: str, tmp_path: Any):
    file = tmp_path / "terms.json"
    file.write_text(text)
    with pytest.raises(TermsUnreadable, match=r"terms\.json"):
        read_usual(file)


def test_a_licensee_without_terms_has_the_usual_ones(northwind: Licensee):
    terms = Terms.objects.in_force(northwind)
    assert (terms.is_usual, terms.unflagged_hours) == (True, 48)
