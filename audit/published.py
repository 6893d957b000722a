"""Signed checkpoints in a folder: a file for each day, only ever added to, and the last one by itself."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit.notes import Checkpoint, NoteRefused, Verifier, open_note

LAST = "latest.txt"


@dataclass
class Published:
    """What was given out. The last one is also what the sealer holds the database to."""

    folder: Path
    verifier: Verifier
    _last: Checkpoint | None = None

    def last(self) -> Checkpoint | None:
        if self._last is None:
            path = self.folder / LAST
            self._last = open_note(path.read_text(), self.verifier) if path.exists() else None
        return self._last

    def add(self, note: str) -> None:
        """The day's file first: whatever `latest.txt` says has been written down before."""
        checkpoint = open_note(note, self.verifier)
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        day = datetime.now(UTC).date().isoformat()
        with (self.folder / f"{day}.txt").open("a") as file:
            file.write(f"{note}\n")
        unfinished = self.folder / f"{LAST}.unfinished"
        with unfinished.open("w") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / LAST)
        self._last = checkpoint


def notes_in(text: str) -> list[str]:
    """The notes of a day's file, or the one of `latest.txt`."""
    found, lines = [], text.splitlines(keepends=True)
    current = ""
    for line in lines:
        if line == "\n" and "\n— " in current:
            found.append(current)
            current = ""
        else:
            current += line
    return [*found, current] if current else found


def last_note(path: Path) -> str:
    try:
        notes = notes_in(path.read_text())
    except (OSError, UnicodeDecodeError):
        raise NoteRefused(f"{path.name} cannot be read.") from None
    if not notes:
        raise NoteRefused(f"{path.name} holds no checkpoint.")
    return notes[-1]
