"""What every reader of a corpus yields: one conversation with its messages, as the source has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["private", "group", "public"]

NOBODY = "unknown"


class CorpusError(ValueError):
    """A corpus file cannot be read as its form says; the message names file, place and fault, never the
    text.
    """


@dataclass(frozen=True, slots=True)
class CorpusMessage:
    """One message; `id` is the same in every run over the same file, `sent_at` has a zone or is None."""

    id: str
    sender: str
    sent_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class CorpusConversation:
    """One conversation; `participants` in the order in which they first wrote, `label` 1, 0 or None.

    `authors` gives accounts their roles (`corpus_record.ROLES`); None where the source says nothing of roles.
    """

    id: str
    kind: Kind
    language: str
    participants: tuple[str, ...]
    messages: tuple[CorpusMessage, ...]
    label: int | None
    authors: Mapping[str, str] | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the conversation in the labelled form; the forms that come this way have no spans or groups."""
        record: dict[str, Any] = {
            "id": self.id,
            "label": self.label,
            "language": self.language,
            "source": self.id.split(":", 1)[0],
            "messages": [_message_record(message) for message in self.messages],
        }
        return record if self.authors is None else record | {"authors": dict(self.authors)}


def unknown_account(conversation_id: str) -> str:
    """Name the writer of messages without one: an account of this conversation alone, so that conversations do
    not hang together by it.
    """
    return f"{NOBODY}:{conversation_id}"


def _message_record(message: CorpusMessage) -> dict[str, Any]:
    record = {"id": message.id, "sender": message.sender, "text": message.text}
    return record | ({"sent_at": message.sent_at.isoformat()} if message.sent_at else {})


def conversation(
    identifier: str,
    messages: list[CorpusMessage],
    *,
    kind: Kind | None = None,
    language: str = "en",
    label: int | None = None,
    authors: Mapping[str, str] | None = None,
) -> CorpusConversation:
    """Put messages together; without a kind, more than two writers make a group."""
    participants = tuple(dict.fromkeys(message.sender for message in messages))
    found: Kind = kind or ("group" if len(participants) > 2 else "private")
    return CorpusConversation(identifier, found, language, participants, tuple(messages), label, authors)
