"""Reads the JSON form of a user's report into checked values; every fault has its JSON Pointer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scoring.incoming import Fault, IncomingConversation
from scoring.incoming_json import LONGEST_TEXT, NOT_OBJECT, NOT_TEXT, REQUIRED, is_id, read_conversation
from scoring.models import UserReport

NOT_AN_ID = "This must be the id of an account of the conversation."
TOO_LONG = f"A comment has at most {LONGEST_TEXT:,} bytes in UTF-8."
NO_REASON = f"This must be one of: {', '.join(UserReport.Reason.values)}."


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """`conversation` has no messages where the platform names a known one by its id."""

    conversation: IncomingConversation
    reason: str
    reporter: str = ""
    comment: str = ""


def read_report(raw: Any, *, now: datetime) -> tuple[IncomingReport | None, list[Fault]]:
    """The report, or None and its faults with pointers from the body on."""
    if not isinstance(raw, dict):
        return None, [Fault("", NOT_OBJECT)]
    conversation, faults = _conversation(raw.get("conversation"), now)
    faults += [fault for fault in (_reason(raw), _reporter(raw), _comment(raw)) if fault]
    if conversation is None or faults:
        return None, faults
    return IncomingReport(
        conversation=conversation,
        reason=raw["reason"],
        reporter=raw.get("reporter") or "",
        comment=raw.get("comment") or "",
    ), []


def _conversation(raw: Any, now: datetime) -> tuple[IncomingConversation | None, list[Fault]]:
    if raw is None:
        return None, [Fault("/conversation", REQUIRED)]
    known = {"messages": [], **raw} if isinstance(raw, dict) else raw
    conversation, faults = read_conversation(known, now=now)
    return conversation, [Fault(f"/conversation{fault.pointer}", fault.detail) for fault in faults]


def _reason(raw: dict[str, Any]) -> Fault | None:
    reason = raw.get("reason")
    if reason is None:
        return Fault("/reason", REQUIRED)
    known = isinstance(reason, str) and reason in UserReport.Reason.values
    return None if known else Fault("/reason", NO_REASON)


def _reporter(raw: dict[str, Any]) -> Fault | None:
    reporter = raw.get("reporter")
    return None if reporter in (None, "") or is_id(reporter) else Fault("/reporter", NOT_AN_ID)


def _comment(raw: dict[str, Any]) -> Fault | None:
    comment = raw.get("comment")
    if comment is None:
        return None
    if not isinstance(comment, str):
        return Fault("/comment", NOT_TEXT)
    too_long = len(comment.encode("utf-8", "surrogatepass")) > LONGEST_TEXT
    return Fault("/comment", TOO_LONG) if too_long else None
