"""Signed checkpoints reach third parties, again and again until they do, and only where they may go."""

import smtplib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone

from audit.models import CheckpointDispatch
from audit.notes import open_note
from audit.outbox import NOT_OURS, send_checkpoints, standings
from audit.proofs import newest_checkpoint
from audit.record import About, Machine, record
from audit.third_parties import third_parties
from audit.verbs import Verb
from audit.webhooks import NotSent, post
from tests.sealing import Seal

pytestmark = pytest.mark.django_db(transaction=True)


class Witness(ThreadingHTTPServer):
    """A third party of the tests on a real socket: keeps what it is given, or answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.kept: list[str] = []
        self.status = 204

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/checkpoints?key=secret"


class Answering(BaseHTTPRequestHandler):
    server: Witness

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path != "/checkpoints?key=secret":
            self.server.status = 404
        elif self.server.status < 300:
            self.server.kept.append(body)
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """The tests' output is for the tests."""


@pytest.fixture
def witness(settings: Any, sealing_keys: Any) -> Iterator[Witness]:
    with Witness() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.ARTEMIS_KEYS = sealing_keys
        settings.ARTEMIS_CHECKPOINT_DESTINATIONS = [server.address]
        settings.ARTEMIS_CHECKPOINT_PRIVATE = True
        settings.ARTEMIS_CHECKPOINT_SECONDS = 0
        yield server
        server.shutdown()


def sealed(seal: Seal) -> str:
    with transaction.atomic():
        record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About("case", "1"))
    seal()
    return seal.note


def due_again() -> None:
    CheckpointDispatch.objects.update(next_attempt_at=timezone.now())


def test_a_third_party_is_given_each_newest_checkpoint_once(seal: Seal, witness: Witness) -> None:
    assert send_checkpoints() == 0
    first = sealed(seal)
    assert (send_checkpoints(), send_checkpoints()) == (1, 0)
    sealed(seal)
    third = sealed(seal)
    due_again()
    assert (send_checkpoints(), send_checkpoints()) == (1, 0)
    assert witness.kept == [first, third]
    assert open_note(witness.kept[-1], seal.signer.verifier).size == 3


def test_what_was_not_taken_is_tried_again_ever_more_slowly(seal: Seal, witness: Witness) -> None:
    note = sealed(seal)
    witness.status = 503
    waits = []
    for _ in range(3):
        due_again()
        assert send_checkpoints() == 0
        row = CheckpointDispatch.objects.get()
        waits.append(row.next_attempt_at - timezone.now())
    assert row.problem == "Their server answered 503."
    assert timedelta(seconds=50) < waits[2] < timedelta(seconds=61)
    assert waits[0] < waits[1] < waits[2]
    assert send_checkpoints() == 0 and witness.kept == []
    witness.status = 200
    due_again()
    assert send_checkpoints() == 1
    assert witness.kept == [note]
    (standing,) = standings(newest_checkpoint())
    assert standing.is_well and standing.size == 1


def test_a_redirect_is_not_followed(seal: Seal, witness: Witness) -> None:
    sealed(seal)
    witness.status = 307
    assert send_checkpoints() == 0
    assert CheckpointDispatch.objects.get().problem == "Their server answered 307."


def test_nobody_learns_the_path_of_a_webhook(seal: Seal, witness: Witness) -> None:
    sealed(seal)
    send_checkpoints()
    (name,) = CheckpointDispatch.objects.values_list("destination", flat=True)
    assert name.startswith("127.0.0.1, webhook ") and "secret" not in name


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_private_address_is_refused_unless_it_is_allowed(
    seal: Seal, witness: Witness, settings: Any, host: str
) -> None:
    settings.ARTEMIS_CHECKPOINT_PRIVATE = False
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = [
        f"https://{host}:{witness.server_port}/checkpoints?key=secret"
    ]
    sealed(seal)
    assert send_checkpoints() == 0
    assert "private address" in CheckpointDispatch.objects.get().problem
    assert witness.kept == []


def test_plain_http_is_for_the_house_only() -> None:
    with pytest.raises(NotSent, match="Only https"):
        post("http://127.0.0.1/", b"", private_allowed=False)


def test_what_somebody_else_wrote_into_the_database_is_not_spread(
    seal: Seal, witness: Witness, owner_connection: psycopg.Connection
) -> None:
    sealed(seal)
    owner_connection.execute(
        "INSERT INTO audit_auditcheckpoint (size, root, frontier, note) VALUES (9, ''::bytea, ''::bytea, %s)",
        [seal.note.replace("\n1\n", "\n9\n")],
    )
    assert send_checkpoints() == 0
    assert CheckpointDispatch.objects.get().problem == NOT_OURS
    assert witness.kept == []


# --- By e-mail -----------------------------------------------------------------------------------


class AbsentServer(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("the server went away, and named an address")


@pytest.fixture
def by_mail(witness: Witness, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = ["mailto:oversight@example.org"]


def test_an_e_mail_holds_the_checkpoint_as_it_was_signed(seal: Seal, by_mail: None) -> None:
    note = sealed(seal)
    assert (send_checkpoints(), send_checkpoints()) == (1, 0)
    (message,) = mail.outbox
    assert message.to == ["oversight@example.org"]
    assert str(message.body).endswith(note)
    sealed(seal)
    assert send_checkpoints() == 0  # not with every checkpoint: once an hour
    due_again()
    assert send_checkpoints() == 1


def test_without_a_mail_server_it_says_so(seal: Seal, by_mail: None, settings: Any) -> None:
    sealed(seal)
    settings.EMAIL_HOST = ""
    assert send_checkpoints() == 0
    assert CheckpointDispatch.objects.get().problem == "No mail server is set (ARTEMIS_EMAIL_HOST)."


def test_a_mail_server_that_is_away_is_tried_again(seal: Seal, by_mail: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.AbsentServer"
    sealed(seal)
    assert send_checkpoints() == 0
    problem = CheckpointDispatch.objects.get().problem
    assert problem == "The mail server did not take it (SMTPServerDisconnected)."


# --- How it stands -------------------------------------------------------------------------------


def test_who_has_not_heard_of_us_for_long_is_late(seal: Seal, witness: Witness) -> None:
    sealed(seal)
    newest = newest_checkpoint()
    (fresh,) = standings(newest)
    assert fresh.is_well and fresh.sent_at is None
    send_checkpoints()
    sealed(seal)
    CheckpointDispatch.objects.update(sent_at=timezone.now() - timedelta(minutes=4))
    (late,) = standings(newest_checkpoint())
    assert late.is_late and not late.is_well
    (up_to_date,) = standings(newest)
    assert up_to_date.is_well


@pytest.mark.parametrize("address", ["ftp://example.org/", "mailto:nobody", "https://", "witness"])
def test_an_address_that_makes_no_sense_is_named_at_once(settings: Any, address: str) -> None:
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = [address]
    with pytest.raises(ImproperlyConfigured, match="ARTEMIS_CHECKPOINT_DESTINATIONS"):
        third_parties()
