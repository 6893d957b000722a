"""The rule: why a conversation is kept, until when, and under which rule it goes then. Pure: facts in, answer out."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from retention.facts import Facts
from retention.models import Due, Terms
from review.models import Case, Decision
from scoring.models import Erasure

Kind = Due.Kind
Rule = Erasure.Rule
# Where somebody has to act first, it is looked at again after this time.
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Standing:
    """`until` is when it ends, or when to look again; None where nothing is left. `rule` and `term` say what then
    takes the text; without a rule nothing does."""

    kind: str
    until: datetime | None
    rule: str = ""
    term: str = ""

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


def standing_of(facts: Facts, terms: Terms, *, now: datetime) -> Standing:
    """A hold comes before everything, then whoever works with the text, then the machine, and then the terms."""
    if facts.is_erased:
        return _after_erasure(facts, terms, now)
    if facts.held_until is not None:
        return Standing(Kind.HELD, facts.held_until)
    if any(not case.is_closed for case in facts.cases):
        return Standing(Kind.OPEN, now + LOOK_AGAIN)
    if facts.is_busy:
        return Standing(Kind.BUSY, now + LOOK_AGAIN)
    if not facts.is_scored:
        return Standing(Kind.UNSCORED, now + LOOK_AGAIN)
    return max(
        [_unflagged(facts, terms), *(_closed(case, facts, terms) for case in facts.cases if _counts(case))],
        key=_order,
    )


def keeps_states(facts: Facts, terms: Terms, *, now: datetime) -> bool:
    return facts.has_states and _states_end(facts, terms) > now


def _after_erasure(facts: Facts, terms: Terms, now: datetime) -> Standing:
    if not facts.has_states:
        return Standing(Kind.DONE, None)
    return Standing(Kind.STATES, _states_end(facts, terms))


def _states_end(facts: Facts, terms: Terms) -> datetime:
    return facts.last_received_at + timedelta(days=terms.states_days)


def _unflagged(facts: Facts, terms: Terms) -> Standing:
    """Also after a case: what came since is new text, that no person has judged."""
    until = facts.last_received_at + timedelta(hours=terms.unflagged_hours)
    return Standing(
        Kind.UNFLAGGED, until, Rule.UNFLAGGED, f"{_hours(terms.unflagged_hours)} after the last message"
    )


def _closed(case: Case, facts: Facts, terms: Terms) -> Standing:
    closed_at = case.closed_at
    if closed_at is None:
        raise ValueError("Only closed cases have an end.")
    if case.state == Case.State.REFERRED:
        until = closed_at + timedelta(days=terms.referred_days)
        return Standing(
            Kind.REFERRED, until, Rule.REFERRED, f"{_days(terms.referred_days)} after the referral"
        )
    decision = facts.decisions.get(case.pk)
    if decision is not None and decision.disposition == Decision.Disposition.PLATFORM_ACTION:
        until = closed_at + timedelta(days=terms.acted_days)
        return Standing(Kind.ACTED, until, Rule.ACTED, f"{_days(terms.acted_days)} after the act")
    after = _days(terms.dismissed_days)
    if decision is not None and decision.monitor_until is not None:
        day = datetime.combine(decision.monitor_until, time.max, tzinfo=UTC)
        until = max(day, closed_at) + timedelta(days=terms.dismissed_days)
        return Standing(Kind.MONITORED, until, Rule.MONITORED, f"{after} after that day")
    until = closed_at + timedelta(days=terms.dismissed_days)
    return Standing(Kind.DISMISSED, until, Rule.DISMISSED, f"{after} after it was closed")


def _counts(case: Case) -> bool:
    return not case.is_practice


def _order(standing: Standing) -> tuple[datetime, bool]:
    """The latest end counts; of two that end together, the case's."""
    return standing.until or datetime.max.replace(tzinfo=UTC), standing.kind != Kind.UNFLAGGED


def _hours(count: int) -> str:
    return "1 hour" if count == 1 else f"{count} hours"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
