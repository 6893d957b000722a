"""Writes a file of evidence whole or not at all, readable by its owner only."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from audit.transitions import NotPossible


@contextmanager
def written_whole(path: Path) -> Iterator[IO[str]]:
    """Open a file for writing that appears under its name when the block ends well, and else leaves nothing.

    Raises NotPossible where it cannot be written or the name is taken: evidence never overwrites a file.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _check_free(path)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise NotPossible(f"{path} cannot be written: {fault.strerror}. Choose another place.") from None
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A link, not a renaming: the name may have been taken meanwhile.
        os.link(draft, path)
    except FileExistsError:
        _check_free(path)
        raise
    finally:
        draft.unlink()


def _check_free(path: Path) -> None:
    if path.exists():
        raise NotPossible(f"{path} exists already. Choose another name; evidence overwrites nothing.")
