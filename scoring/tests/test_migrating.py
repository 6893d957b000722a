"""What an installation holds survives its update: rows of the first form, migrated to the form of now."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString, cast
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from scoring.models import DataKey
from scoring.vault import Cipher, new_data_key, open_data_key

REPOSITORY = Path(__file__).resolve().parents[2]
DATABASE = "artemis_migrating"
IDENTITY = b'{"display_name": "Sam"}'
# As the merged migrations left it: the first form that there is.
BEFORE = [("scoring", "0002"), ("review", "0002"), ("referrals", "0002"), ("audit", "0001")]
ROWS = """
INSERT INTO licensees_licensee (id, name, slug, code, jurisdiction, state, contact_email, created_at)
     VALUES (1, 'Northwind', 'northwind', 'NW', 'GB', 'live', 'a@northwind.example', now());
INSERT INTO scoring_datakey (id, licensee_id, wrapped, wrapped_by, created_at)
     VALUES (1, 1, decode('{wrapped}', 'hex'), '{wrapped_by}', now());
SELECT setval('scoring_datakey_id_seq', 1);
INSERT INTO scoring_conversation (id, licensee_id, external_id, kind, language, data_key_id, received_at, message_count,
                                  revision, scored_revision, rewritten_revision, score_after, scoring_attempts)
     VALUES (1, 1, 'c1', 'direct', '', 1, now(), 2, 3, 3, 0, now(), 0);
INSERT INTO scoring_participant (id, conversation_id, external_id, position, declared_age_band, identity_sealed)
     VALUES (1, 1, 'u0', 0, 'unknown', decode('{identity}', 'hex'));
INSERT INTO scoring_message (id, conversation_id, external_id, sender_id, number, text_sealed, content_digest, version,
                             reply_to, received_at)
     VALUES (1, 1, 'm1', 1, 1, '', '', 1, '', now()), (2, 1, 'm2', 1, 2, '', '', 1, '', now());
INSERT INTO scoring_modelversion (id, name, digest, card, is_demonstration, state, shadow_faults, created_at)
     VALUES (1, 'old', repeat('a', 64), '{}', false, 'retired', 0, now()),
            (2, 'new', repeat('b', 64), '{}', false, 'champion', 0, now());
INSERT INTO scoring_modelartifact (version_id, data) VALUES (2, '\\x0102');
INSERT INTO scoring_score (id, conversation_id, revision, message_count, model_id, probability, abstained, band,
                           flagged, threshold, imminent_threshold, characteristics, scored_at, whole_factor,
                           window_factor, window_first, window_last, peaks)
     VALUES (1, 1, 2, 2, 2, 0.9, '', 'high', true, 0.7, 0.95, '{}', now(), 1, 0, 0, 0, '{}'),
            (2, 1, 3, 2, 2, NULL, 'too_short', '', false, 0.7, 0.95, '{}', now(), 0, 0, 0, 0, '{}');
INSERT INTO scoring_messagerating (message_id, conversation_id, model_id, evidence, weight, ratings)
     VALUES (1, 1, 2, 1.5, 40, '{"age_probe": 0.8}'), (2, 1, 2, -0.25, 40, '{}');
