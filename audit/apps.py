"""audit: what they did."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from audit.database_roles import grant_application_role


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        # Sent once for this app, after every migration of every app has run.
        post_migrate.connect(grant_application_role, sender=self)
