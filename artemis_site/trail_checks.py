"""Deploy checks of the trail: who could change it unseen, and whether anybody else holds its checkpoints."""

import stat
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from audit.database_roles import QUEUE, append_only_tables, sealed_tables
from audit.notes import KEY_FILE, VERIFIER_FILE
from audit.outbox import standings
from audit.proofs import newest_checkpoint
from audit.sealed_trail import waiting
from licensees.row_security import unguarded_tables

LONGEST_PENDING = 60
SEPARATE = (
    "Give the application a login that is a member of artemis_app only, the sealer one of its own "
    "(DATABASE_SEALER_URL), and run “manage.py migrate” as the owner; docs/audit.md says how."
)

_MAY = """
    SELECT DISTINCT wanted.name || ': ' || privilege
    FROM unnest(%s::text[]) AS wanted (name), unnest(%s::text[]) AS privilege
    WHERE has_table_privilege(%s, wanted.name, privilege) ORDER BY 1
"""
_MORE_THAN_A_LOGIN = """
    SELECT unnest(array_remove(ARRAY[
        CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN has_parameter_privilege(oid, 'session_replication_role', 'SET')
            THEN 'SET session_replication_role' END,
        (SELECT 'membership in ' || rolname FROM pg_roles AS sealer
            WHERE sealer.rolname = %s AND pg_has_role(who.oid, sealer.oid, 'MEMBER'))
    ], NULL)) FROM pg_roles AS who WHERE rolname = %s
"""
_ENABLED = """
    SELECT relname || '.' || substring(tgname FROM '^pgtrigger_(.*)_[0-9a-f]+$')
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgname LIKE 'pgtrigger%%'
"""


def login() -> str:
    """Who is looked at: the login itself and not the role that it assumes, for a stolen connection can go back."""
    (name,) = _column("SELECT session_user::text", [])
    return str(name)


@register(Tags.database, deploy=True)
def nobody_may_rewrite_the_trail(**_: Any) -> list[CheckMessage]:
    change = ["UPDATE", "DELETE", "TRUNCATE"]
    wanted = [(append_only_tables(), [*change, "TRIGGER"]), (sealed_tables(), ["INSERT"]), ([QUEUE], change)]
    found = [one for tables, acts in wanted for one in _column(_MAY, [tables, acts, login()])]
    if not found:
        return []
    named = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    what = f"The login of DATABASE_URL may do more to the trail than add to it: {named}."
    return [Error(what, hint=SEPARATE, id="artemis.E011")]


@register(Tags.database, deploy=True)
def the_guards_are_up(**_: Any) -> list[CheckMessage]:
    enabled = set(_column(_ENABLED, []))
    expected = {
        f"{model._meta.db_table}.{trigger.name}"
        for model in apps.get_models()
        if getattr(model, "append_only", False)
        for trigger in getattr(model._meta, "triggers", [])
    }
    missing = sorted(expected - enabled)
    if not missing:
        return []
    what = f"Triggers that keep the trail are missing or switched off: {', '.join(missing)}."
    hint = "Find out who did that, run “manage.py verify_audit --checkpoint FILE”, then “manage.py pgtrigger install”."
    return [Error(what, hint=hint, id="artemis.E012")]


@register(Tags.database, deploy=True)
def the_login_can_do_nothing_else(**_: Any) -> list[CheckMessage]:
    found = _column(_MORE_THAN_A_LOGIN, [settings.ARTEMIS_SEALER_ROLE, login()])
    if not found:
        return []
    what = f"The login of DATABASE_URL has more than the application needs: {', '.join(found)}."
    return [Error(what, hint=SEPARATE, id="artemis.E013")]


@register(Tags.database, deploy=True)
def licensees_are_kept_apart(**_: Any) -> list[CheckMessage]:
    found = unguarded_tables()
    if not found:
        return []
    named = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    what = f"PostgreSQL does not keep the rows of licensees apart (row-level security) in: {named}."
    hint = (
        "Run “manage.py migrate” as the owner, and connect as a login that is a member of artemis_app only."
    )
    return [Error(what, hint=hint, id="artemis.E017")]


@register(Tags.security, deploy=True)
def packets_wait_for_their_seal(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.ARTEMIS_DATABASE_ROLE:
        what = "The application assumes no role of its own (ARTEMIS_DATABASE_ROLE is empty)."
        found.append(Error(what, hint=SEPARATE, id="artemis.E013"))
    if not settings.ARTEMIS_SEAL_SECONDS:
        hint = "Set ARTEMIS_SEAL_SECONDS to 10 and run “manage.py seal_audit” as a service."
        what = "Packets leave without a checkpoint over their entries (ARTEMIS_SEAL_SECONDS is 0)."
        found.append(Error(what, hint=hint, id="artemis.E014"))
    key, verifier = settings.ARTEMIS_KEYS / KEY_FILE, settings.ARTEMIS_KEYS / VERIFIER_FILE
    if not verifier.exists():
        hint = "Copy it from the sealer's host: it is public, and nothing is verified or sent without it."
        found.append(Error(f"{verifier} is missing.", hint=hint, id="artemis.E014"))
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        found.append(Error(f"Others may read {key}.", hint=f"chmod 600 {key}", id="artemis.E002"))
    elif key.exists():
        hint = (
            "Move it to the sealer's host or account; the application needs only the public .vkey beside it."
        )
        what = f"The key that seals the trail lies where the application can read it: {key}."
        found.append(Warning(what, hint=hint, id="artemis.W001"))
    return found


@register(Tags.database, deploy=True)
def the_sealer_runs(**_: Any) -> list[CheckMessage]:
    pending = waiting()
    if pending.age.total_seconds() < LONGEST_PENDING:
        return []
    hint = "Run “manage.py seal_audit” as a service with DATABASE_SEALER_URL, and look at what it says."
    return [Error(f"The trail is not sealed: {pending}.", hint=hint, id="artemis.E015")]


@register(Tags.database, deploy=True)
def somebody_else_holds_checkpoints(**_: Any) -> list[CheckMessage]:
    try:
        found = standings(newest_checkpoint())
    except ImproperlyConfigured as fault:
        return [Error(str(fault), id="artemis.E016")]
    if not found:
        hint = "Name an oversight body, a licensee or a witness in ARTEMIS_CHECKPOINT_DESTINATIONS."
        what = "Checkpoints reach no third party: who owns this host could rewrite the whole trail unseen."
        return [Error(what, hint=hint, id="artemis.E016")]
    messages: list[CheckMessage] = [
        Error(
            f"{one.name} does not get our checkpoints. {one.problem or 'None was sent for too long.'}",
            hint="It is tried again by itself; see that a worker and beat run.",
            id="artemis.E016",
        )
        for one in found
        if not one.is_well
    ]
    if settings.ARTEMIS_CHECKPOINT_PRIVATE:
        hint = "Leave it off unless the third party really lies inside this house."
        what = "Checkpoints may go to private addresses and without TLS (ARTEMIS_CHECKPOINT_PRIVATE)."
        messages.append(Warning(what, hint=hint, id="artemis.W002"))
    return messages


def _column(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return [value for (value,) in cursor.fetchall()]
