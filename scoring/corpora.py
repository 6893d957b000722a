"""Reads conversations from the forms in which people keep them, one at a time and in constant memory; never
prints text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scoring.corpus_chat import read_casino, read_irc, read_plain, read_topical_chat
from scoring.corpus_conversation import CorpusConversation, CorpusError, CorpusMessage
from scoring.corpus_files import files_in, head_of
from scoring.corpus_labelled import conversation_of, read_labelled_array, read_labelled_records
from scoring.corpus_pan2012 import read_pan2012
from scoring.corpus_pan2012_files import (
    find_subjects,
    is_list_by_name,
    official_pan2012,
    official_subjects,
    read_subjects,
    read_suspicious_lines,
)
from scoring.corpus_table import ENDINGS, delimiter_of, read_table

__all__ = [
    "FORMS",
    "CorpusConversation",
    "CorpusError",
    "CorpusMessage",
    "Form",
    "detect_form",
    "official_pan2012",
    "official_subjects",
    "read",
    "read_records",
    "read_subjects",
    "read_suspicious_lines",
]

Form = Literal["labelled", "labelled_array", "irc", "topical_chat", "casino", "pan2012", "table"]

SNIFFED = 64 * 1024

_ARRAY = re.compile(rb"\[\s*\{")
_IRC_ANY = re.compile(rb"^\[\d\d:\d\d\] ", re.MULTILINE)


@dataclass(frozen=True)
class FormOfFile:
    """What a form is called, and what reads a file of it: as conversations, or as records where it is labelled."""

    words: str
    conversations: Callable[[Path], Iterator[CorpusConversation]] | None = None
    records: Callable[[Path], Iterator[dict[str, Any]]] | None = None

    def read(self, path: Path) -> Iterator[CorpusConversation]:
        if self.conversations is not None:
            return self.conversations(path)
        return map(conversation_of, self.read_records(path))

    def read_records(self, path: Path) -> Iterator[dict[str, Any]]:
        if self.records is not None:
            return self.records(path)
        return (own.as_record() for own in self.read(path))


FORMS: dict[Form, FormOfFile] = {
    "labelled": FormOfFile("labelled JSON lines", records=read_labelled_records),
    "labelled_array": FormOfFile("a JSON array of labelled conversations", records=read_labelled_array),
    "irc": FormOfFile("an IRC log whose lines begin with [HH:MM]", read_irc),
    "topical_chat": FormOfFile("Topical-Chat JSON", read_topical_chat),
    "casino": FormOfFile("CaSiNo JSON", read_casino),
    "pan2012": FormOfFile("PAN-2012 XML", read_pan2012),
    "table": FormOfFile("a table (CSV or TSV) whose first row names a column text", read_table),
}
# Says nothing of labels and accounts: taken as benign chat only, and only by the name of the file.
PLAIN = FormOfFile("plain text, one message a line", read_plain)


def read(path: Path, form: Form | None = None) -> Iterator[CorpusConversation]:
    """Yield the conversations of a file; the form is found out where it is not given. Raises CorpusError.

    Conversations without a message are left out. Ids of conversations and messages are the same in every run
    over the same file name and content.
    """
    return FORMS[form or detect_form(path)].read(path)


def read_records(
    path: Path, *, label: int | None = None, subjects: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Yield a file of any form, or all files of a folder in the order of their names, as labelled records.

    `label` is given to records that have none; with label 0 a file *.txt may be plain text. `subjects` is the list
    of subject accounts of PAN-2012 files; without it, it is looked for beside each. Raises CorpusError.
    """
    if path.is_dir():
        for file in _files_of(path):
            yield from read_records(file, label=label, subjects=subjects)
        return
    for record in _labelled(path, label=label, subjects=subjects):
        yield record | {"label": label} if record.get("label") is None else record


def _files_of(folder: Path) -> Iterable[Path]:
    files = [file for file in files_in(folder) if not is_list_by_name(file)]
    if not files:
        raise CorpusError(f"{folder.name}: there is no corpus file in this folder.")
    return files


def _labelled(path: Path, *, label: int | None, subjects: Path | None) -> Iterator[dict[str, Any]]:
    form = _form_of(path)
    if form is None and label == 0 and ".txt" in path.suffixes:
        return PLAIN.read_records(path)
    if form == "pan2012":
        accounts = _subjects_for(path, subjects, needed=label is None)
        return (own.as_record() for own in read_pan2012(path, accounts))
    return FORMS[form or detect_form(path)].read_records(path)


def _subjects_for(path: Path, given: Path | None, *, needed: bool) -> frozenset[str] | None:
    found = given or find_subjects(path)
    if found is not None:
        return read_subjects(found)
    if needed:
        raise CorpusError(
            f"{path.name}: the list of subject accounts does not lie beside it. Name it with --subjects FILE."
        )
    return None


def detect_form(path: Path) -> Form:
    """Find out a file's form from its name and first 64 KB; raises CorpusError that names the forms."""
    found = _form_of(path)
    if found is None:
        known = ", ".join(form.words for form in FORMS.values())
        raise CorpusError(f"{path.name} is in none of the known forms: {known}.")
    return found


def _form_of(path: Path) -> Form | None:
    head = head_of(path, SNIFFED)
    endings = [ending.lower() for ending in path.suffixes]
    if ".xml" in endings or head.startswith((b"<?xml", b"<conversations")):
        return "pan2012" if b"<conversation" in head else None
    if found := _json_form(head):
        return found
    if _IRC_ANY.search(head):
        return "irc"
    is_named_so = any(ending in ENDINGS for ending in endings)
    return "table" if delimiter_of(_text(head), is_named_so=is_named_so) else None


def _json_form(head: bytes) -> Form | None:
    if _ARRAY.match(head):
        if b'"chat_logs"' in head:
            return "casino"
        return "labelled_array" if b'"messages"' in head or b'"text"' in head else None
    if not head.startswith(b"{"):
        return None
    first = head.split(b"\n", 1)[0]
    if b'"messages"' in first or (b'"text"' in first and b'"agent"' not in head):
        return "labelled"
    return "topical_chat" if b'"content"' in head and b'"agent"' in head else None


def _text(head: bytes) -> str:
    """A table's first line; in UTF-16, as spreadsheets also write, where the mark says so."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return head[: len(head) // 2 * 2].decode("utf-16", "replace") if wide else head.decode("utf-8", "replace")
