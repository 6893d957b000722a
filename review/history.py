"""The trail of one case in words, newest first, for the people who work on it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Substr

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from review.models import Case, Decision, Hold, Unveiling
from review.policies import count, on_day

SHOWN = 100
MACHINES = {"machine:intake": "Intake", "machine:claims": "The clock", "machine:platforms": "Artemis"}
# Whatever key of it was used.
PLATFORM = "The platform"
DISPOSITIONS = dict(Decision.Disposition.choices)
ACTIONS = dict(Decision.PlatformAction.choices)
ROSE = "monitored, and the score rose"
NOTES = {"decision_notes", "hold_reasons", "hand_over_notes", "answers", "platform_notes"}
PURPOSES = dict(Unveiling.Purpose.choices)


@dataclass(frozen=True)
class Entry:
    at: datetime
    actor: str
    who: str
    words: str
    detail: str = ""
    times: int = 1


def events_of(case: Case) -> QuerySet[AuditEvent]:
    """With the names of who acted and of who was given the case; machines and keys have none."""
    number = models.BigIntegerField()
    actor = When(actor__regex=r"^person:[0-9]+$", then=Cast(Substr("actor", 8), number))
    receiver = When(payload__has_key="person", then=Cast(KeyTextTransform("person", "payload"), number))
    events = AuditEvent.objects.filter(case_reference=case.reference).order_by("-case_sequence")
    return (
        events.only("at", "actor", "verb", "payload", "reason")
        .annotate(actor_pk=models.Case(actor), receiver_pk=models.Case(receiver))
        .annotate(actor_called=_name_of("actor_pk"), receiver_called=_name_of("receiver_pk"))[:SHOWN]
    )


def told(case: Case, events: Iterable[AuditEvent], *, score_hidden: bool = False) -> list[Entry]:
    """One entry for the same act of the same person several times in a row."""
    entries: Iterable[Entry] = map(_entry, events)
    if case.is_practice:
        entries = (_as_opened(case) if one.words == Verb.GOLDEN_GIVEN.label else one for one in entries)
    return _folded(replace(one, detail="") if score_hidden and one.detail == ROSE else one for one in entries)


def _as_opened(case: Case) -> Entry:
    """Golden cases look like any other until they are answered; the trail itself says what they are."""
    lane = f"{case.lane} lane"
    return Entry(case.opened_at, "machine:intake", MACHINES["machine:intake"], Verb.CASE_OPENED.label, lane)


def _name_of(person: str) -> Subquery:
    return Subquery(User.objects.filter(pk=OuterRef(person)).values("name")[:1])


def _entry(event: Any) -> Entry:
    words = Verb(event.verb).label if event.verb in Verb.values else event.verb
    who = event.actor_called or MACHINES.get(event.actor, event.actor)
    if event.actor.startswith("key:"):
        who = PLATFORM
    return Entry(event.at, event.actor, who, words, _detail(event))


def _detail(event: Any) -> str:
    """Only what the closed vocabulary of the payload says; no person's free words are in the trail."""
    payload = event.payload
    match event.verb:
        case Verb.EVIDENCE_VIEWED:
            return ", ".join(_seen(payload))
        case Verb.ACCOUNTS_UNVEILED:
            return PURPOSES.get(payload.get("purpose", ""), "").lower()
        case Verb.EVIDENCE_SEARCHED:
            return count(payload.get("turns", 0), "turn")
        case Verb.CASE_DECIDED:
            return _decided(payload)
        case Verb.ACTION_REQUESTED | Verb.ACTION_WITHDRAWN:
            return ACTIONS.get(payload.get("platform_action", ""), "").lower()
        case Verb.ACTION_CONFIRMED:
            return "done" if payload.get("done") else "not done"
        case Verb.CASE_HANDED_OVER:
            return event.receiver_called or ""
        case Verb.CASE_HELD:
            return f"until {on_day(datetime.fromisoformat(payload['until']))}"
        case Verb.CASE_RESUMED:
            return dict(Hold.Ending.choices).get(payload.get("because", ""), "").lower()
        case Verb.CASE_OPENED if "because" in payload:
            return "monitored until now" if payload["because"] == "day" else ROSE
        case Verb.CASE_OPENED if "report" in payload:
            return f"reported by a user, {payload.get('lane', '')} lane"
        case Verb.CASE_REPORTED:
            return count(len(payload.get("reports", [])), "report")
        case Verb.CASE_OPENED:
            return f"{payload.get('lane', '')} lane"
        case Verb.CASE_RETURNED | Verb.ATTEMPT_REFUSED:
            return str(event.reason)
    return ""


def _decided(payload: dict[str, Any]) -> str:
    said = (
        DISPOSITIONS.get(payload.get("disposition", ""), ""),
        ACTIONS.get(payload.get("platform_action", ""), ""),
    )
    return ", ".join(filter(None, said)).lower()


def _seen(payload: dict[str, Any]) -> Iterator[str]:
    if "messages" in payload:
        yield count(len(payload["messages"]), "message")
    if "accounts" in payload:
        yield "the accounts"
    if "reports" in payload:
        yield "what users reported"
    if not payload or NOTES & set(payload):
        yield "private notes"


def _folded(entries: Iterable[Entry]) -> list[Entry]:
    folded: list[Entry] = []
    for entry in entries:
        last = folded[-1] if folded else None
        if last and (last.actor, last.words, last.detail) == (entry.actor, entry.words, entry.detail):
            folded[-1] = replace(last, times=last.times + 1)
        else:
            folded.append(entry)
    return folded
