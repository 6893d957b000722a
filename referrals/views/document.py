"""The packet as a page: made of the very bytes that would be sealed, so that what is read is what is approved."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from referrals.models import EscalationVersion, Recipient
from referrals.packet_content import AccountFacts
from referrals.packet_layout import REFERRAL, TRANSCRIPT
from referrals.reading import Reading
from scoring.models import Participant


def document(reading: Reading) -> dict[str, Any]:
    files = dict(reading.draft.files)
    referral, transcript = json.loads(files[REFERRAL]), json.loads(files[TRANSCRIPT])
    viewed = {one["number"]: one for one in referral["viewed"]["messages"]}
    messages = [_message(message, referral, viewed, reading.shown) for message in transcript["messages"]]
    redacted = {redaction.number: redaction.reason for redaction in reading.content.redactions}
    for message in messages:
        message["redacted"] = redacted.get(message["number"], "")
        if message["redacted"]:
            message |= {"text": "", "earlier_versions": []}
    return {
        "referral": referral,
        "exit": Recipient.Exit(referral["exit"]).label,
        "incident_at": _time(referral["incident_at"]),
        "submitted_at": _time(referral["request"]["submitted_at"]),
        "accounts": [_account("subject account", referral), _account("possible minor", referral)],
        "account_facts": _account_facts(reading),
        "incident_definition": reading.content.incident_definition,
        "priority": _priority(reading),
        "redacted": len(reading.content.redactions),
        "score": _score(referral["score"]),
        "lines": list(_lines(messages)),
        "hidden": len(messages) - len(reading.shown),
        "digest": reading.draft.digest,
        "files": [{"path": path, "size": len(data)} for path, data in reading.draft.files],
    }


def _message(
    message: dict[str, Any], referral: dict[str, Any], viewed: dict[int, Any], shown: frozenset[int]
) -> dict[str, Any]:
    """Text that this person may not read here is left out, not hidden."""
    number = message["number"]
    is_shown = number in shown
    return {
        "number": number,
        "is_evidence": message["is_evidence"],
        "is_shown": is_shown,
        "is_changed": number in referral["changed_after_request"],
        "sent_at": _time(message["sent_at"]),
        "sender": message["sender"]["pseudonym"],
        "role": _role(message["sender"], referral),
        "role_detail": _age(message["sender"]),
        "text": message["text"] if is_shown else "",
        "escaped": message["escaped"],
        "sha256": message["sha256"],
        "edited_at": _time(message["edited_at"]),
        "deleted_at": _time(message["deleted_at"]),
        "earlier_versions": [_earlier(one) for one in message["earlier_versions"]] if is_shown else [],
        "viewed": _viewed(viewed.get(number)),
    }


def _earlier(version: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": version["version"],
        "text": version["text"],
        "received_at": _time(version["received_at"]),
    }


def _viewed(viewed: dict[str, Any] | None) -> dict[str, Any] | None:
    if viewed is None:
        return None
    return {"people": viewed["people"], "first_viewed_at": _time(viewed["first_viewed_at"])}


def _role(sender: dict[str, Any], referral: dict[str, Any]) -> str:
    if sender["platform_id"] == referral["subject_account"]["platform_id"]:
        return "subject"
    return "minor" if sender["platform_id"] == referral["possible_minor"]["platform_id"] else "other"


def _account(role: str, referral: dict[str, Any]) -> dict[str, str]:
    account = referral[role.replace(" ", "_")]
    return {
        "role": role,
        "pseudonym": account["pseudonym"],
        "platform_id": account["platform_id"],
        "age": _age(account),
    }


def _account_facts(reading: Reading) -> list[dict[str, Any]]:
    """What the platform said of the two accounts; without a stated purpose only what there is, and no value."""
    return [
        {
            "role": account.role.replace("_", " "),
            "pseudonym": account.pseudonym,
            "names": [name.replace("_", " ") for name, _ in _known(account)],
            "known": [(name.replace("_", " "), value) for name, value in _known(account)]
            if reading.shows_accounts
            else [],
        }
        for account in reading.content.account_facts
    ]


def _known(account: AccountFacts) -> list[tuple[str, str]]:
    created = account.account_created_at
    own = [
        ("name", account.display_name),
        ("account created", f"{created:%Y-%m-%d %H:%M} UTC" if created else ""),
    ]
    return [(name, value) for name, value in [*own, *account.facts] if value]


def _priority(reading: Reading) -> str:
    priority = reading.content.priority
    return EscalationVersion.Priority(priority).label if priority else ""


def _age(account: dict[str, Any]) -> str:
    return str(Participant.AgeBand(account["declared_age_band"]).label)


def _score(score: dict[str, Any] | None) -> dict[str, Any] | None:
    return score and {**score, "scored_at": _time(score["scored_at"])}


def _lines(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Days, gaps where turns are left out, and messages, in the order of their numbers."""
    day, last = None, 0
    for message in messages:
        if message["number"] > last + 1:
            yield {"gap": _left_out(message["number"] - last - 1)}
        sent_at = message["sent_at"]
        if sent_at is not None and sent_at.date() != day:
            day = sent_at.date()
            yield {"day": day}
        yield {"message": message}
        last = message["number"]


def _left_out(count: int) -> str:
    return "1 turn is not in the packet" if count == 1 else f"{count:,} turns are not in the packet"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
