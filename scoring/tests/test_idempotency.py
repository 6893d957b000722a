"""The same POST under the same Idempotency-Key has its effect once and its answer as often as it is asked for."""

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from audit.models import AuditEvent
from scoring.api import idempotency
from scoring.models import Conversation, IdempotentRequest, Message
from scoring.tests.sending import Platform, conversation, everything, evidence, message

KEY = {"idempotency_key": "order-1"}


def test_the_same_request_is_answered_again_and_acts_once(platform: Platform):
    first = platform.send(conversation(), **KEY)
    before = everything()

    again = platform.send(conversation(), **KEY)

    assert first.status_code == again.status_code == 202
    # Without the key it would say: all duplicates.
    assert again.json() == first.json()
    assert again.json()["conversations"][0]["messages_accepted"] == 2
    assert "Idempotent-Replay" not in first
    assert again["Idempotent-Replay"] == "true"
    assert everything() == before


def test_the_same_request_may_be_packed_differently(platform: Platform):
    body = json.dumps({"conversations": [conversation()]}).encode()
    platform.post_bytes(body, **KEY)

    for level in (1, 9):
        again = platform.post_bytes(gzip.compress(body, level), content_encoding="gzip", **KEY)
        assert again["Idempotent-Replay"] == "true"


@pytest.mark.parametrize("status", [207, 409, 422])
def test_refusals_are_answered_again_too(platform: Platform, status: int):
    platform.send(conversation())
    conflict = conversation(messages=[message(1, text="Other")])
    items = {
        207: [conflict, conversation("new")],
        409: [conflict],
        422: [conversation("faulty", messages=None)],
    }[status]
    first = platform.send(*items, **KEY)
    before = everything()

    again = platform.send(*items, **KEY)

    assert first.status_code == again.status_code == status
    assert again.json() == first.json()
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotent-Replay"] == "true"
    assert everything() == before


def test_the_key_cannot_be_used_for_another_request(platform: Platform):
    platform.send(conversation(), **KEY)
    before = everything()

    answer = platform.send(conversation("c2"), **KEY)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == (
        "This Idempotency-Key was used for another request. Use a new key for each new request."
    )
    assert everything() == before


def test_a_key_belongs_to_its_licensee(platform: Platform, other_platform: Platform):
    platform.send(conversation(), **KEY)
    answer = other_platform.send(conversation("c2"), **KEY)

    assert answer.status_code == 202
    assert "Idempotent-Replay" not in answer
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "é", "a\tb"])
def test_a_key_that_cannot_be_one(platform: Platform, key: str):
    before = everything()
    answer = platform.send(conversation(), idempotency_key=key)

    assert answer.status_code == 400
    assert answer.json()["detail"] == "An Idempotency-Key has 1 to 255 visible ASCII characters."
    assert everything() == before


def test_what_could_not_be_read_keeps_no_key(platform: Platform):
    assert platform.post_bytes(b"{", **KEY).status_code == 400
    assert platform.send(conversation(), **KEY).status_code == 202


def test_what_broke_keeps_no_key(platform: Platform, settings, tmp_path):
    kept = settings.ARTEMIS_KEYS
    settings.ARTEMIS_KEYS = tmp_path  # A missing key file: nothing can be sealed.
    before = everything()
    platform.client.raise_request_exception = False

    assert platform.send(conversation(), **KEY).status_code == 500
    assert everything() == before

    settings.ARTEMIS_KEYS = kept
    assert platform.send(conversation(), **KEY).status_code == 202


def _send_in_thread(platform: Platform, start: threading.Barrier, external_id: str = "c1"):
    try:
        start.wait()
        return platform.send(conversation(external_id, messages=50), **KEY)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_time_acts_once(platform: Platform):
    size = 6
    start = threading.Barrier(size)
    with ThreadPoolExecutor(size) as pool:
        sent = [pool.submit(_send_in_thread, platform, start) for _ in range(size)]
        answers = [one.result() for one in sent]

    assert {one.status_code for one in answers} == {202}
    assert {one.json()["conversations"][0]["messages_accepted"] for one in answers} == {50}
    assert sum("Idempotent-Replay" in one for one in answers) == size - 1
    assert (Message.objects.count(), IdempotentRequest.objects.count()) == (50, 1)
    assert AuditEvent.objects.filter(verb="conversations:accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_too_long_is_told_to_come_again(platform: Platform, monkeypatch):
    monkeypatch.setattr(idempotency, "PATIENCE", 1)
    before = evidence()
    start = threading.Barrier(1)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        IdempotentRequest.objects.create(licensee=platform.key.licensee, key="order-1", fingerprint=b"")
        answer = pool.submit(_send_in_thread, platform, start).result()
        transaction.set_rollback(True)

    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "The same request is still being answered. Send it again in a few seconds."
    )
    assert evidence() == before
    assert platform.send(conversation(messages=50), **KEY).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_the_patience_for_a_key_does_not_outlive_it(platform: Platform):
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SHOW lock_timeout")
        [usual] = cursor.fetchone()
        assert idempotency._take("order-2", platform.key.licensee, b"x")
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (usual,)