"""


@pytest.fixture
def migrate(owner_connection: psycopg.Connection) -> Iterator[Callable[..., None]]:
    """Runs `migrate` on a database of its own, as an operator does: to the given (app, name) or as far as it goes."""
    owner_connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    owner_connection.execute(f"CREATE DATABASE {DATABASE}")

    def run(*goals: tuple[str, str], role: str = "artemis_app") -> None:
        environment = os.environ | {
            "DATABASE_URL": _url(),
            "DATABASE_OWNER_URL": _url(),
            "ARTEMIS_DATABASE_ROLE": role,
            "ARTEMIS_DATABASE_LOGIN": "owner",
            "ARTEMIS_KEYS": str(settings.ARTEMIS_KEYS),
            "DJANGO_SETTINGS_MODULE": "artemis_site.settings",
        }
        calls = [f"call_command('migrate', *{goal!r}, verbosity=0)" for goal in goals or [()]]
        setup = "import django; from django.core.management import call_command; django.setup()"
        command = [sys.executable, "-c", "; ".join([setup, *calls])]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    yield run
    owner_connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _url() -> str:
    return urlsplit(os.environ["DATABASE_OWNER_URL"])._replace(path=f"/{DATABASE}").geturl()


@pytest.mark.django_db(transaction=True)
def test_rows_of_the_first_form_survive(migrate: Callable[..., None]):
    key, cipher = new_data_key(licensee_id=1)
    # The rights are those of the models of now; half-way some tables are not there yet.
    migrate(*BEFORE, role="")
    with psycopg.connect(_url(), autocommit=True) as database:
        database.execute(_rows(key, cipher))
    migrate()
    with psycopg.connect(_url(), autocommit=True) as database:
        check(database)
        check_account(database, cipher)


def _rows(key: DataKey, cipher: Cipher) -> LiteralString:
    """The identity as it was bound then: to the account's id."""
    identity = cipher.encrypt(IDENTITY, table="participant", column="identity", row="c1\x1fu0")
    values = {"{wrapped}": key.wrapped.hex(), "{wrapped_by}": key.wrapped_by, "{identity}": identity.hex()}
    rows = str(ROWS)
    for name, value in values.items():
        rows = rows.replace(name, value)
    return cast(LiteralString, rows)


def check_account(database: psycopg.Connection, cipher: Cipher) -> None:
    query = "SELECT external_id_sealed, identity_sealed, account_index, index_key_id FROM scoring_participant"
    [(account, identity, index, index_key)] = database.execute(query).fetchall()
    assert cipher.decrypt(account, table="participant", column="id", row="c1\x1f0") == b"u0"
    assert cipher.decrypt(identity, table="participant", column="identity", row="c1\x1f0") == IDENTITY
    query = "SELECT wrapped, wrapped_by FROM scoring_datakey key JOIN scoring_indexkey of ON of.data_key_id = key.id"
    [(wrapped, wrapped_by)] = database.execute(query + " WHERE of.id = %s", [index_key]).fetchall()
    of_index = open_data_key(DataKey(licensee_id=1, wrapped=wrapped, wrapped_by=wrapped_by))
    assert of_index.account_digest("u0") == index


def check(database: psycopg.Connection) -> None:
    def rows(query: str) -> list[Any]:
        return database.execute(query).fetchall()

    ratings = rows(
        "SELECT message_id, conversation_id, evidence, weight FROM scoring_messagerating ORDER BY 1"
    )
    assert ratings == [(1, 1, 1.5, 40), (2, 1, -0.25, 40)]
    assert rows("SELECT ratings FROM scoring_messagerating WHERE message_id = 1") == [({"age_probe": 0.8},)]
    factors = rows("SELECT whole_factor, window_factor, peaks, base FROM scoring_score ORDER BY revision")
    assert factors == [(1, 0, {}, None), (0, 0, {}, None)]
    assert rows("SELECT rewritten_revision, rated_by_id FROM scoring_conversation") == [(0, None)]
    # Of texts that came before there were erasures, none is erased; scores of before say nothing of what was highest.
    assert rows("SELECT erasure_id FROM scoring_message") == [(None,), (None,)]
    assert rows("SELECT DISTINCT highest FROM scoring_score") == [(None,)]
    assert rows("SELECT score_id FROM review_unseenscore") == [(1,)]
    # The application's role has its rights on the tables that came.
    for table in ("conversationstate", "shadowscore", "driftweek", "driftalert", "modelevaluation"):
        right = f"has_table_privilege('artemis_app', 'scoring_{table}', 'INSERT')"
        assert rows(f"SELECT {right}") == [(True,)]
    assert rows("SELECT has_table_privilege('artemis_app', 'scoring_modelevaluation', 'UPDATE')") == [
        (False,)
    ]
