"""A packet carries the proof of every entry that led to it, and nothing leaves before its own sealing is sealed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from jsonschema import Draft202012Validator

from accounts.models import User
from audit.coverage import NOT_SEALED
from audit.models import AuditEvent, AuditPending
from audit.notes import VERIFIER_FILE
from audit.transitions import NotPossible
from referrals import archive
from referrals.delivering import download
from referrals.models import Escalation, Packet
from referrals.tests.conftest import approved_by
from referrals.tests.test_hands import SCHEMAS, opened
from referrals.transports.download import open_archive
from referrals.verification import verify
from tests.sealing import Seal

pytestmark = pytest.mark.django_db(transaction=True)
ENCLOSED = Path(__file__).resolve().parent.parent / "enclosed"


@pytest.fixture(autouse=True)
def waiting(seal: Seal, escalation: Escalation, settings: object, sealing_keys: Path) -> None:
    """As in production: an approval waits, and the public half of the key is there."""
    settings.ARTEMIS_SEAL_SECONDS = 10  # type: ignore[attr-defined]
    keys = django_settings.ARTEMIS_KEYS
    shutil.copytree(keys, keys.parent / "with-trail-key", dirs_exist_ok=True)
    settings.ARTEMIS_KEYS = keys.parent / "with-trail-key"  # type: ignore[attr-defined]
    shutil.copy(sealing_keys / VERIFIER_FILE, keys.parent / "with-trail-key")


def test_each_entry_that_led_to_the_packet_is_proved(
    running_sealer: Seal, escalation: Escalation, otto: User, tmp_path: Path
) -> None:
    packet = approved_by(escalation, otto)
    raw = open_archive(packet)
    assert verify(raw).findings == []
    trail = opened(packet, "trail.json")
    schema = json.loads((SCHEMAS / "trail.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(trail)) == []
    count = AuditEvent.objects.filter(case_reference=escalation.case.reference).count()
    # Of all entries of the case, only what the approval itself wrote is not under the checkpoint.
    assert [entry["number"] for entry in trail["entries"] if entry["proof"]] == list(
        range(1, len(trail["entries"]) + 1)
    )
    assert len(trail["entries"]) + 1 + 2 == count  # approved; then sealed, and the case referred
    assert trail["checkpoint_key"] == str(running_sealer.signer.verifier)
    answer = _by_script(raw, str(running_sealer.signer.verifier), tmp_path)
    assert answer == f"PROVED ({len(trail['entries'])} entries)\n"


def _by_script(raw: bytes, verifier: str, folder: Path) -> str:
    files = {name.partition("/")[2]: data for name, data in archive.read(raw).members}
    (folder / "trail.json").write_bytes(files["trail.json"])
    (folder / "known.vkey").write_text(verifier)
    words = [sys.executable, "-I", str(ENCLOSED / "verify_trail.py"), "trail.json", "known.vkey"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_without_a_sealer_nothing_is_approved(escalation: Escalation, otto: User, settings: object) -> None:
    settings.ARTEMIS_SEAL_SECONDS = 1  # type: ignore[attr-defined]
    with pytest.raises(NotPossible) as refusal:
        approved_by(escalation, otto)
    assert refusal.value.sentence == NOT_SEALED
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED
    assert not Packet.objects.exists()


def test_a_packet_leaves_only_under_a_checkpoint_of_its_sealing(
    running_sealer: Seal, escalation: Escalation, otto: User
) -> None:
    packet = approved_by(escalation, otto)
    raw = download(packet_id=packet.pk, by=otto)
    assert verify(raw).is_valid
    pending = AuditPending.objects.values_list("event_id", flat=True)
    verbs = AuditEvent.objects.filter(pk__in=pending).values_list("verb", flat=True)
    assert "packet:sealed" not in verbs


def test_without_a_sealer_nothing_leaves(
    seal: Seal, escalation: Escalation, otto: User, settings: object
) -> None:
    settings.ARTEMIS_SEAL_SECONDS = 0  # type: ignore[attr-defined]
    packet = approved_by(escalation, otto)
    settings.ARTEMIS_SEAL_SECONDS = 1  # type: ignore[attr-defined]
    with pytest.raises(NotPossible) as refusal:
        download(packet_id=packet.pk, by=otto)
    assert refusal.value.sentence == NOT_SEALED
    assert not packet.deliveries.exists()
