"""data/transcript.json and data/transcript.csv: the same messages, for programs and for spreadsheets."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from referrals.formats.referral import account
from referrals.formats.text import canonical, time, written
from referrals.packet_content import EarlierVersion, PacketContent, TranscriptMessage

FORMAT = "artemis-transcript"
FORMAT_VERSION = 1

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
            "messages": [_message(message) for message in content.messages],
        }
    )


def transcript_csv(content: PacketContent) -> bytes:
    """RFC 4180 in UTF-8: every cell quoted, lines end in CRLF, one line for each version of a message."""
    lines = [COLUMNS, *(row for message in content.messages for row in _rows(message))]
    return "".join(_line(line) for line in lines).encode()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet could run begins with an apostrophe; take one away to have the original."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def _message(message: TranscriptMessage) -> dict[str, Any]:
    return {
        "number": message.number,
        "is_evidence": message.is_evidence,
        "platform_id": message.platform_id,
        "sender": account(message.sender),
        "sent_at": time(message.sent_at),
        "received_at": time(message.received_at),
        "reply_to": message.reply_to or None,
        "version": message.version,
        **written(message.text),
        "edited_at": time(message.edited_at),
        "deleted_at": time(message.deleted_at),
        "earlier_versions": [_earlier(version) for version in message.earlier_versions],
    }


def _earlier(version: EarlierVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        **written(version.text),
        "edited_at": time(version.edited_at),
        "received_at": time(version.received_at),
    }


def _rows(message: TranscriptMessage) -> Iterable[Sequence[str]]:
    for earlier in message.earlier_versions:
        yield _row(message, earlier, is_current=False)
    yield _row(message, message, is_current=True)


def _row(
    message: TranscriptMessage, version: TranscriptMessage | EarlierVersion, *, is_current: bool
) -> Sequence[str]:
    words = written(version.text)
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
        words["sha256"],
        time(version.edited_at) or "",
        time(message.deleted_at) or "",
    )


def _line(cells: Sequence[str]) -> str:
    return ",".join(f'"{harmless(cell).replace(chr(34), chr(34) * 2)}"' for cell in cells) + "\r\n"


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
