"""Opens the files of a corpus, packed or not, and lists those of a folder."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from scoring.corpus_conversation import CorpusError

GZIP_MARK = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENDINGS = frozenset(
    (".gz", ".txt", ".log", ".raw", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".tab", ".xml")
)
ABOUT_THE_CORPUS = ("readme", "license", "licence", "copying", "citation", "notice", "changelog")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes; one packed by gzip, whatever its name, is unpacked on the way."""
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP_MARK)) == GZIP_MARK
        file.seek(0)
        try:
            if is_packed:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise CorpusError(f"{path.name}: the packed file breaks off or is damaged.") from error


@contextmanager
def opened_text(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open a file for reading text with its own line ends: UTF-8, or UTF-16 where it begins with that mark.

    Bytes that are not UTF-8 are read as Windows-1252, in which spreadsheets and old telephones write.
    """
    with opened(path) as file:
        head = file.read(len(BYTE_ORDER_MARK))
        file.seek(0)
        encoding = "utf-16" if head.startswith(WIDE_MARKS) else "utf-8-sig"
        text = io.TextIOWrapper(file, encoding=encoding, errors="windows-1252 bytes", newline="")
        try:
            yield text
        finally:
            text.detach()


def head_of(path: Path, size: int) -> bytes:
    """Return the first bytes of a file, unpacked, without byte order mark and leading blanks."""
    with opened(path) as file:
        return file.read(size).removeprefix(BYTE_ORDER_MARK).lstrip()


def stem_of(path: Path) -> str:
    """Return the file's name without the endings that say how it is written."""
    name = path.name
    while (ending := Path(name).suffix) and ending.lower() in ENDINGS:
        name = name[: -len(ending)]
    return name


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder and its folders, sorted; hidden ones and those about the corpus are left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not _is_left_out(path.relative_to(folder)))


def _is_left_out(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or path.suffix.lower() == ".md" or path.name.lower().startswith(ABOUT_THE_CORPUS)


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252 bytes", _as_windows_1252)
