"""The client against the real server over real HTTP: what it sends, what it reads, and what it does when calls fail."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from artemis_client import (
    Artemis,
    ConflictError,
    Conversation,
    CursorFile,
    InvalidError,
    Message,
    NotAllowedError,
    NotFoundError,
    NotReached,
    Participant,
    UnauthorizedError,
    Webhook,
    WebhookError,
)
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key, sign_calls_of
from platforms.models import Confirmation, Event
from platforms.sending import send_events
from platforms.tests.acts import acted_on, asked
from platforms.tests.receiver import receiving
from platforms.webhooks import add_webhook, rotate_secret, send_test
from review.models import Case
from scoring import bulk_running, outbox
from scoring import models as stored
from scoring.models import IdempotentRequest, ModelVersion

pytestmark = pytest.mark.django_db(transaction=True)
BEGAN = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.fixture
def issue(northwind: Licensee, adam: User) -> Callable[..., tuple[ApiKey, str]]:
    def give(scopes: list[str] | None = None) -> tuple[ApiKey, str]:
        return issue_key(
            licensee=northwind, label="Chat", scopes=scopes or list(ApiKey.Scope.values), by=adam
        )

    return give


@pytest.fixture
def key(issue: Any) -> str:
    return issue()[1]


@pytest.fixture
def artemis(live_server: Any, key: str) -> Iterator[Artemis]:
    with Artemis(live_server.url, key) as client:
        yield client


@pytest.fixture
def connect() -> Iterator[Callable[..., Artemis]]:
    """Clients that are closed at the end of the test."""
    with ExitStack() as made:
        yield lambda *given, **options: made.enter_context(Artemis(*given, **options))


def talk(name: str = "c1", count: int = 3, first: int = 1) -> Conversation:
    messages = [
        Message(
            f"m{number}",
            f"u{number % 2}",
            BEGAN + timedelta(minutes=number),
            f"Message {number} of the match",
        )
        for number in range(first, first + count)
    ]
    return Conversation(
        name, messages, language="en", participants=[Participant("u1", declared_age_band="13_15")]
    )


def test_it_says_who_it_is(artemis: Artemis):
    me = artemis.me()
    assert (me.licensee, me.mode, me.signed) == ("northwind", "live", False)
    assert me.limits["conversations_a_call"] == 500


def test_conversations_go_in_batches_and_again_they_are_duplicates(artemis: Artemis):
    every = [talk(f"c{number}") for number in range(7)]
    outcomes = list(artemis.send(every, at_once=3))
    assert [(one.id, one.is_taken, one.messages_accepted) for one in outcomes] == [
        (f"c{n}", True, 3) for n in range(7)
    ]
    assert IdempotentRequest.objects.count() == 3
    assert [one.messages_duplicate for one in artemis.send(every)] == [3] * 7
    assert stored.Conversation.objects.count() == 7


def test_what_is_refused_is_an_outcome_with_its_place(artemis: Artemis):
    bad = Conversation("bad", [Message("", "u1", BEGAN, "Good day")])
    outcomes = list(artemis.send([talk("good"), bad]))
    assert [(one.id, one.status) for one in outcomes] == [("good", 202), ("bad", 422)]
    assert outcomes[1].faults[0].pointer == "/messages/0/id"
    (alone,) = artemis.send([bad])
    assert (alone.status, alone.faults[0].pointer) == (422, "/messages/0/id")
    with pytest.raises(InvalidError, match="An id has 1 to 200 characters") as refusal:
        artemis.send_one(bad)
    assert refusal.value.request_id


def test_later_messages_edits_and_ids_of_any_kind(artemis: Artemis, champion: ModelVersion):
    name = "room/a b?ü"
    artemis.send_one(talk(name))
    edit = Message(
        "m1", "u1", BEGAN + timedelta(minutes=1), "Message 1, mended", edited_at=BEGAN + timedelta(hours=1)
    )
    outcome = artemis.send_messages(name, [edit, *talk(count=2, first=4).messages])
    assert outcome.messages_accepted == 3
    assert artemis.rating(name).status == "queued"
    outbox.score_pending()
    rating = artemis.wait_for_score(name, seconds=5)
    assert (rating.message_count, rating.is_current) == (5, True)
    assert rating.score is not None
    assert 0 <= (rating.score.probability or 0) <= 1
    with pytest.raises(NotFoundError, match="Send it first"):
        artemis.rating("nowhere")


def test_a_conversation_longer_than_a_call_goes_in_pieces(artemis: Artemis):
    assert artemis.send_one(talk("long", count=10_050)).messages_accepted == 10_050
    assert stored.Conversation.objects.get().message_count == 10_050


def test_a_time_without_a_zone_is_not_sent(artemis: Artemis):
    naive = Conversation("c", [Message("m", "u", datetime(2026, 3, 2), "Good day")])  # noqa: DTZ001
    with pytest.raises(ValueError, match="A time needs a zone"):
        artemis.send_one(naive)


# --- Keys and calls that fail ------------------------------------------------------------------------


def test_errors_have_their_kinds(live_server: Any, issue: Any, connect: Any):
    with pytest.raises(UnauthorizedError, match=r"^401 No valid key"):
        connect(live_server.url, "artemis_live_000000000000_nothing").me()
    _, reading = issue(["conversations:read"])
    with pytest.raises(NotAllowedError):
        connect(live_server.url, reading).send_one(talk())
    for url in ("artemis.example", "http://artemis.example", "ftp://127.0.0.1"):
        with pytest.raises(ValueError, match="https"):
            Artemis(url, "key")


def test_calls_are_signed_where_the_key_demands_it(live_server: Any, issue: Any, connect: Any, adam: User):
    made, secret = issue()
    signing = sign_calls_of(key=made, by=adam)
    with pytest.raises(UnauthorizedError, match="are signed"):
        connect(live_server.url, secret).me()
    with Artemis(live_server.url, secret, signing_secret=signing) as client:
        assert client.me().signed
        assert all(one.is_taken for one in client.send([talk(f"c{n}", count=40) for n in range(2)]))


class Losing:
    """A line to the server that is cut, as often as told, after the server has answered and before anybody hears it."""

    def __init__(self, port: int, losses: int) -> None:
        self.port, self.losses, self.carried = port, losses, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller, socket.create_connection(("127.0.0.1", self.port)) as server:
                request = caller.recv(1_000_000)
                head, _, body = request.partition(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                while len(body) < length:
                    body += caller.recv(1_000_000)
                head = re.sub(rb"\r\nConnection: [^\r]*", b"", head)
                server.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
                answer = b"".join(iter(lambda: server.recv(1_000_000), b""))
                self.carried += 1
                if self.carried > self.losses:
                    caller.sendall(answer)


def test_a_lost_answer_is_asked_for_again_and_has_its_effect_once(live_server: Any, key: str, connect: Any):
    line = Losing(live_server.thread.port, losses=2)
    outcome = connect(line.url, key, timeout=10).send_one(talk(count=1))
    line.listener.close()
    assert (line.carried, outcome.messages_accepted, outcome.messages_duplicate) == (3, 1, 0)
    assert IdempotentRequest.objects.count() == 1


def test_nobody_there_is_said_after_the_last_attempt(key: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReached, match=r"did not answer \(ConnectionRefusedError\)"):
        Artemis(f"http://127.0.0.1:{port}", key, attempts=2).me()


# --- Events and webhooks -----------------------------------------------------------------------------


def test_events_go_on_where_the_cursor_stands_and_are_confirmed(
    artemis: Artemis, case: Case, mara: User, monkeypatch: Any, tmp_path: Path
):
    acted_on(case, mara)
    (written,) = asked(monkeypatch)
    cursor = CursorFile(tmp_path / "cursor")
    (event,) = artemis.events(cursor)
    assert (event.id, event.type, event.action) == (written.public_id, "action.requested", "block")
    assert event.subject and event.conversation
    artemis.confirm(event, note="Blocked on all our services.")
    assert Confirmation.objects.get().done
    assert list(artemis.events(cursor)) == []
    assert [one.id for one in artemis.events(CursorFile(tmp_path / "other"))] == [event.id]


def test_a_reader_that_broke_off_gets_its_events_again(
    artemis: Artemis, case: Case, mara: User, monkeypatch: Any, tmp_path: Path
):
    acted_on(case, mara)
    asked(monkeypatch)
    cursor = CursorFile(tmp_path / "cursor")
    next(artemis.events(cursor))
    assert cursor.load() is None
    assert len(list(artemis.events(cursor))) == 1
    assert cursor.load() == "1"


def test_a_real_webhook_is_verified_and_others_are_not(northwind: Licensee, adam: User, settings: Any):
    settings.ARTEMIS_WEBHOOK_PRIVATE = True
    with receiving() as receiver:
        webhook, old = add_webhook(licensee=northwind, url=receiver.url, by=adam)
        _, new = rotate_secret(webhook_id=webhook.pk, by=adam)
        send_test(webhook_id=webhook.pk, by=adam)
        send_events()
        (came,) = receiver.came
    headers = {
        "Webhook-Id": came.id,
        "Webhook-Timestamp": came.timestamp,
        "Webhook-Signature": " ".join(came.signatures),
    }
    for secrets in (old, new, [new, old]):
        assert Webhook(secrets).verify(headers, came.body).id == Event.objects.get().public_id
    other = "whsec_" + "A" * 43 + "="
    late = str(int(came.timestamp) - 301)
    for secret, changed, body in [
        (other, {}, came.body),
        (new, {}, came.body + b" "),
        (new, {"Webhook-Id": "evt_1"}, came.body),
        (new, {"Webhook-Timestamp": late}, came.body),
        (new, {"Webhook-Timestamp": "soon"}, came.body),
        (new, {"Webhook-Signature": ""}, came.body),
        (new, {"Webhook-Signature": "v1,ü"}, came.body),
    ]:
        with pytest.raises(WebhookError):
            Webhook(secret).verify({**headers, **changed}, body)


# --- The package -------------------------------------------------------------------------------------


def test_it_needs_nothing_but_the_standard_library():
    source = Path(__file__).resolve().parent.parent / "src"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(source)!r}); import artemis_client",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- Reports, files, limits --------------------------------------------------------------------------


def test_a_report_opens_a_case_and_again_is_no_second_one(artemis: Artemis, champion: ModelVersion):
    artemis.send_one(talk())
    artemis.report(
        talk(), reporter="u1", reason="other", comment="Somebody should look.", idempotency_key="r-1"
    )
    artemis.report(
        talk(), reporter="u1", reason="other", comment="Somebody should look.", idempotency_key="r-1"
    )
    assert stored.UserReport.objects.count() == 1


def test_many_go_as_a_job_that_is_waited_for(artemis: Artemis, tmp_path: Path):
    job = artemis.send_bulk(talk(f"b{number}") for number in range(40))
    while bulk_running.run_step():
        pass
    over = artemis.wait_for_job(job.id, seconds=20, pause=0.1)
    assert (over.state, over.is_over) == ("done", True)
    assert stored.Conversation.objects.count() == 40
    (tmp_path / "broken.ndjson").write_text('{"id": "good", "messages": []}\n{"id": "cut"\n')
    job = artemis.send_file(tmp_path / "broken.ndjson")
    while bulk_running.run_step():
        pass
    assert artemis.job(job.id).is_over
    assert stored.BulkFault.objects.get().line == 2


def test_a_job_that_does_not_end_is_not_waited_for_for_ever(artemis: Artemis):
    job = artemis.send_bulk([talk()])
    with pytest.raises(TimeoutError, match="it goes on"):
        artemis.wait_for_job(job.id, seconds=0.3, pause=0.1)


def test_a_call_too_many_is_made_again_when_artemis_says(artemis: Artemis, settings: Any, monkeypatch: Any):
    waited: list[float] = []
    settings.ARTEMIS_KEY_CALLS = 1

    def wait(seconds: float) -> None:
        waited.append(seconds)
        settings.ARTEMIS_KEY_CALLS = 0

    monkeypatch.setattr("artemis_client.transport.time.sleep", wait)
    artemis.me()
    assert artemis.me().licensee == "northwind"
    assert len(waited) == 1 and 0 < waited[0] <= 60


def test_a_conversation_is_taken_back(artemis: Artemis, champion: ModelVersion):
    artemis.send_one(talk())
    with pytest.raises(ConflictError, match="was not read yet"):
        artemis.delete("c1")
    outbox.score_pending()
    artemis.delete("c1")
    assert stored.Erasure.objects.get().rule == "withdrawn"
