"""Remembers in a file how far events were read, so that a program that was killed goes on where it was."""

import os
from pathlib import Path


class CursorFile:
    """Written beside and moved into place: it holds the old cursor or the new one, never a half."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def load(self) -> str | None:
        try:
            return self.path.read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def save(self, cursor: str) -> None:
        beside = self.path.with_name(f"{self.path.name}.new")
        with beside.open("w", encoding="ascii") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
