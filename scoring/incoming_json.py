"""Reads the JSON form of a conversation into checked values; every fault has its JSON Pointer.

Plain code rather than serializers: a call may hold 200,000 messages, and a fault has to be pinned to its place.
"""

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.incoming import Fault, IncomingConversation, IncomingMessage, IncomingParticipant
from scoring.models import Conversation, Participant

LONGEST_ID = 200
LONGEST_NAME = 200
LONGEST_LANGUAGE = 35
LONGEST_TEXT = 8 * 1024
LARGEST_FACTS = 8 * 1024
DEEPEST_FACTS = 8
MOST_CONVERSATIONS = 500
MOST_MESSAGES = 10_000
MOST_PARTICIPANTS = 1_000
# Enough to mend a client with; the rest of the item is then not read.
MOST_FAULTS = 50
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)

# Stand where something else than an object stood; their item is refused.
NO_MESSAGE = IncomingMessage(id="", sender="", sent_at=None, text=None)
NO_PARTICIPANT = IncomingParticipant(id="")

KINDS = frozenset(Conversation.Kind.values)
AGE_BANDS = frozenset(Participant.AgeBand.values)

REQUIRED = "This is required."
NOT_OBJECT = "This must be an object."
NOT_TEXT = "This must be text."
NOT_LIST = "This must be a list."
NOT_TIME = "Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z."
IN_FUTURE = "This time is in the future. Check the clock of the platform."
TOO_EARLY = "This time is before 1990."

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# PostgreSQL stores neither in a text column. In message text, which is encrypted bytes, both may stand.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Allowance:
    """What may come in; an operator's files may hold more at once, and corpora longer texts and no times."""

    most_messages: int = MOST_MESSAGES
    longest_text: int = LONGEST_TEXT
    times_needed: bool = True


PLATFORM = Allowance()


