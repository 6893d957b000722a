"""A PostgreSQL and a Valkey of the benchmark's own, with the tables made; gone afterwards."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from accounts import row_scope
from artemis_site.embedded import Servers

REPOSITORY = Path(__file__).resolve().parent.parent


@contextmanager
def installation(**settings_of_postgres: str) -> Iterator[Servers]:
    """Real servers that write to disk as in production; Django is set up inside."""
    with (
        tempfile.TemporaryDirectory(prefix="artemis-benchmark-") as folder,
        _servers(Path(folder) / "servers", settings_of_postgres) as servers,
    ):
        os.environ |= {
            "ARTEMIS_DATA": str(Path(folder) / "data"),
            "DATABASE_URL": servers.database_url,
            "DATABASE_OWNER_URL": servers.database_owner_url,
            "DATABASE_SEALER_URL": servers.database_sealer_url,
            "REDIS_URL": servers.redis_url,
            # What is measured is how fast Artemis is, not how fast it allows.
            "ARTEMIS_KEY_CALLS": "0",
            "ARTEMIS_PERSON_PAGES": "0",
            "ARTEMIS_ADDRESS_PAGES": "0",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DJANGO_SETTINGS_MODULE": "artemis_site.settings",
        }
        for command in (["migrate", "-v0"], ["create_keys"]):
            words = [sys.executable, "manage.py", *command]
            subprocess.run(words, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        django.setup()
        # Verbs are called by hand here, as tests do.
        row_scope.unless_said = row_scope.SYSTEM
        yield servers


def _servers(folder: Path, settings_of_postgres: dict[str, str]) -> Servers:
    servers = Servers(folder)
    if servers.postgres:
        servers.postgres.settings |= settings_of_postgres
    return servers
