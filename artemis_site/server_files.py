"""The private folders, lock and passwords of the demo's own servers: nobody else can read them."""

import fcntl
import hashlib
import os
import secrets
from pathlib import Path

from artemis_site.children import NOBODY, Identity, unprivileged_identity, wait_until
from artemis_site.server_programs import ServerError

LONGEST_SOCKET_PATH = 107  # bytes, see unix(7)
PATIENCE = 20.0  # seconds that the servers of a killed demo may need to end


def socket_folder(data: Path) -> Path:
    """Beside the data, or under /tmp when that path would be too long for a socket."""
    beside = data / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
        return beside
    return Path("/tmp") / f"artemis-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108


def make_data_folder(data: Path) -> None:
    if not data.exists():
        # A server that runs as another user must be able to pass through; everything inside is 0700.
        data.mkdir(parents=True, mode=0o711 if unprivileged_identity() is Identity.NOBODY else 0o700)
    for folder in (data / "logs", data / "secrets"):
        folder.mkdir(mode=0o700, exist_ok=True)


def make_socket_folder(sockets: Path) -> None:
    sockets.mkdir(mode=0o700, exist_ok=True)
    # Under /tmp somebody else may have made a folder of that name first.
    if sockets.is_symlink() or sockets.lstat().st_uid not in {os.geteuid(), NOBODY}:
        raise ServerError(
            f"{sockets} belongs to somebody else: choose a shorter data folder with --data DIR."
        )
    sockets.chmod(0o700)


def lock_folder(path: Path, *, patience: float | None = None) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    seconds = PATIENCE if patience is None else patience
    if not wait_until(lambda: _lock_taken(lock), seconds=seconds, pause=0.1):
        os.close(lock)
        raise ServerError(
            f"{path.parent} is in use by another running demo: stop that one, or choose --data DIR."
        )
    return lock


def _lock_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def password(data: Path, name: str) -> str:
    """Random, made once, kept in a file of its own that only this user can read."""
    path = data / "secrets" / name
    try:
        return path.read_text()
    except FileNotFoundError:
        write_private(path, secrets.token_urlsafe(24))
        return path.read_text()


def write_private(path: Path, content: str) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    unfinished.replace(path)
