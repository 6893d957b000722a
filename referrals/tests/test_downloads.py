"""A supervisor takes the packet; who took it is on record before the bytes leave."""

import hashlib
import json
from collections.abc import Callable

import psycopg
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals import archive
from referrals.delivering import download
from referrals.models import Delivery, Packet
from referrals.tests.conftest import approved_by, ask
from referrals.verification import verify
from referrals.views.packets import custody_of
from scoring.models import DataKey


def test_it_is_the_archive_that_was_sealed(packet: Packet, otto: User) -> None:
    archive = download(packet_id=packet.pk, by=otto)
    assert hashlib.sha256(archive).hexdigest() == packet.archive_digest
    assert verify(archive).digest == packet.digest
    assert download(packet_id=packet.pk, by=otto) == archive


def test_each_time_is_a_delivery_and_an_entry_of_the_trail(packet: Packet, otto: User, ines: User) -> None:
    download(packet_id=packet.pk, by=otto)
    download(packet_id=packet.pk, by=ines)
    deliveries = list(packet.deliveries.all())
    assert [(one.released_by, one.archive_digest) for one in deliveries] == [
        (otto, packet.archive_digest),
        (ines, packet.archive_digest),
    ]
    events = AuditEvent.objects.filter(verb=Verb.PACKET_DOWNLOADED).order_by("case_sequence")
    assert [event.payload["delivery"] for event in events] == [one.pk for one in deliveries]


def test_a_moderator_cannot(packet: Packet, mara: User) -> None:
    with pytest.raises(NotAllowed) as refusal:
        download(packet_id=packet.pk, by=mara)
    assert refusal.value.sentence == "Only a supervisor of Northwind can download this packet. Ask Otto."
    assert not Delivery.objects.exists()


def test_if_it_cannot_be_recorded_nothing_is_handed_out(
    packet: Packet, otto: User, monkeypatch: object
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("audit.transitions.record", fail)  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError), transaction.atomic():
        download(packet_id=packet.pk, by=otto)
    assert not Delivery.objects.exists()


def test_a_destroyed_key_is_said_in_words(packet: Packet, otto: User) -> None:
    DataKey.objects.filter(pk=packet.data_key_id).update(wrapped=None, destroyed_at=timezone.now())
    with pytest.raises(NotPossible) as refusal:
        download(packet_id=packet.pk, by=otto)
    assert refusal.value.sentence.startswith("This evidence was erased: its key was destroyed at")
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_archive_that_was_changed_in_the_database_is_not_handed_out(
    case: object, mara: User, otto: User, desk: object, owner_connection: psycopg.Connection
) -> None:
    """Even by the owner of the tables, with the triggers off."""
    packet = approved_by(ask(case, mara, desk), otto)  # type: ignore[arg-type]
    changed = bytearray(packet.archive_sealed)
    changed[-1] ^= 1
    owner_connection.execute("ALTER TABLE referrals_packet DISABLE TRIGGER USER")
    try:
        owner_connection.execute(
            "UPDATE referrals_packet SET archive_sealed = %s WHERE id = %s", [bytes(changed), packet.pk]
        )
    finally:
        owner_connection.execute("ALTER TABLE referrals_packet ENABLE TRIGGER USER")
    with pytest.raises(NotPossible):
        download(packet_id=packet.pk, by=otto)
    assert not Delivery.objects.exists()


def test_the_page_hands_out_a_zip_file(
    packet: Packet, otto: User, browser_of: Callable[[User], Client]
) -> None:
    answer = browser_of(otto).post(reverse("referrals:download", args=[packet.pk]))
    reference = packet.approval.escalation.case.reference
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="referral-{reference}.zip"'
    assert answer["Cache-Control"] == "no-store"
    assert verify(answer.content).is_valid


def test_looking_at_its_address_takes_nothing(
    packet: Packet, otto: User, browser_of: Callable[[User], Client]
) -> None:
    assert browser_of(otto).get(reverse("referrals:download", args=[packet.pk])).status_code == 405
    assert not Delivery.objects.exists()


def test_the_page_shows_whose_hands_it_passed_through(
    packet: Packet, otto: User, browser_of: Callable[[User], Client]
) -> None:
    download(packet_id=packet.pk, by=otto)
    page = browser_of(otto).get(reverse("referrals:custody", args=[packet.pk])).content.decode()
    acts = [
        "asked for an escalation",
        "viewed the draft packet",
        "approved the escalation",
        "sealed the packet",
    ]
    places = [page.index(act) for act in [*acts, "downloaded the packet"]]
    assert places == sorted(places)
    assert packet.digest in page
    assert packet.archive_digest in page
    assert "between the two of us" not in page


def test_the_page_and_the_packet_tell_the_same_of_each_hand(packet: Packet, otto: User) -> None:
    raw = download(packet_id=packet.pk, by=otto)
    (sealed,) = [data for name, data in archive.read(raw).members if name.endswith("/custody.json")]
    hands = json.loads(sealed)["hands"]
    told = [(row["line"].event.verb, *row["digests"]) for row in custody_of(packet)]
    *before, sealing = hands
    assert len(before) > 2
    assert told[: len(before)] == [
        (hand["act"], hand["digest_before"] or "", hand["digest_after"] or "") for hand in before
    ]
    # The archive's own digest cannot stand inside the archive.
    assert told[len(before)] == (sealing["act"], sealing["digest_before"], packet.archive_digest)
