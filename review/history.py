"""The trail of one case in words, newest first, for the people who work on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from review.models import Case, Decision
from review.policies import count

SHOWN = 100
MACHINES = {"machine:intake": "Intake", "machine:claims": "The clock"}
DISPOSITIONS = dict(Decision.Disposition.choices)


@dataclass(frozen=True)
class Entry:
    at: datetime
    actor: str
    who: str
    words: str
    detail: str = ""
    times: int = 1


def history(case: Case) -> list[Entry]:
    """Two queries; the same act of the same person several times in a row is one entry."""
    events = list(AuditEvent.objects.filter(case_reference=case.reference).order_by("-case_sequence")[:SHOWN])
    names = _names({event.actor for event in events})
    return _folded(_entry(event, names) for event in events)


def _names(actors: Iterable[str]) -> dict[str, str]:
    ids = [actor.removeprefix("person:") for actor in actors if actor.startswith("person:")]
    people = User.objects.filter(pk__in=[int(number) for number in ids if number.isdigit()])
    return MACHINES | {person.actor_name: person.name for person in people}


def _entry(event: AuditEvent, names: dict[str, str]) -> Entry:
    words = Verb(event.verb).label if event.verb in Verb.values else event.verb
    return Entry(event.at, event.actor, names.get(event.actor, event.actor), words, _detail(event))


def _detail(event: AuditEvent) -> str:
    """Only what the closed vocabulary of the payload says; no person's free words are in the trail."""
    payload = event.payload
    match event.verb:
        case Verb.EVIDENCE_VIEWED if "messages" in payload:
            return count(len(payload["messages"]), "message")
        case Verb.EVIDENCE_VIEWED:
            return "private notes"
        case Verb.CASE_DECIDED:
            return DISPOSITIONS.get(payload.get("disposition", ""), "").lower()
        case Verb.CASE_OPENED:
            return f"{payload.get('lane', '')} lane"
        case Verb.CASE_RETURNED | Verb.ATTEMPT_REFUSED:
            return str(event.reason)
    return ""


def _folded(entries: Iterable[Entry]) -> list[Entry]:
    folded: list[Entry] = []
    for entry in entries:
        last = folded[-1] if folded else None
        if last and (last.actor, last.words, last.detail) == (entry.actor, entry.words, entry.detail):
            folded[-1] = replace(last, times=last.times + 1)
        else:
            folded.append(entry)
    return folded
