"""Tells the official files of PAN-2012 from others, and finds the list of subject accounts that belongs to an XML.

The digests (SHA-256) are those that Vogt, Leser and Akbik (ACL 2021) publish with their corpus PANC, taken with
line ends of one character. The files go around with both line ends, so a file is official with either.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from scoring.corpus_conversation import CorpusError
from scoring.corpus_files import opened

Half = Literal["train", "test"]

XML_DIGESTS: dict[str, Half] = {
    "1630a5923460da3f940482a5c8d7ed57f845762154cd56c69238d45e7bbc6ca1": "train",
    "ff1d94fb61c8fb13fadb8859ac55471e9a4e19a06f50a7134ec06ed3d3b3f201": "test",
}
SUBJECT_DIGESTS: dict[str, Half] = {
    "a8594e6439c885c98c4a6232ce8661690b762ec98850c23918e3d4bce5e366f0": "train",
    "342c12b06d148b025ad92d12d57c816ec0abd1743f0d1e9dda552fe6af7c41d2": "test",
}
XML_NAMES: dict[Half, re.Pattern[str]] = {"train": re.compile("training"), "test": re.compile("test-corpus")}
SUBJECT_NAMES: dict[Half, re.Pattern[str]] = {
    "train": re.compile(r"predators.*\.txt"),
    "test": re.compile(r"groundtruth-problem1.*\.txt"),
}
LARGEST_LIST = 10_000_000
CHUNK = 1 << 20


def official_pan2012(path: Path) -> Half | None:
    """Return which half of the official corpus an XML is, by its digest, or None; reads the file once."""
    return _half_by_digest(path, XML_DIGESTS)


def official_subjects(path: Path) -> Half | None:
    """Return of which half a file is the official list of subject accounts, by its digest, or None."""
    return _half_by_digest(path, SUBJECT_DIGESTS)


def _half_by_digest(path: Path, known: dict[str, Half]) -> Half | None:
    as_it_is, unix = hashlib.sha256(), hashlib.sha256()
    with opened(path) as file:
        for chunk in iter(lambda: file.readline(CHUNK), b""):
            as_it_is.update(chunk)
            unix.update(chunk[:-2] + b"\n" if chunk.endswith(b"\r\n") else chunk)
    return known.get(as_it_is.hexdigest()) or known.get(unix.hexdigest())


def find_subjects(xml: Path) -> Path | None:
    """Return the list of subject accounts beside an XML, or None: by digest, else by name.

    Where neither says which half the XML is, the one list that is there. Raises CorpusError where several fit.
    """
    half = official_pan2012(xml) or _half_by_name(xml)
    lists = [path for path in sorted(xml.parent.iterdir()) if _may_be_list(path)]
    by_digest = [path for path in lists if half and official_subjects(path) == half]
    found = by_digest or [path for path in lists if is_list_by_name(path, half)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise CorpusError(f"{xml.name}: several lists of subject accounts lie beside it ({names}). Name one.")
    return found[0] if found else None


def is_list_by_name(path: Path, half: Half | None = None) -> bool:
    """Tell whether a file is called as the official lists of subject accounts are (of this half)."""
    return any(
        pattern.search(path.name.lower()) is not None
        for own, pattern in SUBJECT_NAMES.items()
        if half in (None, own)
    )


def read_subjects(path: Path) -> frozenset[str]:
    """Read a list of subject accounts: one identifier a line. Raises CorpusError where it is empty."""
    found = frozenset(line for line in _lines(path))
    if not found:
        raise CorpusError(f"{path.name}: the list of subject accounts is empty.")
    return found


def read_suspicious_lines(path: Path) -> frozenset[tuple[str, str]]:
    """Read the list of PAN-2012 problem 2: a conversation's id and a line number on each line.

    The message is `pan2012:<id>:<line>`. Raises CorpusError with the line that is otherwise.
    """
    pairs = set()
    for number, line in enumerate(_lines(path), start=1):
        parts = line.split()
        if len(parts) != 2 or not parts[1].isdecimal():
            raise CorpusError(f"{path.name}, line {number}: not a conversation's id and a line number.")
        pairs.add((parts[0], parts[1]))
    return frozenset(pairs)


def _lines(path: Path) -> Iterator[str]:
    with opened(path) as file:
        for line in file:
            if text := line.decode("utf-8-sig", "replace").strip():
                yield text


def _half_by_name(xml: Path) -> Half | None:
    return next((half for half, name in XML_NAMES.items() if name.search(xml.name.lower())), None)


def _may_be_list(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and path.is_file() and path.stat().st_size < LARGEST_LIST
