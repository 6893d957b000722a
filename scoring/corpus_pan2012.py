"""Reads the XML of the PAN-2012 corpus as a stream: conversations of messages with author, time of day and
text.

`<conversations><conversation id="…"><message
line="1"><author>…</author><time>03:20</time><text>…</text></message>…`. The file has a time of day but no
date, so messages carry no time. A document type declaration is refused before anything in it is read, which
rules out entity expansion.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from scoring.corpus_conversation import (
    CorpusConversation,
    CorpusError,
    CorpusMessage,
    conversation,
    unknown_account,
)
from scoring.corpus_files import opened

CHUNK = 1 << 20
FIELDS = {"author", "text"}


class _Reader:
    """Collects finished conversations while expat reads; holds one unfinished conversation at most."""

    def __init__(self, subjects: frozenset[str] | None) -> None:
        self.subjects = subjects
        self.found = False
        self.finished: deque[CorpusConversation] = deque()
        self.identifier = ""
        self.line = ""
        self.field: str | None = None
        self.fields: dict[str, list[str]] = {}
        self.messages: list[CorpusMessage] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "conversation":
            self.identifier, self.messages = f"pan2012:{attributes['id']}", []
        elif name == "message":
            self.line = attributes.get("line") or str(len(self.messages) + 1)
            self.fields = {field: [] for field in FIELDS}
        elif name in FIELDS:
            self.field = name

    def characters(self, data: str) -> None:
        if self.field and self.fields:
            self.fields[self.field].append(data)

    def end(self, name: str) -> None:
        if name in FIELDS:
            self.field = None
        elif name == "message":
            self._finish_message()
        elif name == "conversation" and self.messages:
            self.finished.append(self._conversation())

    def _finish_message(self) -> None:
        author, text = ("".join(self.fields[field]).strip() for field in ("author", "text"))
        sender = author or unknown_account(self.identifier)
        self.messages.append(CorpusMessage(f"{self.identifier}:{self.line}", sender, None, text))
        self.fields = {}

    def _conversation(self) -> CorpusConversation:
        if self.subjects is None:
            return conversation(self.identifier, self.messages)
        authors = {
            message.sender: "subject" if message.sender in self.subjects else "other"
            for message in self.messages
        }
        label = int("subject" in authors.values())
        self.found = self.found or bool(label)
        return conversation(self.identifier, self.messages, label=label, authors=authors)


def read_pan2012(path: Path, subjects: frozenset[str] | None = None) -> Iterator[CorpusConversation]:
    """Yield conversations; with the corpus's list of subject accounts, label 1 where one of them wrote, else 0,
    and each account's role; without it neither.

    Raises CorpusError at the end of the file where none of the accounts of the list wrote anything in it.
    """
    reader = _Reader(subjects)
    parser = _parser(reader, path)
    with opened(path) as file:
        try:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                while reader.finished:
                    yield reader.finished.popleft()
            parser.Parse(b"", True)
        except (expat.ExpatError, KeyError) as error:
            place = f"line {parser.CurrentLineNumber}"
            raise CorpusError(f"{path.name}, {place}: not well-formed XML of the PAN-2012 layout.") from error
    yield from reader.finished
    if subjects is not None and not reader.found:
        raise CorpusError(
            f"{path.name}: none of the {len(subjects):,} accounts of the list wrote in it. Is it another file's list?"
        )


def _parser(reader: _Reader, path: Path) -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        raise CorpusError(
            f"{path.name}: the file declares a document type; remove the declaration and try again."
        )

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    return parser
