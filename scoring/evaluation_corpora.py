"""Reads the files of an evaluation as labelled records, as often as needed and in the same order, and says in
how far they are what they are taken for.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scoring.corpora import CorpusError, detect_form, official_pan2012, official_subjects, read_records
from scoring.corpus_files import files_in
from scoring.corpus_pan2012_files import find_subjects, is_list_by_name
from scoring.evaluation_facts import Facts, FactsReader
from scoring.training_data import canonical

Record = dict[str, Any]
Part = Literal["corpus", "negatives", "unseen_negatives"]
Tell = Callable[[str], None]

TOLD_EVERY = 5_000
NOT_OFFICIAL = "not the official files"


@dataclass(frozen=True)
class CorpusFile:
    """One file; `negatives` are benign whatever they say, `unseen_negatives` are besides never trained on."""

    path: Path
    part: Part

    @property
    def name(self) -> str:
        return self.path.name


def silent(_: str) -> None:
    """Tell nobody how far the work is."""


@dataclass(frozen=True)
class Corpora:
    """The files of one evaluation, with PAN-2012's list of subject accounts where the operator names it."""

    files: tuple[CorpusFile, ...]
    subjects: Path | None = None
    tell: Tell = silent

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield each record with the place of its file. Raises CorpusError."""
        number = 0
        for place, file in enumerate(self.files):
            for record in self._read(file):
                number += 1
                if number % TOLD_EVERY == 0:
                    self.tell(f"{number:,} conversations read")
                yield place, record if file.part == "corpus" else record | {"label": 0}

    def _read(self, file: CorpusFile) -> Iterator[Record]:
        label = None if file.part == "corpus" else 0
        try:
            yield from read_records(file.path, label=label, subjects=self.subjects)
        except OSError as fault:
            raise CorpusError(f"{file.path} cannot be read: {fault.strerror or fault}.") from None

    def facts(self, *, seed: int, folds: int) -> tuple[Facts, dict[str, str]]:
        """Read everything once: what is known of the conversations, and the digests that training would give
        the corpus alone and the corpus with its negatives.
        """
        reader, alone, everything = FactsReader(), hashlib.sha256(), hashlib.sha256()
        for place, record in self.records():
            line = canonical(record)
            everything.update(line)
            if self.files[place].part == "corpus":
                alone.update(line)
            reader.add(place, record)
        if not reader.labels:
            raise CorpusError("The files hold no conversation.")
        digests = {"corpus": alone.hexdigest(), "all": everything.hexdigest()}
        return reader.finished(seed=seed, folds=folds), digests


def listed(paths: Sequence[Path] | None, part: Part) -> list[CorpusFile]:
    """Return the files named, and for a folder those in it. Raises CorpusError where one is missing."""
    found = []
    for path in paths or ():
        if not path.exists():
            raise CorpusError(f"{path} does not exist.")
        own = [file for file in files_in(path) if not is_list_by_name(file)] if path.is_dir() else [path]
        if not own:
            raise CorpusError(f"{path} holds no file.")
        found += [CorpusFile(each, part) for each in own]
    return found


def described(file: CorpusFile, subjects: Path | None) -> dict[str, str]:
    """Return what a card says of a file: its name, part and SHA-256, and for PAN-2012 whether it is official."""
    facts = {"name": file.name, "part": file.part, "sha256": sha256_of(file.path)}
    if file.part == "corpus" and detect_form(file.path) == "pan2012":
        facts["pan2012"] = _official(file.path, subjects)
    return facts


def _official(xml: Path, subjects: Path | None) -> str:
    """Both the conversations and their list of subject accounts must be the official ones, of the same half."""
    half, accounts = official_pan2012(xml), subjects or find_subjects(xml)
    if half is None or accounts is None or official_subjects(accounts) != half:
        return NOT_OFFICIAL
    return f"the official {half} half, with its official list"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies there, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
