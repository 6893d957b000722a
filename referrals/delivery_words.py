"""A delivery in words: how it stands, what is known, what happens next and who does it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from referrals import journal
from referrals.models import Delivery, DeliveryEntry, Recipient
from referrals.transports.cybertip import FINISH, SUBMIT
from referrals.transports.interface import Line

State = Delivery.State
TONES = {
    State.RELEASED: "waiting",
    State.SENDING: "active",
    State.WITH_PERSON: "waiting",
    State.UNKNOWN: "held",
    State.FAILED: "stopped",
    State.DELIVERED: "active",
    State.ACKNOWLEDGED: "done",
    State.GIVEN_UP: "neutral",
}
STEPS = {
    "release": "Release",
    "prepare": "Preparation",
    "connect": "Connection",
    SUBMIT: "Open a report",
    "upload": "Send a file",
    "file_info": "Describe a file",
    FINISH: "Finish the report",
    "retract": "Take a report back",
    "put": "Put the file there",
    "person": "A person",
}
ENTRY_TONES = {
    "released": "neutral",
    "intended": "waiting",
    "done": "done",
    "refused": "stopped",
    "not_sent": "stopped",
    "unknown": "held",
    "arrived": "done",
    "noted": "neutral",
}
SHOWN_FACTS = {
    "report_id": "report",
    "file_id": "file",
    "code": "code",
    "http": "HTTP",
    "request_id": "request",
    "file": "file",
    "endpoint": "host",
    "reference": "reference",
    "tries": "tries",
}


@dataclass(frozen=True)
class Next:
    """The one sentence that says what happens next, and whether a person has to do it."""

    title: str
    sentence: str
    is_ours: bool


def state_of(delivery: Delivery) -> dict[str, str]:
    state = State(delivery.state)
    return {"label": state.label.lower(), "tone": TONES[state]}


def next_of(delivery: Delivery, lines: list[Line]) -> Next:
    state = delivery.state
    if state == State.RELEASED and delivery.tries:
        return Next(
            "Waits for their server",
            f"It was not reached {_times(delivery.tries)}; nothing was sent. It is tried again by itself.",
            is_ours=False,
        )
    if state == State.UNKNOWN:
        return Next("The outcome is unknown", _what_is_known(delivery, lines), is_ours=True)
    if state == State.FAILED:
        return Next("It was not delivered", _why_it_failed(delivery, lines), is_ours=True)
    if state == State.ACKNOWLEDGED and delivery.packet.approval.escalation.relation == "retracts":
        return Next("It was taken back", TAKEN_BACK, is_ours=False)
    title, sentence, is_ours = PLAIN[State(state)]
    return Next(title, sentence, is_ours)


TAKEN_BACK = (
    "The recipient knows that the packet before is retracted. What is held stays held; nothing more is to do."
)
PLAIN = {
    State.RELEASED: (
        "Waits for the courier",
        "A worker takes it within seconds. Nobody needs to do anything.",
        False,
    ),
    State.SENDING: (
        "On its way",
        "Each step is written down before it is made. This page tells how far it is.",
        False,
    ),
    State.WITH_PERSON: (
        "It is in your hands",
        "Go through the checklist, send it by their portal, then record the reference that the portal gave.",
        True,
    ),
    State.DELIVERED: (
        "It was handed over",
        "When the recipient says that they have it, record their reference: from then on the evidence is held.",
        True,
    ),
    State.ACKNOWLEDGED: ("The recipient has it", "The evidence is held. Nothing more is to be done.", False),
    State.GIVEN_UP: (
        "It was given up",
        "The packet stays as it is: it can be delivered again from its page.",
        False,
    ),
}


def _what_is_known(delivery: Delivery, lines: list[Line]) -> str:
    number = journal.report_id_of(lines)
    if delivery.transport == Recipient.Transport.SFTP:
        return "The file may lie there, or it may not. It can be put there again: it has the same name."
    if journal.open_step(lines, FINISH):
        return (
            f"Report {number} was about to be finished. Let it go on: their server then says whether it is finished. "
            "If their page shows it finished, record that it arrived."
        )
    if journal.open_step(lines, SUBMIT):
        return (
            "A report may have been opened there, and its number did not come back. Nobody can finish it, and it is "
            "deleted there within a day. Look at their page; if no finished report is there, start anew."
        )
    return f"Report {number} is open there and not finished. Let it go on, or start anew: then it is taken back first."


def _why_it_failed(delivery: Delivery, lines: list[Line]) -> str:
    number = journal.report_id_of(lines)
    tail = (
        f" Report {number} is not finished; starting anew takes it back first."
        if number
        else " Nothing is open there."
    )
    return "Read the last line of the journal, mend what it names, then let it go on or start anew." + (
        tail if delivery.transport == Recipient.Transport.CYBERTIP else ""
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def lines_of_journal(
    delivery: Delivery, entries: Iterable[DeliveryEntry], names: dict[str, str]
) -> list[dict[str, Any]]:
    return [_line(entry, names) | {"words": journal.words_of(delivery, entry)} for entry in entries]


def _line(entry: DeliveryEntry, names: dict[str, str]) -> dict[str, Any]:
    step, _, what = entry.step.partition(" ")
    return {
        "entry": entry,
        "step": STEPS.get(step, step.replace("_", " ")),
        "what": what,
        "kind": DeliveryEntry.Kind(entry.kind).label,
        "tone": ENTRY_TONES[entry.kind],
        "who": names.get(entry.by, "the courier" if entry.by.startswith("machine:") else entry.by),
        "facts": " · ".join(
            f"{label} {entry.facts[name]}" for name, label in SHOWN_FACTS.items() if entry.facts.get(name)
        ),
    }


def names_of(entries: Iterable[DeliveryEntry], *, known: User) -> dict[str, str]:
    """{actor: name} of the people in a journal, fetched once; who released it is mostly the only one."""
    names = {known.actor_name: known.name}
    actors = {entry.by for entry in entries if entry.by.startswith("person:")} - names.keys()
    people = User.objects.filter(pk__in=[int(actor.partition(":")[2]) for actor in actors]) if actors else ()
    return names | {person.actor_name: person.name for person in people}


def progress_of(delivery: Delivery, lines: list[Line]) -> dict[str, Any] | None:
    """While it is on its way: how many of its steps are done in this attempt, of as many as the transport has."""
    own = [line for line in lines if line.attempt == delivery.attempt]
    total = next((line.facts[journal.STEPS] for line in reversed(own) if journal.STEPS in line.facts), 0)
    if delivery.state != State.SENDING or not total:
        return None
    done = len({line.step for line in own if line.kind == "done"})
    return {"percent": round(100 * done / total), "figure": f"{done} of {total}"}
