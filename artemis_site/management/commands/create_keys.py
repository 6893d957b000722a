"""Make the key files of a new installation; existing ones are never touched."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from referrals.signing import create_signing_key
from scoring.vault import create_key_file


class Command(BaseCommand):
    help = "Creates the key-encryption key and the packet signing key where there are none. Back them up."

    def handle(self, *_: Any, **__: Any) -> None:
        folder = settings.ARTEMIS_KEYS
        for name, create in [
            ("key-encryption key", create_key_file),
            ("packet signing key", create_signing_key),
        ]:
            self.stdout.write(f"{name}: {'created' if create(folder) else 'already there'} in {folder}")
