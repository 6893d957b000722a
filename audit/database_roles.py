"""The application's database role: owns no table, and may only add to append-only ones."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections


def grant_application_role(*, using: str = "default", **_: Any) -> None:
    """Run by `migrate` as the owner of the tables; running it again changes nothing."""
    role = settings.ARTEMIS_DATABASE_ROLE
    if not role:
        return
    if not role.isidentifier():
        raise ImproperlyConfigured(f"ARTEMIS_DATABASE_ROLE is {role!r}: letters, digits and _ only.")
    with connections[using].cursor() as cursor:
        for statement in statements(role=role):
            cursor.execute(statement)


def statements(*, role: str) -> list[str]:
    return [
        f"""DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
              END IF;
              IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
                GRANT {role} TO CURRENT_USER;
              END IF;
            END $$""",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}" for table in append_only_tables()),
    ]


def append_only_tables() -> list[str]:
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))
