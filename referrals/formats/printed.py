"""How texts, times and turns of a conversation are printed in the report: any Unicode, any length, bounded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from referrals.formats.glyphs import is_right_to_left, visible
from referrals.formats.text import digest
from referrals.packet_content import PacketContent, TranscriptMessage

MOST_TURNS = 1000
MOST_CHARACTERS = 4000
# What all rows of a table share. Evidence has a table of its own, so context can never crowd it out.
TABLE_CHARACTERS = 200_000
LEAST_CHARACTERS = 200
MOST_EARLIER_VERSIONS = 5
# A row of up to so much moves to the next page whole; a longer one may not, since it could leave its page.
LONGEST_UNBROKEN, MOST_LINES_UNBROKEN = 800, 12


@dataclass(frozen=True)
class Press:
    """What a text becomes on paper. `ascii_only` is the last resort, where the fonts cannot set some mixture."""

    ascii_only: bool = False

    def words(self, text: str, *, most: int = MOST_CHARACTERS) -> dict[str, Any]:
        shown = {
            "text": visible(text[:most], ascii_only=self.ascii_only),
            "rtl": is_right_to_left(text) and not self.ascii_only,
        }
        if not text:
            shown["more"] = "(no text)"
        left_out = len(text) - most
        if left_out > 0:
            shown["more"] = f"{left_out:,} more characters are in data/transcript.json."
        return shown

    def line(self, text: str) -> str:
        return visible(text, ascii_only=self.ascii_only)


def printed_time(at: datetime | None) -> str:
    return "not stated" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def evidence_rows(content: PacketContent, press: Press) -> list[dict[str, Any]]:
    evidence = [message for message in content.messages if message.is_evidence]
    most = _share(len(evidence))
    return [_row(message, content, press, most) for message in evidence]


def transcript_rows(content: PacketContent, press: Press) -> list[dict[str, Any]]:
    """Evidence and the turns around it, with a line where turns are left out."""
    messages = printed_messages(content)
    return list(_with_gaps(messages, content, press, _share(len(messages))))


def _share(rows: int) -> int:
    return max(LEAST_CHARACTERS, min(MOST_CHARACTERS, TABLE_CHARACTERS // max(1, rows)))


def printed_messages(content: PacketContent) -> list[TranscriptMessage]:
    """All of them; in a packet of very many turns, evidence and as much context around it as is still readable."""
    messages, context = list(content.messages), content.context
    while len(messages) > MOST_TURNS and context:
        context -= 1
        near = {
            number
            for evidence in content.evidence_numbers
            for number in range(evidence - context, evidence + context + 1)
        }
        messages = [message for message in content.messages if message.number in near]
    return messages


def _with_gaps(
    messages: Iterable[TranscriptMessage], content: PacketContent, press: Press, most: int
) -> Iterator[dict[str, Any]]:
    last = 0
    for message in messages:
        if message.number > last + 1:
            yield {"gap": _gap(message.number - last - 1)}
        yield _row(message, content, press, most)
        last = message.number


def _gap(count: int) -> str:
    return "1 turn is not printed here" if count == 1 else f"{count:,} turns are not printed here"


def _row(message: TranscriptMessage, content: PacketContent, press: Press, most: int) -> dict[str, Any]:
    reason = content.redacted.get(message.number, "")
    words = None if reason else press.words(message.text, most=most)
    return {
        "number": message.number,
        "time": printed_time(message.sent_at),
        "account": press.line(message.sender.pseudonym),
        "role": role_of(message, content),
        "evidence": message.is_evidence,
        "words": words,
        "redaction": _redaction(reason, message.text, press),
        "earlier": [
            {
                "label": f"Version {version.version}, received {printed_time(version.received_at)} UTC:",
                "words": None if reason else press.words(version.text, most=most),
                "redaction": _redaction(reason, version.text, press),
            }
            for version in message.earlier_versions[:MOST_EARLIER_VERSIONS]
        ],
        "notes": list(_notes(message, content)),
        "breaks": bool(message.earlier_versions) or (words is not None and _is_long(words["text"])),
    }


def _is_long(shown: str) -> bool:
    return len(shown) > LONGEST_UNBROKEN or shown.count("\n") > MOST_LINES_UNBROKEN


def _redaction(reason: str, text: str, press: Press) -> dict[str, str] | None:
    return {"reason": press.line(reason), "sha256": digest(text)} if reason else None


def role_of(message: TranscriptMessage, content: PacketContent) -> str:
    roles = {
        content.subject.platform_id: "subject account",
        content.possible_minor.platform_id: "possible minor",
    }
    return roles.get(message.sender.platform_id, "")


def _notes(message: TranscriptMessage, content: PacketContent) -> Iterator[str]:
    more = len(message.earlier_versions) - MOST_EARLIER_VERSIONS
    if more > 0:
        yield f"{more:,} more earlier versions are in data/transcript.json"
    if message.edited_at is not None:
        yield f"edited {printed_time(message.edited_at)} UTC"
    if message.deleted_at is not None:
        yield f"deleted on the platform {printed_time(message.deleted_at)} UTC"
    if message.changed_since(content.submitted_at):
        yield "changed after the request was written"
