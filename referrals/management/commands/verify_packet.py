"""Says whether a packet is what was sealed. Needs no database and no settings of an installation."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from referrals.archive import LARGEST_ARCHIVE, Unreadable
from referrals.signing import PUBLIC_KEY_FILE
from referrals.verification import Report, read_public_key, verify

VALID, DIFFERS, UNREADABLE = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Verifies a referral packet: 0 valid, 1 not what was sealed (each difference is named), 2 unreadable. "
        "Uses the installation's own public key where there is one, or the one given."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the zip file")
        parser.add_argument("--public-key", type=Path, help="a public key in PEM that you trust")

    def handle(self, *_: Any, file: Path, public_key: Path | None, **__: Any) -> None:
        try:
            report = verify(_read(file), pinned_key=_pinned(public_key))
        except Unreadable as problem:
            self.stdout.write(f"UNREADABLE  {file.name}: {problem}")
            sys.exit(UNREADABLE)
        for line in _lines(file, report):
            self.stdout.write(line)
        sys.exit(VALID if report.is_valid else DIFFERS)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_ARCHIVE:
            raise Unreadable("it is larger than any packet.")
        return path.read_bytes()
    except OSError as problem:
        raise Unreadable(f"it cannot be opened ({problem.strerror}).") from None


def _pinned(given: Path | None) -> bytes | None:
    """The key given, else the installation's own; None where there is neither."""
    path = given or settings.ARTEMIS_KEYS / PUBLIC_KEY_FILE
    if given is None and not path.exists():
        return None
    try:
        pem = path.read_bytes()
        read_public_key(pem)
    except (OSError, ValueError):
        raise Unreadable(
            f"the public key {path.name} cannot be read. Give another with --public-key."
        ) from None
    return pem


def _lines(file: Path, report: Report) -> list[str]:
    if not report.is_valid:
        return [f"NOT VALID  {file.name}", *(f"  - {finding}" for finding in report.findings)]
    return [
        f"VALID  {file.name}",
        f"  case            {report.case_reference}",
        f"  packet digest   {report.digest}",
        f"  archive digest  {report.archive_digest}",
        f"  signed with     {report.fingerprint}",
        f"  signer          {_trust(report)}",
    ]


def _trust(report: Report) -> str:
    if report.is_pinned:
        return "known: it is the public key that you hold"
    return (
        "NOT KNOWN: the key is only the one in the packet. Compare it with one that you got by another way."
    )
