"""What every reader of a platform's export yields: one message in the form of the API, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ExportError(ValueError):
    """The file as a whole cannot be taken; the sentence names its place and its fault, never its text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of one conversation, as the API's JSON has it (scoring/incoming_json.py checks it)."""

    place: str
    conversation: str
    message: Mapping[str, Any]
    # What the export knows of the conversation and of the account that wrote; absent is not known.
    about_conversation: Mapping[str, Any] = field(default_factory=dict)
    about_sender: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that is no message of a person, such as a join: counted, and no fault."""

    why: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """An entry that should be a message and is none; its conversation is then refused as a whole."""

    place: str
    conversation: str
    sentence: str


Read = Entry | LeftOut | Wrong
