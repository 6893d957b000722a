"""licensees: for whom."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LicenseesConfig(AppConfig):
    name = "licensees"

    def ready(self) -> None:
        # Sent once for this app, after every migration of every app has run.
        post_migrate.connect(install_row_security, sender=self)


def install_row_security(**named: Any) -> None:
    import_module("licensees.row_security").install_row_security(**named)
