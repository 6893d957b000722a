"""data/cybertip.xml: the report as the CyberTipline takes it, and what it says of each file that is sent with it.

Pure. Everything is taken from the packet's content; nothing is asserted that nobody saw. What the platform did not
say (a name, an IP address) is left out, not guessed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from referrals.formats.cybertip_accounts import placed
from referrals.formats.cybertip_node import Node, written
from referrals.formats.text import escaped, time
from referrals.packet_content import Account, AccountFacts, PacketContent

INCIDENT_TYPE = "Online Enticement of Children for Sexual Acts"
IMMINENT = "imminent_threat"
LONGEST_REASON = 3000
ROLES = (
    "The roles in this report are roles of accounts in a conversation. Neither is a finding about a person."
)
IN_THE_FILE = (
    "The conversation is in the file sent with this report; the messages chosen as evidence are marked there."
)
NOT_HELD = "Names, addresses and IP addresses are not held by the moderation service: ask the platform."
ASK_THE_PLATFORM = (
    "What is said of the accounts is what the platform sent with the conversation; nobody here has checked it. Ask the "
    "platform for the rest."
)
AGE_BANDS = {
    "under_13": "under 13",
    "13_15": "13 to 15",
    "16_17": "16 to 17",
    "adult": "adult",
}


def cybertip_xml(content: PacketContent) -> bytes:
    incident = [
        Node("incidentType", INCIDENT_TYPE),
        Node("platform", content.licensee.name[:256]),
        *_urgency(content),
        Node("incidentDateTime", time(_incident_at(content)) or ""),
        Node("incidentDateTimeDescription", _what_the_time_means(content)),
    ]
    chat = [
        Node("chatClient", content.licensee.name[:255]),
        Node("chatRoomName", content.conversation_platform_id[:255]),
        Node("additionalInfo", IN_THE_FILE),
    ]
    report = [
        Node("incidentSummary", tuple(incident)),
        Node("internetDetails", (Node("chatImIncident", tuple(chat)),)),
        Node("reporter", (Node("reportingPerson", (Node("email", content.licensee.contact),)),)),
        Node("personOrUserReported", tuple(_account(content, content.subject, "subject_account"))),
        Node("victim", tuple(_account(content, content.possible_minor, "possible_minor"))),
        Node("additionalInfo", _further(content)),
    ]
    return written(Node("report", tuple(report)))


# --- Files -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileFacts:
    """What is said of an uploaded file. `is_viewed` is None where nothing is recorded that says yes or no."""

    name: str
    sha256: str
    is_reported: bool
    is_viewed: bool | None
    about: str


def is_whole_file_viewed(numbers: Iterable[int], viewed: Iterable[int]) -> bool:
    """True only if the text of every message in the file was shown to a person, by the recorded reveals."""
    listed = set(numbers)
    return bool(listed) and listed <= set(viewed)


def file_details_xml(facts: FileFacts, *, report_id: str, file_id: str) -> bytes:
    viewed = [] if facts.is_viewed is None else [Node("fileViewedByEsp", _boolean(facts.is_viewed))]
    parts = [
        Node("reportId", report_id),
        Node("fileId", file_id),
        Node("originalFileName", facts.name),
        *viewed,
        Node("fileRelevance", "Reported" if facts.is_reported else "Supplemental Reported"),
        Node("originalFileHash", facts.sha256, (("hashType", "SHA-256"),)),
        Node("additionalInfo", facts.about),
    ]
    return written(Node("fileDetails", tuple(parts)))


# --- The parts of a report ---------------------------------------------------------------------


def _urgency(content: PacketContent) -> Iterator[Node]:
    """The words of the person who asked: whatever stands here makes the report urgent."""
    if content.exit == IMMINENT:
        yield Node("escalateToHighPriority", _shortened(escaped(content.grounds), LONGEST_REASON))


def _incident_at(content: PacketContent) -> datetime:
    if content.incident_at is not None:
        return content.incident_at
    evidence = [message for message in content.messages if message.is_evidence] or list(content.messages)
    return min(message.sent_at or message.received_at for message in evidence)


def _what_the_time_means(content: PacketContent) -> str:
    if content.incident_at is None:
        return "No time was given for the incident: this is the time of the first message chosen as evidence."
    given = "The time that the person who asked for this referral gave for the incident"
    definition = escaped(content.incident_definition)
    return f"{given}: {definition}" if definition else f"{given}."


def _account(content: PacketContent, account: Account, role: str) -> Iterator[Node]:
    """What the platform said of it stands where the schema has a place, in the schema's order."""
    facts = placed(_facts_of(content, role), until=content.submitted_at)
    is_subject = role == "subject_account"
    if facts.person or not is_subject:
        yield Node("personOrUserReportedPerson" if is_subject else "victimPerson", tuple(facts.person))
    yield Node("espIdentifier", account.platform_id[:255])
    yield Node("espService", content.licensee.name[:100])
    yield from (*facts.screen_name, *facts.display_names, *facts.urls, *facts.captures)
    if is_subject and content.previous is not None:
        yield from (
            Node("priorCTReports", number) for number in content.previous.references if _is_number(number)
        )
    yield from facts.location
    yield Node("additionalInfo", "\n".join([_what_it_is(account, role), *_unplaced(facts.others)]))


def _facts_of(content: PacketContent, role: str) -> AccountFacts | None:
    return next((facts for facts in content.account_facts if facts.role == role), None)


def _what_it_is(account: Account, role: str) -> str:
    age = AGE_BANDS.get(account.declared_age_band)
    declared = f"Age declared to the platform: {age}." if age else "The platform declares no age."
    return f"{account.pseudonym} in the file, the {role.replace('_', ' ')}. {declared} {ROLES}"


def _unplaced(others: list[str]) -> Iterator[str]:
    if others:
        yield "Further facts, as the platform said them; nobody has checked them:"
        yield from others


def _is_number(reference: str) -> bool:
    """A report's number, as the CyberTipline gives them; other references stay in the packet."""
    return reference.isascii() and reference.isdecimal() and 0 < int(reference) < 2**63


def _further(content: PacketContent) -> str:
    lines = [
        f"Reference {content.case_reference}, version {content.version}.",
        *_before(content),
        f"Grounds: {escaped(content.grounds)}",
        ROLES,
        "Two people of the moderation service confirmed this report before it was made.",
        ASK_THE_PLATFORM if content.account_facts else NOT_HELD,
    ]
    return "\n".join(lines)


def _before(content: PacketContent) -> Iterator[str]:
    if content.previous is not None:
        known = ", ".join(content.previous.references) or "none recorded"
        yield f"This report adds to one that was made before (its reference: {known}). That one stays as it is."


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _boolean(value: bool) -> str:
    return "true" if value else "false"
