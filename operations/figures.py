"""What an operator watches: each figure with the line from which somebody should look, and what to do then.

The page, /metrics, the alert rules and the dashboard are all made of this list. No figure names a person, an account or
a case; none holds a licensee's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    COUNT = "count"
    SECONDS = "seconds"
    BYTES = "bytes"


class Level(StrEnum):
    FINE = "fine"
    LOOK = "look"
    ALARM = "alarm"


@dataclass(frozen=True)
class Figure:
    """`look` and `alarm` are the smallest values at which somebody should look, soon or at once; None: at none.
    `alarms_in` narrows the alarm to one value of the label."""

    name: str
    says: str
    unit: Unit = Unit.COUNT
    label: str = ""
    look: float | None = None
    alarm: float | None = None
    alarms_in: str = ""
    then: str = ""

    @property
    def metric(self) -> str:
        return f"artemis_{self.name}" + ("" if self.unit == Unit.COUNT else f"_{self.unit}")

    def level_of(self, value: float, of: str = "") -> Level:
        if self.alarm is not None and value >= self.alarm and self.alarms_in in ("", of):
            return Level.ALARM
        return Level.LOOK if self.look is not None and value >= self.look else Level.FINE


@dataclass(frozen=True)
class Reading:
    figure: Figure
    value: float
    of: str = ""

    @property
    def key(self) -> str:
        """In a sample and in a page."""
        return f"{self.figure.name}.{self.of}" if self.of else self.figure.name

    @property
    def level(self) -> Level:
        return self.figure.level_of(self.value, self.of)


MINUTE, HOUR = 60, 3_600

GROUPS: Mapping[str, tuple[Figure, ...]] = {
    "Queue": (
        Figure("cases_waiting", "Cases that wait for a moderator", label="lane"),
        Figure(
            "case_age",
            "Age of the oldest case that waits",
            Unit.SECONDS,
            "lane",
            alarm=HOUR,
            alarms_in="imminent",
            then="Nobody takes what is imminent: call whoever is on duty. See who is assigned on the licensee's page.",
        ),
        Figure(
            "cases_overdue",
            "Cases past their due time",
            label="lane",
            look=1,
            alarm=1,
            alarms_in="imminent",
            then="Supervisors see which; more people, or a higher threshold after a look at “What if”.",
        ),
        Figure("moderators_resting", "Moderators whom the queue asked to pause now"),
        Figure("caps_hit", "Pauses that the queue asked for since midnight UTC"),
    ),
    "Scoring": (
        Figure("conversations_unscored", "Conversations that wait to be scored"),
        Figure(
            "scoring_lag",
            "Age of the oldest that waits to be scored",
            Unit.SECONDS,
            look=MINUTE,
            alarm=10 * MINUTE,
            then="Start more workers, or see why they do not run: `systemctl status artemis-worker`.",
        ),
        Figure(
            "conversations_failing",
            "Conversations that failed to be scored three times or more",
            look=1,
            then="The worker's log names the fault by its kind; each is tried again by itself.",
        ),
    ),
    "Referrals": (
        Figure("escalations_waiting", "Escalations that wait for a second person", label="exit"),
        Figure(
            "escalation_age",
            "Age of the oldest escalation that waits",
            Unit.SECONDS,
            "exit",
            look=24 * HOUR,
            alarm=HOUR,
            alarms_in="imminent_threat",
            then="A second person is needed: call a supervisor of that licensee.",
        ),
        Figure(
            "deliveries_stuck",
            "Deliveries of packets that failed, or of which nobody knows whether they arrived",
            look=1,
            alarm=1,
            then="A supervisor decides under “Deliveries”; nothing is sent again by itself.",
        ),
    ),
    "Platforms": (
        Figure("events_waiting", "Events that wait to be told to a platform"),
        Figure(
            "event_age",
            "Age of the oldest event that waits",
            Unit.SECONDS,
            look=15 * MINUTE,
            alarm=6 * HOUR,
            then="See the webhook's log on the licensee's page; the platform's server may be down.",
        ),
        Figure(
            "events_given_up",
            "Events that no attempt in three days brought to a platform",
            look=1,
            then="Tell the platform; then replay them from the webhook's page. They can also be read by cursor.",
        ),
        Figure(
            "webhooks_gone",
            "Webhooks that were disabled because their server answered 410",
            look=1,
            then="Ask the platform for the new address.",
        ),
    ),
    "Trail": (
        Figure("entries_pending", "Entries that no checkpoint covers yet"),
        Figure(
            "seal_lag",
            "Age of the oldest entry that no checkpoint covers",
            Unit.SECONDS,
            look=10,
            alarm=MINUTE,
            then="The sealer does not run, or refuses: its log says why. No packet is released meanwhile.",
        ),
        Figure(
            "third_parties_behind",
            "Third parties that do not get checkpoints",
            look=1,
            then="Their address, or our way out, is broken: `manage.py check --deploy` says which.",
        ),
    ),
    "Retention": (
        Figure(
            "erasure_lag",
            "How long what is due to be erased, or looked at, has waited",
            Unit.SECONDS,
            look=15 * MINUTE,
            alarm=6 * HOUR,
            then="Texts live longer than was promised: see whether beat and the workers run.",
        ),
    ),
    "Machine": (
        Figure(
            "broker_away",
            "1 while Redis does not answer: work then waits for the next sweep",
            alarm=1,
            then="Nothing is lost. Start Redis again.",
        ),
        Figure("database_size", "Size of the database", Unit.BYTES),
        Figure("database_connections", "Connections to the database"),
        Figure(
            "database_connections_share",
            "Of a hundred that it allows",
            look=80,
            alarm=95,
            then="Fewer workers, or a pooler, or a higher max_connections.",
        ),
        Figure(
            "oldest_transaction",
            "The oldest open transaction",
            Unit.SECONDS,
            look=2 * MINUTE,
            alarm=15 * MINUTE,
            then="It keeps old rows from being cleaned away: pg_stat_activity says whose it is.",
        ),
    ),
}
FIGURES = {figure.name: figure for group in GROUPS.values() for figure in group}
