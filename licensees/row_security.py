"""Row-level security: of every table with a path to a licensee, PostgreSQL shows the rows of whoever asks.

The policies are made from the models themselves after each `migrate`, so a new table cannot be forgotten. A table that
names its licensee is held against `artemis.scope` (accounts/row_scope.py); any other against its parent, which has a
policy too. What is asked once for a statement stands in a sub-select of its own: plans and indexes stay as they are.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models

from accounts.row_scope import SETTING, Kind
from licensees.models import Licensee

_SCOPE = f"current_setting('{SETTING}', true)"
_KIND = f"(SELECT split_part({_SCOPE}, ' ', 3))"
LICENSEES = f"((SELECT nullif(split_part({_SCOPE}, ' ', 1), '')::bigint[])::bigint[])"
PERSON = f"(SELECT nullif(split_part({_SCOPE}, ' ', 2), '')::bigint)"

# What admins work on, and what they count: no text, no account, no judgement of anybody.
FOR_ADMINS = frozenset(
    {
        "licensees.licensee",
        "licensees.apikey",
        "licensees.policy",
        "licensees.proposal",
        "licensees.vettingnote",
        "licensees.signature",
        "licensees.legalbasis",
        "licensees.contact",
        "scoring.driftweek",
        "scoring.driftalert",
        "retention.accountrequest",
        "retention.due",
        "retention.terms",
        "scoring.arrivalsday",
        "scoring.bulkjob",
        "scoring.bulkchunk",  # sealed; deleted where an admin cancels
        "scoring.conversation",
        "scoring.datakey",  # wrapped; what a person asks, which an admin may file, is sealed under one
        "scoring.erasure",
        "scoring.score",
        "scoring.shadowscore",
        "review.case",
        "platforms.attempt",
        "platforms.event",
        "platforms.eventcounter",
        "platforms.eventdelivery",
        "platforms.webhook",
        "platforms.webhooksecret",
    }
)
# Work of one's own stays one's own when the assignment to its licensee has ended: who holds it, and how much was read.
OWN = {
    "review.claim": "holder_id",
    "review.reveal": "revealed_by_id",
    "review.goldenanswer": "answered_by_id",
    "review.secondreview": "reviewer_id",
}
# A parent that may outlive, or die before, what it belongs to; another one is followed.
NOT_FOLLOWED = frozenset({"scoring.datakey"})
TRAIL = "audit_auditevent"


@dataclass(frozen=True)
class Policy:
    """`check`: what may be written, where that is not the same as what is seen. `role`: for whom; else for all."""

    table: str
    name: str
    using: str
    check: str = ""
    role: str = "PUBLIC"
    command: str = "ALL"

    @property
    def sql(self) -> str:
        using = f" USING ({self.using})" if self.using else ""
        check = f" WITH CHECK ({self.check})" if self.check else ""
        return f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {self.role}{using}{check}"

    @property
    def digest(self) -> str:
        """Written beside the policy, so that one that is there already is left alone."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


# --- From the models ------------------------------------------------------------------------------


@cache
def paths() -> dict[type[models.Model], models.ForeignKey[Any, Any] | None]:
    """{model: the key that leads to its licensee}; None for the licensee itself. Every model with such a path."""
    found: dict[type[models.Model], models.ForeignKey[Any, Any] | None] = {Licensee: None}
    while True:
        # One step further at a time, so that the path that is found is the shortest one.
        nearer = {
            model: key
            for model in apps.get_models(include_auto_created=True)
            if model not in found and (key := _key_towards(model, found)) is not None
        }
        if not nearer:
            return found
        found |= nearer


def _key_towards(model: type[models.Model], known: Any) -> models.ForeignKey[Any, Any] | None:
    """Of keys that may be empty only one that names the licensee: what is of no licensee is for admins, or nobody."""
    sure = (key for key in _keys(model) if not key.null or key.related_model is Licensee)
    return next((key for key in sure if key.related_model in known), None)


def _keys(model: type[models.Model]) -> Iterator[models.ForeignKey[Any, Any]]:
    for key in model._meta.local_fields:
        if isinstance(key, models.ForeignKey) and _label(key.related_model) not in NOT_FOLLOWED:
            yield key


def _label(model: Any) -> str:
    return str(model._meta.label_lower)


def tables() -> list[str]:
    """All tables that must have row-level security, parents before their children."""
    return [model._meta.db_table for model in paths()] + [TRAIL]


def policies() -> list[Policy]:
    return [_policy(model, key) for model, key in paths().items()] + _policies_of_the_trail()


