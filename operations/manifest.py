"""What a backup says of itself: what lies in it, what it needs to be opened, and how the trail stood."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST, DUMP, ENCRYPTED, CHECKPOINT = (
    "manifest.json",
    "database.dump",
    "database.dump.age",
    "checkpoint.txt",
)
FORMAT, FORMAT_VERSION = "artemis-backup", 1


class NotABackup(Exception):
    """A sentence that says what is wrong with it."""


@dataclass(frozen=True)
class Manifest:
    """`rows`: of each table at that moment, null where it is too large to be counted; `keys`: which key-encryption
    keys wrap how many data keys; `entries`: how many the newest checkpoint covers, 0 where there is none."""

    made_at: str
    software: str
    postgresql: int
    file: str
    digest: str
    size: int
    encrypted_to: list[str]
    migrations: dict[str, str]
    rows: dict[str, int | None]
    keys: dict[str, int]
    entries: int

    def write(self, folder: Path) -> None:
        content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        (folder / MANIFEST).write_text(json.dumps(content, indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Raises NotABackup."""
    try:
        content = json.loads((folder / MANIFEST).read_text())
        kind, version = content.pop("format"), content.pop("format_version")
        if (kind, version) != (FORMAT, FORMAT_VERSION):
            raise NotABackup(
                f"{folder} holds {kind} {version}; this version reads {FORMAT} {FORMAT_VERSION}."
            )
        return Manifest(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotABackup(
            f"{folder} holds no {MANIFEST} of a backup. Name the folder that “manage.py backup” wrote."
        ) from None


def check_digest(folder: Path, manifest: Manifest) -> None:
    """Raises NotABackup where the file is not the one that was written."""
    path = folder / Path(manifest.file).name
    try:
        found = digest_of(path)
    except OSError as fault:
        raise NotABackup(f"{path} cannot be read: {fault.strerror}.") from None
    if found != manifest.digest:
        raise NotABackup(f"{path} is not what was written: its SHA-256 differs. Take another backup.")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
