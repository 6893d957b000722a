"""Make the key files of a new installation; existing ones are never touched."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audit.notes import create_sealing_key
from referrals.signing import create_signing_key
from scoring.hardware_keys import hardware_keys
from scoring.key_providers import create_key_file

HARDWARE = "scoring.hardware_keys.hardware_keys"


def _create_encryption_key(folder: Path) -> bool:
    if settings.ARTEMIS_KEY_PROVIDER == HARDWARE:
        return hardware_keys().create()
    return create_key_file(folder)


class Command(BaseCommand):
    help = "Creates the keys that evidence, packets and the trail need, where there are none. Back them up."

    def handle(self, *_: Any, **__: Any) -> None:
        folder = settings.ARTEMIS_KEYS
        makers: list[tuple[str, Callable[[Path], bool]]] = [
            ("key-encryption key", _create_encryption_key),
            ("packet signing key", create_signing_key),
            ("trail sealing key", partial(create_sealing_key, origin=settings.ARTEMIS_TRAIL_NAME)),
        ]
        for name, create in makers:
            self.stdout.write(f"{name}: {'created' if create(folder) else 'already there'} in {folder}")
