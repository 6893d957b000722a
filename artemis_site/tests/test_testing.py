"""The tests stand where the application stands: its own role, real servers, and no other host."""

import os
import socket
import subprocess
import sys
import threading
import urllib.request

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

from accounts.models import User
from accounts.roles import Role
from artemis_site.env import REPOSITORY
from artemis_site.testing import Emptying, LeftOpen, OutsideConnection
from audit.models import AuditEvent
from audit.record import About, Machine, record
from audit.verbs import Verb

ROLES = "SELECT current_user::text, session_user::text"


def answer(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


@pytest.mark.django_db
def test_a_test_acts_as_the_application():
    assert answer(ROLES)[0] == "artemis_app"
    assert answer("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == (0,)


@pytest.mark.django_db(transaction=True)
def test_so_do_other_threads_and_processes():
    User.objects.create(email="committed@example.org")
    found = []

    def ask():
        found.append(answer(ROLES)[0])
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    query = (
        "from django.db import connection as c; from accounts.models import User;"
        f" print(c.cursor().execute('{ROLES}').fetchone()[0], User.objects.count())"
    )
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", query]
    process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert found == ["artemis_app"]
    assert process.stdout == "artemis_app 1\n", process.stderr


# What a test commits is taken away after it: each of these runs twice, and must find the same.
TWICE = pytest.mark.parametrize("turn", ["first", "second"])


@TWICE
@pytest.mark.django_db(transaction=True)
def test_committed_rows_are_gone_before_the_next_test(turn):
    assert User.objects.count() == 0
    User.objects.create(email="committed@example.org")


@TWICE
def test_append_only_rows_are_gone_too_and_their_triggers_are_back(transactional_db, owner_connection, turn):
    assert AuditEvent.objects.count() == 0
    with transaction.atomic():
        record(Verb.PASSWORD_SET, by=Machine("test"), about=About(object_type="person", object_id="1"))
    for change in ("DELETE FROM audit_auditevent", "TRUNCATE audit_auditevent"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner_connection.execute(change)


@TWICE
@pytest.mark.django_db(transaction=True)
def test_what_migrations_wrote_stays(turn):
    assert {group.name for group in Group.objects.all()} == {role.value for role in Role}
    assert Permission.objects.exists()


def test_a_transaction_left_open_fails_its_own_test_and_no_later_one(transactional_db, owner_connection):
    emptying = Emptying(os.environ["DATABASE_OWNER_URL"])
    emptying.connection.execute("SET lock_timeout = '200ms'")
    User.objects.create(email="committed@example.org")
    with psycopg.connect(os.environ["DATABASE_URL"]) as forgotten:
        forgotten.execute("SELECT email FROM accounts_user FOR UPDATE")
        with pytest.raises(LeftOpen, match="SELECT email FROM accounts_user FOR UPDATE"):
            emptying()
        forgotten.close()
    emptying.close()
    assert User.objects.count() == 0


def test_the_owner_may_change_tables_and_is_told_apart(transactional_db, owner_connection):
    owner = owner_connection.execute(ROLES).fetchone()[0]
    assert owner != "artemis_app"
    assert owner_connection.execute(
        "SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'"
    ).fetchall() == [(owner,)]


def test_names_beyond_this_machine_are_refused():
    with pytest.raises(OutsideConnection) as refusal:
        urllib.request.urlopen("http://example.org/")
    assert str(refusal.value) == "A test tried to reach example.org: tests may talk to this machine only."


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80, 0, 0))]
)
def test_addresses_beyond_this_machine_are_refused(method, family, address):
    with socket.socket(family) as client, pytest.raises(OutsideConnection):
        getattr(client, method)(address)


def test_a_datagram_is_refused_too():
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(OutsideConnection):
        client.sendto(b"", ("192.0.2.1", 53))


def test_this_machine_may_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
