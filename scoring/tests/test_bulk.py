"""Conversations in bulk: stored sealed, taken in line by line, each once, whatever breaks on the way."""

import gzip
import io
import json
import socket
from typing import Any
from urllib.parse import urlparse

import pytest
from django.test import Client

from licensees.models import Licensee
from scoring import bulk_running
from scoring.api import bulk
from scoring.bulk_acts import cancel_abandoned, forget_old
from scoring.bulk_chunks import CHUNK, LONGEST_LINE, cut
from scoring.bulk_running import MOST_ATTEMPTS, run_step
from scoring.models import BulkChunk, BulkFault, BulkJob, Conversation, DataKey, Message
from scoring.tasks import run_jobs
from scoring.tests.sending import Platform, conversation
from tests.factories import later

pytestmark = pytest.mark.django_db
BULK = "/api/v1/conversations/bulk"
LINES = "application/x-ndjson"


def lines(count: int, *, first: int = 1, **fields: Any) -> bytes:
    return b"".join(line(f"c{number}", **fields) for number in range(first, first + count))


def line(name: str, **fields: Any) -> bytes:
    return json.dumps(conversation(name, **fields)).encode() + b"\n"


def hand_in(platform: Platform, body: bytes, *, query: str = "", kind: str = LINES, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return platform.client.post(f"{BULK}{query}", body, content_type=kind, headers=named)


def job_of(platform: Platform, answer: Any, *, after: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = platform.client.get(f"{answer.json()['url']}?after={after}").json()
    return found


def run_all() -> None:
    while run_step():
        BulkJob.objects.update(run_after=later(seconds=-1))


def test_each_line_is_taken_in_and_nothing_of_the_body_is_left(platform: Platform):
    answer = hand_in(platform, lines(30))
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert answer["Location"] == answer.json()["url"]
    assert answer.json()["lines"] == {"received": 30, "done": 0}
    assert b"weather" not in b"".join(bytes(one.body_sealed) for one in BulkChunk.objects.all())
    run_jobs()
    done = job_of(platform, answer)
    assert done["state"] == "done"
    assert done["conversations"] == {"accepted": 30, "duplicate": 0, "refused": 0}
    assert done["messages"] == {"accepted": 60, "duplicate": 0}
    assert (done["errors"], done["next"]) == ([], None)
    assert Conversation.objects.filter(is_archive=False).count() == 30
    assert not BulkChunk.objects.exists()
    assert BulkJob.objects.get().data_key.destroyed_at is not None
    again = hand_in(platform, lines(30))
    run_jobs()
    assert job_of(platform, again)["conversations"] == {"accepted": 0, "duplicate": 30, "refused": 0}


def test_faulty_lines_are_named_and_the_others_taken(platform: Platform):
    platform.send(conversation("known"))
    other_text = conversation("known")
    other_text["messages"][0]["text"] = "Something else"
    broken = [
        line("c1"),
        b"\n",
        b'{"id": "c2", \n',
        b'\xff\xfe{"id": "c3"}\n',
        json.dumps(other_text).encode() + b"\n",
        b"x" * (LONGEST_LINE + CHUNK + 5) + b"\n",
        line("c4", kind="loud"),
        b"[1]\n",
        line("c5").rstrip(b"\n"),
    ]
    answer = hand_in(platform, b"".join(broken))
    run_all()
    done = job_of(platform, answer)
    assert done["lines"] == {"received": 9, "done": 9}
    assert done["conversations"] == {"accepted": 2, "duplicate": 0, "refused": 6}
    told = {one["line"]: (one["status"], one["errors"][0]["pointer"]) for one in done["errors"]}
    assert told == {
        3: (422, ""),
        4: (422, ""),
        5: (409, "/messages/0"),
        6: (422, ""),
        7: (422, "/kind"),
        8: (422, ""),
    }
    assert "UTF-8" in done["errors"][1]["errors"][0]["detail"]
    assert done["errors"][3]["errors"][0]["detail"] == bulk_running.TOO_LONG_LINE
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"known", "c1", "c5"}


def test_refused_lines_come_in_pages(platform: Platform, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "FAULTS_A_PAGE", 3)
    answer = hand_in(platform, b"x\n" * 7)
    run_all()
    seen, address = [], f"{answer.json()['url']}?after=0"
    while address:
        page = platform.client.get(address).json()
        seen += [one["line"] for one in page["errors"]]
        address = page["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


def test_a_body_may_be_packed_and_a_bomb_is_refused_and_leaves_nothing(
    platform: Platform, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    packed = hand_in(platform, gzip.compress(lines(5)), Content_Encoding="gzip")
    assert packed.status_code == 202
    keys = DataKey.objects.filter(destroyed_at=None).count()
    monkeypatch.setattr(bulk, "UNSUSPICIOUS", 4 * CHUNK)
    bomb = gzip.compress(b"\n" * (40 * CHUNK))
    assert hand_in(platform, bomb, Content_Encoding="gzip", Idempotency_Key="b").status_code == 413
    settings.ARTEMIS_BULK_BYTES = 3 * CHUNK
    assert hand_in(platform, b"x" * 1000 * 4000).status_code == 413
    assert hand_in(platform, packed.content[:40], Content_Encoding="gzip").status_code == 400
    assert hand_in(platform, lines(1), kind="application/json").status_code == 415
    assert hand_in(platform, lines(1), Content_Encoding="br").status_code == 415
    assert hand_in(platform, lines(1), query="?priority=soon").status_code == 422
    assert BulkJob.objects.count() == 1
    assert BulkChunk.objects.values("job").distinct().count() == 1
    assert DataKey.objects.filter(destroyed_at=None).count() == keys


def test_a_body_that_broke_off_goes_on_by_its_key(
    northwind: Licensee, live_server: Any, transactional_db: None
):
    """Over a real connection, cut in the middle."""
    platform = Platform(northwind)
    body = lines(3_000, messages=8)
    assert len(body) > 2 * CHUNK
    _send_half(live_server.url, platform.secret, body, key="upload-1")
    job = BulkJob.objects.get()
    assert (job.state, 0 < job.bytes < len(body)) == ("receiving", True)
    stored = job.chunks
    other = hand_in(platform, lines(3_000, messages=7), Idempotency_Key="upload-1")
    assert other.status_code == 422
    answer = hand_in(platform, body, Idempotency_Key="upload-1")
    assert (answer.status_code, answer.json()["bytes"]) == (202, len(body))
    assert answer.json()["id"] == str(job.pk)
    assert BulkChunk.objects.count() > stored
    run_all()
    again = hand_in(platform, body, Idempotency_Key="upload-1")
    assert (again["Idempotent-Replay"], again.json()["state"]) == ("true", "done")
    assert hand_in(platform, lines(2), Idempotency_Key="upload-1").status_code == 422
    assert (Conversation.objects.count(), Message.objects.count()) == (3_000, 24_000)


def _send_half(url: str, secret: str, body: bytes, *, key: str) -> None:
    address = urlparse(url)
    head = (
        f"POST {BULK} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {LINES}\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {key}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head.encode() + body[: len(body) * 2 // 3])
        connection.shutdown(socket.SHUT_WR)
        # Waits for the answer, which comes when what was sent has been stored.
        assert b" 400 " in connection.makefile("rb").readline()


def test_without_a_key_what_broke_off_leaves_nothing(
    northwind: Licensee, live_server: Any, transactional_db: None
):
    body = lines(3_000, messages=8)
    address = urlparse(live_server.url)
    head = (
        f"POST {BULK} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {Platform(northwind).secret}\r\n"
        f"Content-Type: {LINES}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head.encode() + body[: len(body) * 2 // 3])
        connection.shutdown(socket.SHUT_WR)
        assert b" 400 " in connection.makefile("rb").readline()
    assert not BulkJob.objects.exists()
    assert not BulkChunk.objects.exists()


@pytest.mark.parametrize("sizes", [(7,), (64 * 1024,), (3 * CHUNK, 1)])
def test_where_it_is_cut_depends_on_the_bytes_alone(sizes: tuple[int, ...]):
    body = lines(4_000) + b"x" * (LONGEST_LINE + 2 * CHUNK) + b"\n" + lines(4_000)
    whole = list(cut([body]))
    if sizes == (7,):
        body = body[: 2 * CHUNK]
        whole = list(cut([body]))
    stream, pieces, turn = io.BytesIO(body), [], 0
    while piece := stream.read(sizes[turn % len(sizes)]):
        pieces.append(piece)
        turn += 1
    assert list(cut(pieces)) == whole
    assert sum(chunk.size for chunk in whole) == len(body)
    assert sum(chunk.lines for chunk in whole) == body.count(b"\n") + (not body.endswith(b"\n"))


def test_a_worker_that_dies_at_any_point_loses_and_doubles_nothing(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    """Dying is an exception that nobody catches, in the middle of the transaction."""
    monkeypatch.setattr(bulk_running, "CONVERSATIONS_A_STEP", 4)
    answer = hand_in(platform, lines(10) + b"broken\n" + lines(3, first=11))
    whole, deaths = bulk_running._advance, 0

    def dying(*arguments: Any) -> None:
        nonlocal deaths
        whole(*arguments)
        deaths += 1
        if deaths % 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(bulk_running, "_advance", dying)
    for _ in range(40):
        BulkJob.objects.update(run_after=later(seconds=-1))
        try:
            if not run_step():
                break
        except KeyboardInterrupt:
            continue
    done = job_of(platform, answer)
    assert deaths > 4
    assert done["state"] == "done"
    assert done["conversations"] == {"accepted": 13, "duplicate": 0, "refused": 1}
    assert [one["line"] for one in done["errors"]] == [11]


def test_a_line_that_kills_every_worker_is_tried_alone_and_passed_over(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    answer = hand_in(platform, lines(5))
    whole = bulk_running.read_line

    def deadly(line: bytes, now: Any) -> Any:
        if b'"c3"' in line:
            raise KeyboardInterrupt
        return whole(line, now)

    monkeypatch.setattr(bulk_running, "read_line", deadly)
    for _ in range(40):
        BulkJob.objects.update(run_after=later(seconds=-1))
        try:
            if not run_step():
                break
        except KeyboardInterrupt:
            continue
    done = job_of(platform, answer)
    assert done["conversations"] == {"accepted": 4, "duplicate": 0, "refused": 1}
    assert [(one["line"], one["errors"][0]["detail"]) for one in done["errors"]] == [
        (3, bulk_running.NOT_PROCESSED)
    ]
    assert MOST_ATTEMPTS > 3


def test_of_two_workers_only_one_has_a_job(platform: Platform):
    hand_in(platform, lines(2))
    assert bulk_running._lease() is not None
    assert bulk_running._lease() is None


def test_a_suspended_licensees_job_is_paused_and_says_why(platform: Platform, northwind: Licensee):
    hand_in(platform, lines(2))
    Licensee.objects.filter(pk=northwind.pk).update(state=Licensee.State.SUSPENDED)
    run_all()
    job = BulkJob.objects.get()
    assert (job.state, "suspended" in job.note) == ("paused", True)
    assert not Conversation.objects.exists()


def test_what_was_abandoned_is_deleted_with_its_key(platform: Platform):
    hand_in(platform, lines(2), Idempotency_Key="k")
    BulkJob.objects.update(state="receiving", worked_at=later(days=-2), received_at=later(days=-2))
    assert cancel_abandoned() == 1
    job = BulkJob.objects.get()
    assert (job.state, job.data_key.destroyed_at is None) == ("cancelled", False)
    assert not BulkChunk.objects.exists()
    forget_old()
    job.refresh_from_db()
    assert job.idempotency_key == ""


def test_another_licensees_job_is_unknown(platform: Platform, other_platform: Platform):
    answer = hand_in(platform, b"x\n")
    run_all()
    assert BulkFault.objects.count() == 1
    theirs = other_platform.client.get(answer.json()["url"])
    none = other_platform.client.get("/api/v1/jobs/00000000-0000-0000-0000-000000000001")
    assert (theirs.status_code, theirs.content) == (404, none.content)


def test_a_conversation_may_be_called_bulk(platform: Platform):
    platform.send(conversation("bulk"))
    assert platform.ask("bulk").json()["id"] == "bulk"
    assert Client().post(BULK, lines(1), content_type=LINES).status_code == 401


def test_an_archive_keeps_its_pace_and_waits_for_the_living(platform: Platform, settings: Any):
    settings.ARTEMIS_ARCHIVE_MESSAGES = 1
    hand_in(platform, lines(5), query="?priority=archive")
    assert run_step() is True
    job = BulkJob.objects.get()
    assert (job.state, job.messages_accepted) == ("done", 10)
    assert job.run_after > later(seconds=8)
    assert Conversation.objects.filter(is_archive=True).count() == 5

    hand_in(platform, lines(2, first=6), query="?priority=archive")
    platform.send(conversation("live"))
    Conversation.objects.filter(external_id="live").update(score_after=later(seconds=-10))
    assert run_step() is False
    Conversation.objects.filter(external_id="live").update(scored_revision=1)
    assert run_step() is True


def test_what_is_written_on_in_an_archive_is_live_from_then_on(platform: Platform):
    hand_in(platform, lines(1), query="?priority=archive")
    run_all()
    platform.send(conversation("c1", messages=3))
    assert Conversation.objects.get().is_archive is False
    hand_in(platform, lines(1, messages=5), query="?priority=archive")
    run_all()
    assert Conversation.objects.get().is_archive is False


def test_what_was_handed_in_for_a_test_is_never_taken_in_as_live(platform: Platform):
    hand_in(platform, lines(2))
    BulkJob.objects.update(mode="test")
    run_all()
    job = BulkJob.objects.get()
    assert (job.state, bool(job.note)) == ("paused", True)
    assert not Conversation.objects.exists()
