"""Shows how far long work is: one line that is drawn over itself on a terminal, elsewhere a line now and then."""

import time
from shutil import get_terminal_size
from types import TracebackType

from django.core.management.base import OutputWrapper

WIDTH = 24
SECONDS_BETWEEN, SECONDS_BETWEEN_LINES = 0.1, 15.0
CLEAR = "\r\x1b[K"


class ProgressLine:
    """Writes to a stream of a command; leaves a clean line behind, also where the work fails."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._is_terminal = bool(stream.isatty())
        self._pause = SECONDS_BETWEEN if self._is_terminal else SECONDS_BETWEEN_LINES
        self._drawn_at = time.monotonic()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_terminal:
            self._write(CLEAR)

    def show(self, sentence: str, share: float | None) -> None:
        """Show what is being done and, where it is known, which share from 0 to 1 of it is done."""
        if time.monotonic() - self._drawn_at < self._pause:
            return
        self._drawn_at = time.monotonic()
        line = sentence if share is None else f"{_bar(share)} {share:4.0%}  {sentence}"
        self._write(f"{CLEAR}{line[: get_terminal_size().columns - 1]}" if self._is_terminal else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text, style_func=str, ending="")
        self._stream.flush()


def _bar(share: float) -> str:
    full = round(share * WIDTH)
    return f"[{'█' * full}{'░' * (WIDTH - full)}]"
