"""Turns entries of the trail into words: who did what, about what."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb

SHOWN_ITEMS = 20
LENGTH_OF_DIGEST = 64
CODE_WORD = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True)
class Names:
    """Names for the ids in the trail, fetched once for a whole page of entries."""

    people: Mapping[str, str]
    licensees: Mapping[int, str]

    @classmethod
    def of(cls, events: Iterable[AuditEvent], *, licensees: Iterable[Any]) -> "Names":
        ids = {person_id for event in events for person_id in _people_in(event)}
        people = User.objects.filter(pk__in=ids).values_list("pk", "name")
        return cls(
            people={str(key): name for key, name in people},
            licensees={licensee.pk: licensee.name for licensee in licensees},
        )

    def person(self, person_id: Any) -> str:
        return self.people.get(str(person_id), f"person {person_id}")


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it."""

    event: AuditEvent
    who: str
    roles: str
    act: str
    about: str
    licensee: str
    details: str

    @property
    def is_person(self) -> bool:
        return self.event.actor.startswith("person:")

    @classmethod
    def of(cls, event: AuditEvent, names: Names) -> "Line":
        return cls(
            event=event,
            who=_who(event, names),
            roles=_roles(event),
            act=_act(event),
            about=_about(event, names),
            licensee=_licensee(event, names),
            details=_details(event, names),
        )


def lines_of(events: Iterable[AuditEvent], *, licensees: Iterable[Any]) -> list[Line]:
    listed = list(events)
    names = Names.of(listed, licensees=licensees)
    return [Line.of(event, names) for event in listed]


def in_words(span: timedelta) -> str:
    """The largest unit that says enough: “40 seconds”, “3 minutes”, “28 days”."""
    seconds = span.total_seconds()
    for unit, length, fewest in (("day", 86_400, 48 * 3_600), ("hour", 3_600, 7_200), ("minute", 60, 120)):
        if seconds >= fewest:
            return _counted(round(seconds / length), unit)
    return _counted(round(seconds), "second")


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def _people_in(event: AuditEvent) -> list[int]:
    kind, _, actor_id = event.actor.partition(":")
    found = [
        actor_id if kind == "person" else "",
        event.object_id if event.object_type == "person" else "",
        str(event.payload.get("person", "")),
    ]
    return [int(text) for text in found if text.isdecimal()]


def _who(event: AuditEvent, names: Names) -> str:
    kind, _, name = event.actor.partition(":")
    if kind == "person":
        return names.person(name)
    if kind == "key":
        return f"Key {name} of a platform"
    return "Nobody signed in" if name == "nobody" else f"The machine: {name.replace('_', ' ')}"


def _roles(event: AuditEvent) -> str:
    roles = [role for role in event.actor_roles.split(",") if role in Role.values]
    return ", ".join(Role(role).label.lower() for role in roles)


def _act(event: AuditEvent) -> str:
    return str(Verb(event.verb).label) if event.verb in Verb.values else event.verb


def _about(event: AuditEvent, names: Names) -> str:
    if event.object_type == "person":
        return names.person(event.object_id) if event.object_id else "an address that nobody has"
    if event.object_type in ("case", "licensee"):
        return ""  # the case reference and the licensee have columns of their own
    return f"{event.object_type.replace('_', ' ')} {event.object_id}".strip()


def _licensee(event: AuditEvent, names: Names) -> str:
    if event.licensee_id is None:
        return ""
    return names.licensees.get(event.licensee_id, f"licensee {event.licensee_id}")


def _details(event: AuditEvent, names: Names) -> str:
    facts = dict(event.payload)
    moved = (
        f"{_value(facts.pop('from'))} → {_value(facts.pop('to'))}" if {"from", "to"} <= facts.keys() else ""
    )
    parts = [moved, *(_fact(name, value, names) for name, value in facts.items())]
    return " · ".join(part for part in parts if part)


def _fact(name: str, value: Any, names: Names) -> str:
    if name == "person":
        return names.person(value)
    return f"{name.replace('_', ' ')} {_value(value)}" if value not in (None, "", []) else ""


def _value(value: Any) -> str:
    if isinstance(value, list):
        return _listed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    text = str(value)
    if len(text) >= LENGTH_OF_DIGEST:
        return f"{text[:12]}…"
    return _time(text) or (text.replace("_", " ") if CODE_WORD.fullmatch(text) else text)


def _listed(values: list[Any]) -> str:
    if len(values) > 2 and all(type(value) is int for value in values):
        parts = _runs(values)
    else:
        parts = [_value(value) for value in values]
    more = len(parts) - SHOWN_ITEMS
    return ", ".join(parts[:SHOWN_ITEMS]) + (f" and {more} more" if more > 0 else "")


def _runs(numbers: list[int]) -> list[str]:
    """[1, 2, 3, 7] → ["1–3", "7"]"""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]


def _time(text: str) -> str:
    """A time as the page writes times; nothing, where the text is none."""
    if "T" not in text:
        return ""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return ""
