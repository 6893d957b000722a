"""A sealed packet says whose hands it passed through, and its trail is the installation's."""

import hashlib
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from accounts.models import User
from audit.models import AuditEvent
from referrals import archive
from referrals.models import Escalation, Packet, Recipient
from referrals.tests.conftest import approved_by, ask, seen_by
from referrals.transports.download import open_archive
from referrals.verification import verify
from review.models import Case

SCHEMAS = Path(__file__).resolve().parent.parent / "formats" / "schemas"


def opened(packet: Packet, name: str) -> dict[str, Any]:
    files = {path.partition("/")[2]: data for path, data in archive.read(open_archive(packet)).members}
    read: dict[str, Any] = json.loads(files[name])
    return read


def test_every_hand_is_there_with_its_digests(escalation: Escalation, otto: User) -> None:
    packet = approved_by(escalation, otto)
    custody = opened(packet, "custody.json")
    schema = json.loads((SCHEMAS / "custody.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(custody)) == []
    mara = escalation.requested_by.actor_name
    assert [(hand["act"], hand["who"]) for hand in custody["hands"]] == [
        ("escalation:requested", mara),
        ("packet:viewed", otto.actor_name),
        ("escalation:approved", otto.actor_name),
        ("packet:sealed", otto.actor_name),
    ]
    assert custody["packet_digest"] == packet.digest
    assert [hand["digest_after"] for hand in custody["hands"]] == [None, *[packet.digest] * 3]
    assert [hand["digest_before"] for hand in custody["hands"]] == [None, None, *[packet.digest] * 2]


def test_an_earlier_reading_shows_what_it_was_then(
    case: Case, mara: User, otto: User, desk: Recipient
) -> None:
    escalation = ask(case, mara, desk)
    first = seen_by(escalation, otto)
    escalation.case.licensee.contact_email = "other@northwind.example"
    escalation.case.licensee.save()
    packet = approved_by(escalation, otto)
    hands = opened(packet, "custody.json")["hands"]
    viewed = [hand for hand in hands if hand["act"] == "packet:viewed"]
    assert [hand["digest_after"] for hand in viewed] == [first, packet.digest]
    assert viewed[1]["digest_before"] == first != packet.digest


def test_the_trail_holds_all_entries_of_the_case_and_only_its_own_in_full(packet: Packet) -> None:
    reference = packet.approval.escalation.case.reference
    trail = opened(packet, "trail.json")
    stored = AuditEvent.objects.filter(case_reference=reference).order_by("case_sequence")
    by_number = {event.case_sequence: event for event in stored}
    entries = trail["entries"] + trail["written_with_the_packet"]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        event = by_number[entry["number"]]
        assert entry["leaf_hash"] == bytes(event.leaf_hash or b"").hex()
        assert entry["entry"] in (None, event.entry)
    in_full = [json.loads(entry["entry"])["verb"] for entry in entries if entry["entry"]]
    assert in_full == ["escalation:requested", "packet:viewed", "escalation:approved"]
    # What came after is the trail's alone: the sealing cannot stand inside what it seals.
    assert by_number[len(entries) + 1].verb == "packet:sealed"
    assert [json.loads(entry["entry"])["verb"] for entry in trail["written_with_the_packet"]] == [
        "escalation:approved"
    ]
    assert trail["checkpoint"] is None
    schema = json.loads((SCHEMAS / "trail.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(trail)) == []
    assert "No checkpoint" in trail["statement"]


def test_the_sealed_packet_is_valid_and_its_files_agree(packet: Packet) -> None:
    report = verify(open_archive(packet))
    assert report.findings == []
    assert report.digest == packet.digest
    assert report.archive_digest == packet.archive_digest == hashlib.sha256(open_archive(packet)).hexdigest()
