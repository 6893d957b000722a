"""Cuts a stream of lines into chunks of whole lines; where it cuts depends on the bytes alone, never on how they came.

So the same body sent again falls into the same chunks, whose digests tell what is stored already. At most one chunk and
one line are held.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CHUNK = 1024 * 1024
LONGEST_LINE = 8 * 1024 * 1024
# Stands for a line that was too long to be held.
TOO_LONG = b"\x00too long"


@dataclass(frozen=True, slots=True)
class Chunk:
    content: bytes
    lines: int
    # As they were sent.
    size: int
    digest: bytes


def cut(pieces: Iterable[bytes]) -> Iterator[Chunk]:
    cutter = _Cutter()
    for piece in pieces:
        yield from cutter.take(piece)
    yield from cutter.rest()


class _Cutter:
    def __init__(self) -> None:
        self.waiting = bytearray()
        # No line ends before this place, from CHUNK on.
        self.scanned = CHUNK - 1
        self.dropping: _Dropped | None = None

    def take(self, piece: bytes) -> Iterator[Chunk]:
        if self.dropping is not None:
            piece, chunk = self._drop(piece)
            if chunk is not None:
                yield chunk
        self.waiting += piece
        while (end := self._end()) is not None:
            if end:
                yield self._cut(end)
            else:
                piece, self.waiting = bytes(self.waiting), bytearray()
                self.dropping, self.scanned = _Dropped(), CHUNK - 1
                rest, chunk = self._drop(piece)
                self.waiting += rest
                if chunk is not None:
                    yield chunk

    def rest(self) -> Iterator[Chunk]:
        if self.dropping is not None:
            yield self.dropping.as_chunk()
        if self.waiting:
            yield self._cut(len(self.waiting))

    def _end(self) -> int | None:
        """Where the first chunk ends; 0 where it begins with a line that is too long; None: not known yet."""
        most = CHUNK + LONGEST_LINE
        found = self.waiting.find(b"\n", self.scanned, most)
        if found >= 0:
            return found + 1
        if len(self.waiting) < most:
            self.scanned = max(self.scanned, len(self.waiting))
            return None
        return self.waiting.rfind(b"\n", 0, CHUNK - 1) + 1

    def _cut(self, end: int) -> Chunk:
        content = bytes(self.waiting[:end])
        del self.waiting[:end]
        self.scanned = CHUNK - 1
        lines = content.count(b"\n") + (not content.endswith(b"\n"))
        return Chunk(content, lines, len(content), hashlib.sha256(content).digest())

    def _drop(self, piece: bytes) -> tuple[bytes, Chunk | None]:
        """What follows the end of the line, and the chunk that stands for it, if it ends here."""
        assert self.dropping is not None  # noqa: S101 - asked by the callers
        end = piece.find(b"\n") + 1
        self.dropping.pass_over(piece[:end] if end else piece)
        if not end:
            return b"", None
        chunk, self.dropping = self.dropping.as_chunk(), None
        return piece[end:], chunk


class _Dropped:
    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.bytes = 0

    def pass_over(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.bytes += len(piece)

    def as_chunk(self) -> Chunk:
        return Chunk(TOO_LONG + b"\n", 1, self.bytes, self.digest.digest())
