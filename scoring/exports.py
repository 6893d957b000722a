"""Reads what platforms export: once to its end to check it, and only then once more to hand it over.

So a conversation is taken wholly or not at all, and a file that breaks off leaves nothing behind, whatever its
size: both readings hold a few thousand messages at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeGuard

from scoring.export_csv import CsvOptions, looks_like_chat, read_csv
from scoring.export_discord import read_discord
from scoring.export_entry import Entry, ExportError, LeftOut, Read, Wrong
from scoring.export_files import ZIP_MARK, Folder, head_of
from scoring.export_matrix import read_matrix
from scoring.export_slack import is_slack, read_slack
from scoring.incoming import Fault, IncomingConversation
from scoring.incoming_json import Allowance, read_conversation

Export = Literal["csv", "matrix", "discord", "slack"]

WINDOW = 5_000
MOST_ACCOUNTS = 900
# Of accounts and conversations, what is known of the first so many is kept; of faulty conversations, no more are borne.
MOST_KNOWN = 100_000
MOST_FAULTY = 10_000
ALLOWANCE = Allowance(longest_text=64 * 1024)
TOO_MANY_FAULTS = f"{{name}}: more than {MOST_FAULTY:,} conversations are faulty. Nothing of it was taken."
CHANGED = "{name} changed while it was read. Run the same command again."
WRONG = "wrong"
READERS: dict[str, Callable[[Path], Iterator[Read]]] = {
    "matrix": read_matrix,
    "discord": read_discord,
    "slack": read_slack,
}


@dataclass(frozen=True)
class Part:
    """Some messages of a conversation and the places where they stand, or what is wrong with one of them.

    Neither: a sign that the reading goes on.
    """

    place: str
    conversation: IncomingConversation | None = None
    is_first: bool = True
    faults: tuple[Fault, ...] = ()


@dataclass
class ExportFile:
    """One file or folder while it is read: `left_out` counts what is no message, `is_checked` after the first time."""

    path: Path
    form: Export
    options: CsvOptions
    now: datetime
    left_out: Counter[str] = field(default_factory=Counter)
    is_checked: bool = False
    faulty: set[str] = field(default_factory=set)
    writers: dict[str, set[str]] = field(default_factory=dict)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """Faults first, then the parts of what has none. Raises ExportError for the file as a whole."""
        for window in _windows(self._entries()):
            yield from self._check(window)
        self.is_checked = True
        met: set[int] = set()
        for window in _windows(one for one in self._read() if self._is_whole(one)):
            for name, entries in window.items():
                conversation, faults = self._conversation(name, entries)
                if faults:
                    raise ExportError(CHANGED.format(name=self.path.name))
                number = hash(name)
                yield Part(entries[0].place, conversation, is_first=number not in met)
                met.add(number)

    def _read(self) -> Iterator[Read]:
        return read_csv(self.path, self.options) if self.form == "csv" else READERS[self.form](self.path)

    def _is_whole(self, one: Read) -> TypeGuard[Entry]:
        return isinstance(one, Entry) and one.conversation not in self.faulty

    # --- The first reading -----------------------------------------------------------------------

    def _entries(self) -> Iterator[Entry]:
        for one in self._read():
            if isinstance(one, LeftOut):
                self.left_out[one.why] += 1
            elif isinstance(one, Wrong):
                # As an entry that cannot be read, so that it keeps its place among the others.
                yield Entry(one.place, one.conversation, {WRONG: one.sentence})
            else:
                self._learn(one)
                yield one

    def _learn(self, entry: Entry) -> None:
        """Facts are gathered before anything is handed over: a second run then finds nothing to change."""
        _keep(self.conversations, entry.conversation, entry.about_conversation)
        sender = entry.message.get("sender")
        if not isinstance(sender, str):
            return
        _keep(self.accounts, (entry.conversation, sender), entry.about_sender)
        if entry.conversation in self.writers or len(self.writers) < MOST_KNOWN:
            writers = self.writers.setdefault(entry.conversation, set())
            if len(writers) < 3:
                writers.add(sender)

    def _check(self, window: dict[str, list[Entry]]) -> Iterator[Part]:
        yield Part(self.path.name)
        for name, entries in window.items():
            found = list(self._faults_of(name, entries))
            if found:
                self.faulty.add(name)
                yield from found
            if len(self.faulty) > MOST_FAULTY:
                raise ExportError(TOO_MANY_FAULTS.format(name=self.path.name))

    def _faults_of(self, name: str, entries: list[Entry]) -> Iterator[Part]:
        is_known = name in self.faulty
        readable = []
        for entry in entries:
            if WRONG in entry.message:
                yield Part(entry.place, is_first=not is_known, faults=(Fault("", entry.message[WRONG]),))
                is_known = True
            else:
                readable.append(entry)
        for fault in self._conversation(name, readable)[1]:
            place, pointer = _place_of(fault.pointer, readable)
            yield Part(place, is_first=not is_known, faults=(Fault(pointer, fault.detail),))
            is_known = True

    # --- Both ------------------------------------------------------------------------------------

    def _conversation(
        self, name: str, entries: list[Entry]
    ) -> tuple[IncomingConversation | None, list[Fault]]:
        senders = dict.fromkeys(str(entry.message.get("sender")) for entry in entries)
        known = ((sender, self.accounts.get((name, sender))) for sender in senders)
        raw = {
            "id": name,
            **self._facts(name),
            "participants": [{"id": sender, **facts} for sender, facts in known if facts],
            "messages": [entry.message for entry in entries],
        }
        return read_conversation(raw, now=self.now, allowance=ALLOWANCE)

    def _facts(self, name: str) -> dict[str, Any]:
        facts = self.conversations.get(name, {})
        writers = self.writers.get(name, set())
        if "kind" in facts or not self.is_checked or not writers:
            return facts
        return facts | {"kind": "group" if len(writers) > 2 else "direct"}


def form_of(path: Path) -> Export | None:
    """What this file or folder plainly is, by its content."""
    if path.is_dir():
        return "slack" if is_slack(Folder(path).names) else None
    head = head_of(path)
    if head.startswith(ZIP_MARK):
        return "slack"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") and b'"guild"' in head[:4096] and b'"channel"' in head:
        return "discord"
    if text[:1] in (b"{", b"["):
        return "matrix" if b'"origin_server_ts"' in head and b'"event_id"' in head else None
    return "csv" if looks_like_chat(_first_line(head)) else None


def _windows(entries: Iterable[Entry]) -> Iterator[dict[str, list[Entry]]]:
    """A few thousand entries at a time by their conversation, in their order."""
    window: dict[str, list[Entry]] = {}
    accounts: dict[str, set[Any]] = {}
    count = 0
    for entry in entries:
        window.setdefault(entry.conversation, []).append(entry)
        writers = accounts.setdefault(entry.conversation, set())
        writers.add(str(entry.message.get("sender")))
        count += 1
        if count == WINDOW or len(writers) == MOST_ACCOUNTS:
            yield window
            window, accounts, count = {}, {}, 0
    if window:
        yield window


def _keep(known: dict[Any, dict[str, Any]], name: Any, facts: Mapping[str, Any]) -> None:
    """What is said last holds."""
    if facts and (name in known or len(known) < MOST_KNOWN):
        known.setdefault(name, {}).update(facts)


def _place_of(pointer: str, entries: list[Entry]) -> tuple[str, str]:
    """Where the fault stands in the file, and what is left of its pointer."""
    parts = pointer.split("/")
    if parts[:2] == ["", "messages"] and len(parts) > 2:
        return entries[int(parts[2])].place, "".join(f"/{part}" for part in parts[3:])
    return entries[0].place if entries else "", pointer


def _first_line(head: bytes) -> str:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head[: len(head) // 2 * 2].decode("utf-16", "replace") if wide else head.decode("utf-8", "replace")
    return text.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r")
