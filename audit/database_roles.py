"""The database roles: the application's owns no table and only adds to append-only ones; the sealer's seals."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

QUEUE = "audit_auditpending"


def grant_application_role(*, using: str = "default", **_: Any) -> None:
    """Run by `migrate` as the owner of the tables; running it again changes nothing."""
    role, sealer = settings.ARTEMIS_DATABASE_ROLE, settings.ARTEMIS_SEALER_ROLE
    if not role:
        return
    for name in (role, sealer):
        if not name.isidentifier():
            raise ImproperlyConfigured(f"The database role {name!r} may hold letters, digits and _ only.")
    with connections[using].cursor() as cursor:
        for statement in (*statements(role=role), *sealer_statements(role=sealer)):
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
        *(f"REVOKE INSERT ON {table} FROM {role}" for table in sealed_tables()),
        # An entry that is taken out of the queue would never be sealed.
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {QUEUE} FROM {role}",
    ]


def sealer_statements(*, role: str) -> list[str]:
    """It reads the trail, takes from the queue, and adds to the tree; it changes nothing."""
    return [
        # With a single login that login becomes a member; a role that was there already is left as it is.
        f"""DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
                GRANT {role} TO CURRENT_USER;
              END IF;
            END $$""",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT ON audit_auditevent, audit_casecounter, {QUEUE} TO {role}",
        f"GRANT DELETE ON {QUEUE} TO {role}",
        *(f"GRANT SELECT, INSERT ON {table} TO {role}" for table in sealed_tables()),
    ]


def append_only_tables() -> list[str]:
    return _tables_with("append_only")


def sealed_tables() -> list[str]:
    return _tables_with("written_by_sealer")


def _tables_with(mark: str) -> list[str]:
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, mark, False))
