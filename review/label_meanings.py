"""What a decision says about a conversation, as a label for training: 1, 0 or nothing.

A label 1 says that an adult grooms a possible minor; 0 says that nobody does. Only what a person said about that
becomes a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from review.models import Decision

Disposition = Decision.Disposition


@dataclass(frozen=True)
class Meaning:
    """A label, and why it is that one."""

    label: int | None
    why: str


MEANINGS: Mapping[str, Meaning] = {
    Disposition.ESCALATE: Meaning(1, "Two people saw it: one asked for a referral, another approved it."),
    Disposition.PLATFORM_ACTION: Meaning(
        None,
        "It breaks the platform's rules; that an adult grooms a minor is not said, nor that nobody does.",
    ),
    Disposition.MONITOR: Meaning(None, "The person could not tell yet."),
    Disposition.NO_ACTION: Meaning(0, "A person read it to the end and says why the flag was mistaken."),
}


def meaning_of(decision: Decision) -> Meaning:
    """Return what a decision says that stands: a closed case's last one, an escalation only where it was approved."""
    return MEANINGS[decision.disposition]
