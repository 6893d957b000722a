"""Opens the files of an export so that none of them, however made, takes more than a little memory."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ijson  # type: ignore[import-untyped]

from scoring.export_entry import ExportError

GZIP_MARK, ZIP_MARK = b"\x1f\x8b", b"PK\x03\x04"
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CHUNK = 64 * 1024
LONGEST_ENTRY = 2 * 1024 * 1024
MOST_OPEN = 100_000
TAIL = 1024
# Chat is packed to a tenth or a twentieth; only what is made for it goes far beyond.
MOST_UNPACKED = 200
ALWAYS_UNPACKED = 64 * 1024 * 1024
MOST_MEMBERS = 65_534

BROKEN = "{name}: the JSON breaks off, or is not well formed in UTF-8, after entry {number:,}. Nothing of it was taken."
BOMB = f"{{name}} unpacks to more than {MOST_UNPACKED} times its size. Nothing of it was taken."
DAMAGED = "{name}: the packed file breaks off or is damaged. Nothing of it was taken."
TOO_LONG = f"{{name}}: the entry after number {{number:,}} is longer than {LONGEST_ENTRY:,} bytes. Nothing was taken."
TOO_DEEP = "{name}: the entry after number {number:,} is nested without end. Nothing was taken."
WIDE = "{name} is in UTF-16. Save it as UTF-8. Nothing of it was taken."


@dataclass
class Budget:
    """How much a packed file may unpack to, all that is in it together."""

    packed: int
    total: int = 0

    def spend(self, size: int, name: str) -> None:
        self.total += size
        if self.total > max(ALWAYS_UNPACKED, self.packed * MOST_UNPACKED):
            raise ExportError(BOMB.format(name=name))


class Guarded(io.RawIOBase):
    """A file that is read in small pieces, and refuses an entry without an end and a bomb."""

    def __init__(self, file: IO[bytes], name: str, *, budget: Budget | None = None) -> None:
        super().__init__()
        self.file, self.name, self.budget = file, name, budget
        self.number = self.since = self.open = 0
        self.last = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self.file.read(CHUNK if size < 0 else min(size, CHUNK))
        except (
            EOFError,
            zlib.error,
            gzip.BadGzipFile,
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
        ):
            raise ExportError(DAMAGED.format(name=self.name)) from None
        self.since += len(piece)
        # Roughly, since a text may hold brackets too; but no entry leaves so many open.
        self.open += sum(map(piece.count, b"[{")) - sum(map(piece.count, b"]}"))
        self.last = (self.last[-TAIL:] + piece)[-CHUNK:]
        if self.budget is not None:
            self.budget.spend(len(piece), self.name)
        return piece

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def entry_ended(self) -> None:
        self.number += 1
        self.since = self.open = 0

    def check_entry(self) -> None:
        if self.since > LONGEST_ENTRY:
            raise ExportError(TOO_LONG.format(name=self.name, number=self.number))
        if self.open > MOST_OPEN:
            raise ExportError(TOO_DEEP.format(name=self.name, number=self.number))


@contextmanager
def guarded(path: Path) -> Iterator[Guarded]:
    """Open a file; one packed by gzip, whatever its name, is unpacked on the way."""
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP_MARK)) == GZIP_MARK
        file.seek(0)
        if is_packed:
            yield Guarded(gzip.GzipFile(fileobj=file), path.name, budget=Budget(path.stat().st_size))  # type: ignore[arg-type]
        else:
            yield Guarded(file, path.name)


def head_of(path: Path, size: int = CHUNK) -> bytes:
    """The first bytes, unpacked; empty where the file cannot be unpacked, which its reader will then say."""
    try:
        with guarded(path) as file:
            return file.read(size)
    except ExportError:
        return b""


def entries(file: Guarded, prefix: str, *, lines: bool = False) -> Iterator[Any]:
    """Each JSON value under a prefix of ijson, one in memory at a time."""
    try:
        found = ijson.items(_json_of(file), prefix, multiple_values=lines, use_float=True, buf_size=CHUNK)
        for value in found:
            file.entry_ended()
            yield value
    except (ijson.JSONError, UnicodeError, OverflowError):
        raise ExportError(BROKEN.format(name=file.name, number=file.number)) from None


def values_before(file: Guarded, stop: str) -> dict[str, Any]:
    """The plain values that stand before the member `stop`, by their prefixes."""
    found: dict[str, Any] = {}
    try:
        for at, event, value in ijson.parse(_json_of(file), use_float=True, buf_size=CHUNK):
            if at == stop:
                break
            if event in ("string", "number"):
                found[at] = value
    except (ijson.JSONError, UnicodeError, OverflowError):
        raise ExportError(BROKEN.format(name=file.name, number=0)) from None
    return found


class _Joined:
    """The first bytes again, then the rest."""

    def __init__(self, head: bytes, rest: Guarded) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # To find out whether this is a file of bytes.
            return b""
        head, self.head = self.head, b""
        piece = head or self.rest.read(size)
        self.rest.check_entry()
        return piece


def _json_of(file: Guarded) -> _Joined:
    head = file.read(CHUNK)
    if head.startswith(WIDE_MARKS):
        raise ExportError(WIDE.format(name=file.name))
    return _Joined(head.removeprefix(BYTE_ORDER_MARK), file)


# --- Folders, and folders in a zip ---------------------------------------------------------------


class Folder:
    """The files of an unpacked export by their names from it on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = sorted(
            found.relative_to(path).as_posix()
            for found in path.rglob("*.json")
            if found.is_file() and not found.is_symlink()
        )
        self.size = sum((path / name).stat().st_size for name in self.names)

    @contextmanager
    def open(self, name: str) -> Iterator[Guarded]:
        with (self.path / name).open("rb") as file:
            yield Guarded(file, name)


class Zipped:
    """The files inside a zip; nothing is written to the disk, so no name in it can lead anywhere."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        _check_directory(file, name)
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, struct.error, UnicodeError, EOFError, NotImplementedError):
            raise ExportError(DAMAGED.format(name=name)) from None
        self.names = sorted({one for one in self.zip.namelist() if one.endswith(".json")})
        self.budget = Budget(file.seek(0, os.SEEK_END))

    @contextmanager
    def open(self, name: str) -> Iterator[Guarded]:
        try:
            with self.zip.open(name) as file:
                yield Guarded(file, f"{self.name}: {name}", budget=self.budget)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
            raise ExportError(DAMAGED.format(name=self.name)) from None


def _check_directory(file: IO[bytes], name: str) -> None:
    """Before the list of files, which is read as a whole: a zip made for it could name a hundred million."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise ExportError(DAMAGED.format(name=name))
    (count,) = struct.unpack_from("<H", tail, at + 10)
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if count > MOST_MEMBERS or length > 64 * 1024 * 1024:
        raise ExportError(f"{name} holds more than {MOST_MEMBERS:,} files. Unpack it, and name the folder.")
