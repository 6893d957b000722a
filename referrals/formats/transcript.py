"""data/transcript.json and data/transcript.csv: the same messages, for programs and for spreadsheets."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from referrals.formats.referral import account
from referrals.formats.text import canonical, time, withheld, written
from referrals.packet_content import EarlierVersion, PacketContent, TranscriptMessage

FORMAT = "artemis-transcript"
FORMAT_VERSION = 2

COLUMNS = (
    "number",
    "is_evidence",
    "sent_at",
    "sender",
    "sender_platform_id",
    "platform_message_id",
    "version",
    "is_current",
    "text",
    "escaped",
    "redacted",
    "sha256",
    "edited_at",
    "deleted_at",
)
# What makes a spreadsheet take a cell for a formula, also after blanks and in full width; and the mark itself.
FORMULA = re.compile(r"[\s\0-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*['=+\-@＇＝＋－＠]|[\t\r\n]")


def transcript_json(content: PacketContent) -> bytes:
    return canonical(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "case_reference": content.case_reference,
            "messages": [
                _message(message, content.redacted.get(message.number, "")) for message in content.messages
            ],
        }
    )


def transcript_csv(content: PacketContent) -> bytes:
    """RFC 4180 in UTF-8: every cell quoted, lines end in CRLF, one line for each version of a message."""
    lines = [COLUMNS, *(row for message in content.messages for row in _rows(message, content))]
    return "".join(_line(line) for line in lines).encode()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet could run begins with an apostrophe; take one away to have the original."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def _message(message: TranscriptMessage, redacted: str) -> dict[str, Any]:
    return {
        "number": message.number,
        "is_evidence": message.is_evidence,
        "platform_id": message.platform_id,
        "sender": account(message.sender),
        "sent_at": time(message.sent_at),
        "received_at": time(message.received_at),
        "reply_to": message.reply_to or None,
        "version": message.version,
        "redacted": redacted or None,
        **_words(message.text, redacted),
        "edited_at": time(message.edited_at),
        "deleted_at": time(message.deleted_at),
        "earlier_versions": [_earlier(version, redacted) for version in message.earlier_versions],
    }


def _words(text: str, redacted: str) -> dict[str, Any]:
    return withheld(text) if redacted else written(text)


def _earlier(version: EarlierVersion, redacted: str) -> dict[str, Any]:
    return {
        "version": version.version,
        **_words(version.text, redacted),
        "edited_at": time(version.edited_at),
        "received_at": time(version.received_at),
    }


def _rows(message: TranscriptMessage, content: PacketContent) -> Iterable[Sequence[str]]:
    redacted = content.redacted.get(message.number, "")
    for earlier in message.earlier_versions:
        yield _row(message, earlier, redacted, is_current=False)
    yield _row(message, message, redacted, is_current=True)


def _row(
    message: TranscriptMessage,
    version: TranscriptMessage | EarlierVersion,
    redacted: str,
    *,
    is_current: bool,
) -> Sequence[str]:
    words = _words(version.text, redacted)
    return (
        str(message.number),
        _yes(message.is_evidence),
        time(message.sent_at) or "",
        message.sender.pseudonym,
        message.sender.platform_id,
        message.platform_id,
        str(version.version),
        _yes(is_current),
        words["text"],
        _yes(words["escaped"]),
        redacted,
        words["sha256"],
        time(version.edited_at) or "",
        time(message.deleted_at) or "",
    )


def _line(cells: Sequence[str]) -> str:
    return ",".join(f'"{harmless(cell).replace(chr(34), chr(34) * 2)}"' for cell in cells) + "\r\n"


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
