"""What investigators ask for, and which of it a packet does not say: shown to people, and never a priority."""

from collections.abc import Iterable
from dataclasses import dataclass

from referrals.account_facts import (
    states_identity,
    states_ip,
    states_place,
    states_preservation,
    states_time_of_ip,
)
from referrals.formats.cybertip_accounts import placed
from referrals.formats.cybertip_node import Node
from referrals.packet_content import AccountFacts, PacketContent

NOT_STATED = "unknown"
REPORT = "cybertip"
NOT_AT_ITS_PLACE = (
    "The CyberTipline's report holds the IP address of the subject account as free text only: ask the platform for "
    "each address as a fact of its own, with its time and zone."
)
SUBJECT = "subject_account"


@dataclass(frozen=True)
class Check:
    """One thing that investigators ask for; `sentence` says what is missing where it is not stated."""

    name: str
    is_stated: bool
    sentence: str


def checks(content: PacketContent) -> list[Check]:
    """The most useful first. Pure."""
    return [*_of_the_subject(content), *_of_the_incident(content), *_of_the_content(content)]


def missing_from(content: PacketContent) -> list[str]:
    return [check.sentence for check in checks(content) if not check.is_stated]


def changed_meanwhile(content: PacketContent) -> str:
    """What the platform edited or deleted after the request, in a sentence; empty if nothing."""
    numbers = content.changed_after_request
    if not numbers:
        return ""
    return (
        f"The platform changed {listed(numbers)} after the request was written, so who asked saw the earlier text. "
        "Return it if that matters."
    )


def _of_the_subject(content: PacketContent) -> list[Check]:
    subject = _facts_of(content, SUBJECT)
    no_time = "The IP address of the subject account carries no time with a zone: ask the platform for it."
    no_ip = "The platform gave no IP address of the subject account: ask for one, with its time and zone."
    return [
        Check(
            "identity",
            subject is not None and states_identity(subject),
            "The platform gave no name, e-mail address or telephone number of the subject account.",
        ),
        Check(
            "IP address with time and zone",
            subject is not None and states_time_of_ip(subject),
            no_time if subject is not None and states_ip(subject) else no_ip,
        ),
        *_of_the_report(content, subject),
        Check(
            "location",
            subject is not None and states_place(subject),
            "The platform gave no location of the subject account.",
        ),
        Check(
            "age of the subject account",
            content.subject.declared_age_band != NOT_STATED,
            "The platform declares no age for the subject account.",
        ),
    ]


def _of_the_report(content: PacketContent, subject: AccountFacts | None) -> list[Check]:
    """For the CyberTipline a fact counts at its place in the report; as free text nobody can search for it there."""
    if REPORT not in content.recipient.formats or subject is None or not states_time_of_ip(subject):
        return []
    captures = placed(subject, until=content.submitted_at).captures
    at_its_place = any(
        part.name == "dateTime" for one in captures for part in one.content if isinstance(part, Node)
    )
    return [Check("IP address at its place in the report", at_its_place, NOT_AT_ITS_PLACE)]


def _of_the_incident(content: PacketContent) -> list[Check]:
    return [
        Check(
            "age of the possible minor",
            content.possible_minor.declared_age_band != NOT_STATED,
            "The platform declares no age for the possible minor.",
        ),
        Check(
            "time of the incident",
            content.incident_at is not None,
            "The time of the incident is not stated.",
        ),
        Check(
            "what that time means",
            content.incident_at is None or bool(content.incident_definition),
            "It is not said how the platform defines the time of the incident.",
        ),
    ]


def _of_the_content(content: PacketContent) -> list[Check]:
    viewed = {viewed.number for viewed in content.viewed}
    unread = [message.number for message in content.messages if message.number not in viewed]
    empty = [message.number for message in content.messages if message.is_evidence and not message.text]
    return [
        Check("content", not empty, f"The evidence holds no text in {listed(empty)}." if empty else ""),
        Check(
            "times of the messages",
            all(message.sent_at is not None for message in content.messages),
            "Some messages carry no time.",
        ),
        Check(
            "read by a person",
            not unread,
            f"Nobody had read this context on the case page: {listed(unread)}." if unread else "",
        ),
        Check("contact", bool(content.licensee.contact), "The licensee has named no contact."),
        Check(
            "preservation",
            any(states_preservation(account) for account in content.account_facts),
            "The platform has not said that it preserves the data of the accounts: ask it to.",
        ),
    ]


def _facts_of(content: PacketContent, role: str) -> AccountFacts | None:
    return next((account for account in content.account_facts if account.role == role), None)


def listed(numbers: Iterable[int]) -> str:
    """“turn 5”, or “turns 2, 4–9”."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"turn {words}" if len(runs) == len(runs[0]) == 1 else f"turns {words}"