def is_id(value: Any) -> bool:
    """Whether this can be the platform's own id of something."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and not _UNSTORABLE.search(value)


def read_conversation(
    raw: Any, *, now: datetime, allowance: Allowance = PLATFORM
) -> tuple[IncomingConversation | None, list[Fault]]:
    """The conversation, or None and its faults with pointers from the conversation on."""
    reading = _Reading(latest=now + CLOCK_SKEW, allowance=allowance)
    conversation = reading.conversation(raw)
    return (None, reading.faults) if reading.faults else (conversation, [])


@dataclass
class _Reading:
    latest: datetime
    allowance: Allowance
    faults: list[Fault] = field(default_factory=list)

    def conversation(self, raw: Any) -> IncomingConversation | None:
        if not isinstance(raw, dict):
            return self._fault("", NOT_OBJECT)
        conversation = IncomingConversation(
            id=self._id(raw, "id", "") or "",
            kind=self._choice(raw, "kind", "", KINDS),
            language=self._language(raw),
            participants=tuple(
                self._participant(one, f"/participants/{place}")
                for place, one in self._list(raw, "participants", MOST_PARTICIPANTS)
            ),
            messages=self._messages(raw),
        )
        accounts = {one.id for one in conversation.participants} | {
            one.sender for one in conversation.messages
        }
        if len(accounts) > MOST_PARTICIPANTS:
            self._fault("/messages", f"At most {MOST_PARTICIPANTS:,} accounts may take part in a call.")
        return conversation

    def _messages(self, raw: dict[str, Any]) -> tuple[IncomingMessage, ...]:
        if raw.get("messages") is None:
            self._fault("/messages", REQUIRED)
            return ()
        messages = []
        for place, one in self._list(raw, "messages", self.allowance.most_messages):
            messages.append(self._message(one, f"/messages/{place}"))
            if len(self.faults) >= MOST_FAULTS:
                break
        return tuple(messages)

    def _message(self, raw: Any, at: str) -> IncomingMessage:
        if not isinstance(raw, dict):
            return self._fault(at, NOT_OBJECT) or NO_MESSAGE
        deleted_at = self._time(raw, "deleted_at", at)
        return IncomingMessage(
            id=self._id(raw, "id", at) or "",
            sender=self._id(raw, "sender", at) or "",
            sent_at=self._time(raw, "sent_at", at, needed=self.allowance.times_needed),
            text=self._text(raw, at, needed=deleted_at is None),
            reply_to=self._id(raw, "reply_to", at, needed=False) or "",
            edited_at=self._time(raw, "edited_at", at),
            deleted_at=deleted_at,
        )

    def _participant(self, raw: Any, at: str) -> IncomingParticipant:
        if not isinstance(raw, dict):
            return self._fault(at, NOT_OBJECT) or NO_PARTICIPANT
        return IncomingParticipant(
            id=self._id(raw, "id", at) or "",
            declared_age_band=self._choice(raw, "declared_age_band", at, AGE_BANDS),
            account_created_at=self._time(raw, "account_created_at", at),
            display_name=self._display_name(raw, at),
            facts=self._facts(raw, at),
        )

    def _id(self, raw: dict[str, Any], name: str, at: str, *, needed: bool = True) -> str | None:
        value = raw.get(name)
        if value is None:
            return self._fault(f"{at}/{name}", REQUIRED) if needed else None
        if not isinstance(value, str):
            return self._fault(f"{at}/{name}", NOT_TEXT)
        if not value and not needed:
            return None
        if not 0 < len(value) <= LONGEST_ID:
            return self._fault(f"{at}/{name}", f"An id has 1 to {LONGEST_ID} characters.")
        if _UNSTORABLE.search(value):
            return self._fault(f"{at}/{name}", "An id may hold no NUL and no half of a surrogate pair.")
        return value

    def _text(self, raw: dict[str, Any], at: str, *, needed: bool) -> str | None:
        text = raw.get("text")
        if text is None:
            return self._fault(f"{at}/text", REQUIRED) if needed else None
        if not isinstance(text, str):
            return self._fault(f"{at}/text", NOT_TEXT)
        longest = self.allowance.longest_text
        if len(text) * 4 > longest and len(text.encode("utf-8", "surrogatepass")) > longest:
            return self._fault(f"{at}/text", f"A text has at most {longest:,} bytes in UTF-8.")
        return text

    def _time(self, raw: dict[str, Any], name: str, at: str, *, needed: bool = False) -> datetime | None:
        value = raw.get(name)
        if value is None:
            return self._fault(f"{at}/{name}", REQUIRED) if needed else None
        time = parsed_time(value)
        if time is None:
            return self._fault(f"{at}/{name}", NOT_TIME)
        if time > self.latest:
            return self._fault(f"{at}/{name}", IN_FUTURE)
        if time < EARLIEST:
            return self._fault(f"{at}/{name}", TOO_EARLY)
        return time

    def _choice(self, raw: dict[str, Any], name: str, at: str, choices: frozenset[str]) -> str | None:
        value = raw.get(name)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        return self._fault(f"{at}/{name}", f"This must be one of: {', '.join(sorted(choices))}.")

    def _language(self, raw: dict[str, Any]) -> str | None:
        value = raw.get("language")
        if value is None:
            return None
        if isinstance(value, str) and len(value) <= LONGEST_LANGUAGE and _LANGUAGE.fullmatch(value):
            return value
        return self._fault("/language", "Give a language tag (BCP 47), such as en or pt-BR.")

    def _display_name(self, raw: dict[str, Any], at: str) -> str | None:
        value = raw.get("display_name")
        if value is None or (isinstance(value, str) and len(value) <= LONGEST_NAME):
            return value
        return self._fault(f"{at}/display_name", f"This must be text of at most {LONGEST_NAME} characters.")

    def _facts(self, raw: dict[str, Any], at: str) -> dict[str, Any] | None:
        value = raw.get("facts")
        if value is None:
            return None
        if not isinstance(value, dict):
            return self._fault(f"{at}/facts", NOT_OBJECT)
        if not _is_plain(value, levels=DEEPEST_FACTS):
            return self._fault(f"{at}/facts", f"At most {DEEPEST_FACTS} levels and finite numbers only.")
        if len(json.dumps(value)) > LARGEST_FACTS:
            return self._fault(f"{at}/facts", f"Facts have at most {LARGEST_FACTS:,} bytes as JSON.")
        return value

    def _list(self, raw: dict[str, Any], name: str, most: int) -> list[tuple[int, Any]]:
        value = raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self._fault(f"/{name}", NOT_LIST)
            return []
        if len(value) > most:
            self._fault(f"/{name}", f"At most {most:,} a call; send the rest in a further call.")
            return []
        return list(enumerate(value))

    def _fault(self, pointer: str, detail: str) -> Any:
        """Note it; answers None in place of the value."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(pointer, detail))
        return None


def parsed_time(value: Any) -> datetime | None:
    """In UTC, or None. A leap second, which Python does not know, counts as the second before it."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, minute, second, fraction, zone = found.groups()
    try:
        time = datetime.fromisoformat(
            f"{day}T{minute}:{'59' if second == '60' else second}{(fraction or '')[:7]}{zone.upper()}"
        )
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_plain(value: Any, *, levels: int) -> bool:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return levels > 0 and all(_is_plain(one, levels=levels - 1) for one in inside)
    return not isinstance(value, float) or math.isfinite(value)