def _policy(model: type[models.Model], key: models.ForeignKey[Any, Any] | None) -> Policy:
    table, label = model._meta.db_table, _label(model)
    # Admins see some parents, and not what belongs to them.
    visible = _visible(_of_their_licensees(table, key), for_admins=label in FOR_ADMINS)
    if label in OWN:
        # Nobody writes into another licensee's rows, though they may see what they once wrote there.
        return Policy(table, "of_their_licensees", f"{OWN[label]} = {PERSON} OR {visible}", visible)
    return Policy(table, "of_their_licensees", visible)


def _visible(theirs: str, *, for_admins: bool) -> str:
    """One look at who asks, however many rows; a CASE keeps the order in which it is asked."""
    system, admin = f"WHEN '{Kind.SYSTEM}' THEN true", f"WHEN '{Kind.ADMIN}' THEN {str(for_admins).lower()}"
    return f"CASE {_KIND} {system} {admin} ELSE {theirs} END"


def _of_their_licensees(table: str, key: models.ForeignKey[Any, Any] | None) -> str:
    if key is None:
        return f"id = ANY ({LICENSEES})"
    if key.related_model is Licensee:
        return f"{key.column} = ANY ({LICENSEES})"
    parent: Any = key.related_model
    # Not EXISTS, which is planned in two ways each time.
    return (
        f"(SELECT true FROM {parent._meta.db_table} AS parent"  # noqa: S608
        f" WHERE parent.{key.target_field.column} = {table}.{key.column})"
    )


def _policies_of_the_trail() -> list[Policy]:
    """Anybody's act is added, a stranger's too. It names its licensee without a key, and some acts are of none."""
    sealer = settings.ARTEMIS_SEALER_ROLE
    theirs = f"CASE WHEN licensee_id IS NULL THEN {_KIND} = '{Kind.PERSON}' ELSE licensee_id = ANY ({LICENSEES}) END"
    seen = _visible(theirs, for_admins=True)
    return [
        Policy(TRAIL, "added_by_anybody", "", "true", command="INSERT"),
        Policy(TRAIL, "of_their_licensees", seen, command="SELECT"),
        Policy(TRAIL, "sealed", "true", role=sealer, command="SELECT"),
    ]


# --- Into the database ----------------------------------------------------------------------------

_THERE = """
    SELECT policy.polname, obj_description(policy.oid, 'pg_policy') FROM pg_policy AS policy
    WHERE policy.polrelid = to_regclass(%s)
"""
_IS_ON = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(%s)"


def install_row_security(*, using: str = "default", **_: Any) -> None:
    """Run by `migrate` as the owner of the tables, when every table is there; running it again changes nothing."""
    if not settings.ARTEMIS_DATABASE_ROLE:
        return
    wanted: dict[str, list[Policy]] = {}
    for policy in policies():
        wanted.setdefault(policy.table, []).append(policy)
    with connections[using].cursor() as cursor:
        for table, of_table in wanted.items():
            cursor.execute(_IS_ON, [table])
            row = cursor.fetchone()
            if row is None:  # migrated to an earlier state
                continue
            cursor.execute(_THERE, [table])
            there = dict(cursor.fetchall())
            for statement in _differences(table, of_table, there, is_on=row[0]):
                cursor.execute(statement)


def _differences(table: str, wanted: list[Policy], there: dict[str, str], *, is_on: bool) -> Iterator[str]:
    stays = {policy.name for policy in wanted if there.get(policy.name) == policy.digest}
    for name in there.keys() - stays:
        yield f'DROP POLICY "{name}" ON {table}'
    for policy in wanted:
        if policy.name not in stays:
            yield policy.sql
            yield f"COMMENT ON POLICY {policy.name} ON {table} IS '{policy.digest}'"
    if not is_on:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"


# --- Looking at it --------------------------------------------------------------------------------

_INACTIVE = """
    SELECT name FROM unnest(%s::text[]) AS name
    WHERE to_regclass(name) IS NULL OR NOT row_security_active(to_regclass(name)) ORDER BY 1
"""
_POLICIES = """
    SELECT relname, polname, coalesce(obj_description(policy.oid, 'pg_policy'), '')
    FROM pg_policy AS policy JOIN pg_class ON pg_class.oid = policy.polrelid WHERE relname = ANY(%s)
"""


def unguarded_tables(*, using: str = "default") -> list[str]:
    """Tables whose rows are not kept apart for whoever is connected: it is switched off, passed by, or another one."""
    with connections[using].cursor() as cursor:
        cursor.execute(_INACTIVE, [tables()])
        inactive = {name for (name,) in cursor.fetchall()}
        cursor.execute(_POLICIES, [tables()])
        there = set(cursor.fetchall())
    wanted = {(policy.table, policy.name, policy.digest) for policy in policies()}
    return sorted(inactive | {table for table, _, _ in there ^ wanted})
