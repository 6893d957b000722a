"""Whatever was changed in a packet is found and named."""

import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referrals import archive, sealing
from referrals.packet_builder import Draft, build, manifest_of
from referrals.packet_layout import SIGNED_TAGS
from referrals.sealing import ApprovalFacts, NotWhatWasApproved, seal
from referrals.signing import (
    SigningKeyUnusable,
    create_signing_key,
    fingerprint_of,
    load_signing_key,
    public_pem,
)
from referrals.tests.packets import ASKED_AT, CONTENT, SIGNING_KEY, SMALL, seal_draft, sealed
from referrals.verification import Report, verify

FOLDER = "referral-NW-2031-7"
REPOSITORY = Path(__file__).resolve().parents[2]
ANOTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
GOLDEN_ARCHIVE = "cf76261e9b4b1b7218707f00bec25f0bc3fb5b62bb760fc2aadf787cb1f2739d"


def members(raw: bytes) -> dict[str, bytes]:
    return dict(archive.read(raw).members)


ANOTHER_PACKET = members(seal_draft(Draft(SMALL.case_reference, SMALL.files[:-1])))


def changed(change: Callable[[dict[str, bytes]], None]) -> list[str]:
    """The findings after somebody took the packet apart, changed its files and packed it again."""
    files = members(sealed())
    change(files)
    return verify(archive.write(files)).findings


def test_an_untouched_packet_is_valid() -> None:
    report = verify(sealed(), pinned_key=public_pem(SIGNING_KEY.public_key()))
    assert report == Report(
        findings=[],
        case_reference="NW-2031-7",
        digest=build(CONTENT).digest,
        archive_digest=report.archive_digest,
        fingerprint=fingerprint_of(SIGNING_KEY.public_key()),
        is_pinned=True,
    )


def test_sealing_twice_gives_the_same_bytes_as_written_down() -> None:
    assert sealed() == sealed()
    assert verify(sealed()).archive_digest == GOLDEN_ARCHIVE


def test_without_a_key_known_beforehand_the_report_says_so() -> None:
    report = verify(sealed())
    assert report.is_valid
    assert not report.is_pinned


@pytest.mark.parametrize("seed", range(300))
def test_a_changed_byte_is_found_wherever_it_is(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(sealed())
    place = chance.randrange(len(raw))
    raw[place] ^= chance.randrange(1, 256)
    assert finds_something(bytes(raw)), f"byte {place}"


def test_every_single_byte_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only the 300: each byte of a packet, one after the other. What lies in every packet is one word in this one,
    and its payload is small, so that it takes seconds; all else is as it is in any."""
    words = {path: path.encode() for path in sealing.enclosed()}
    monkeypatch.setattr(sealing, "enclosed", lambda: words)
    raw = bytearray(seal_draft(SMALL))
    assert verify(bytes(raw)).is_valid
    missed = []
    for place in range(len(raw)):
        raw[place] ^= 0x01
        if not finds_something(bytes(raw)):
            missed.append(place)
        raw[place] ^= 0x01
    assert missed == []


def finds_something(raw: bytes) -> bool:
    try:
        return not verify(raw).is_valid
    except archive.Unreadable:
        return True


@pytest.mark.parametrize(
    "path",
    ["data/referral.json", "data/transcript.json", "data/transcript.csv", "approval.json", "bag-info.txt"],
)
def test_a_changed_file_is_named(path: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[f"{FOLDER}/{path}"] += b" "

    manifest = "manifest-sha256.txt" if path.startswith("data/") else "tagmanifest-sha256.txt"
    assert f"{path} was changed: its SHA-256 is not the one in {manifest}." in changed(change)


@pytest.mark.parametrize("path", ["data/transcript.csv", "approval.json", "bagit.txt"])
def test_a_missing_file_is_named(path: str) -> None:
    findings = changed(lambda files: files.pop(f"{FOLDER}/{path}") and None)
    assert f"{path} is missing." in findings


@pytest.mark.parametrize(
    ("path", "manifest"),
    [("data/more.json", "manifest-sha256.txt"), ("more.txt", "tagmanifest-sha256.txt")],
)
def test_an_added_file_is_named(path: str, manifest: str) -> None:
    findings = changed(lambda files: files.update({f"{FOLDER}/{path}": b"x"}))
    assert findings == [f"{path} was added: {manifest} does not name it."]


def test_regenerated_manifests_do_not_help() -> None:
    def change(files: dict[str, bytes]) -> None:
        files[f"{FOLDER}/data/referral.json"] = files[f"{FOLDER}/data/referral.json"].replace(
            b"adult", b"13_15"
        )
        regenerate(files)

    assert changed(change) == [
        "The signature does not fit: tagmanifest-sha256.txt.ed25519, tagmanifest-sha256.txt or signing-key.pub "
        "was changed.",
        "The SSH signature does not fit: tagmanifest-sha256.txt.sig, tagmanifest-sha256.txt or signing-key.pub "
        "was changed.",
        "approval.json approves another packet: its digest is not that of the manifest.",
        "custody.json speaks of another packet: its digest is not that of the manifest.",
    ]


def regenerate(files: dict[str, bytes]) -> None:
    """As somebody would who knows BagIt, but has no key."""
    inside = {path.removeprefix(f"{FOLDER}/"): data for path, data in files.items()}
    payload = {path: data for path, data in inside.items() if path.startswith("data/")}
    inside["manifest-sha256.txt"] = manifest_of(payload)
    inside["tagmanifest-sha256.txt"] = manifest_of({path: inside[path] for path in SIGNED_TAGS})
    files.update({f"{FOLDER}/{path}": data for path, data in inside.items()})


@pytest.mark.parametrize(
    ("signature", "name"),
    [("tagmanifest-sha256.txt.ed25519", "signature"), ("tagmanifest-sha256.txt.sig", "SSH signature")],
)
def test_the_signature_of_another_packet_does_not_fit(signature: str, name: str) -> None:
    path = f"{FOLDER}/{signature}"
    findings = changed(lambda files: files.update({path: ANOTHER_PACKET[path]}))
    assert findings == [
        f"The {name} does not fit: {signature}, tagmanifest-sha256.txt or signing-key.pub was changed."
    ]


def test_a_packet_without_one_of_its_signatures_is_not_valid() -> None:
    path = f"{FOLDER}/tagmanifest-sha256.txt.sig"
    assert changed(lambda files: files.pop(path) and None) == [
        "tagmanifest-sha256.txt.sig is missing: without it nothing shows who sealed the packet."
    ]


def test_a_packet_signed_anew_by_somebody_else_fails_against_the_known_key() -> None:
    forged = sealed(replace(CONTENT, grounds="Written by somebody else."), key=ANOTHER_KEY)
    assert verify(forged).is_valid
    report = verify(forged, pinned_key=public_pem(SIGNING_KEY.public_key()))
    assert report.findings == [
        f"The packet was signed with another key: {fingerprint_of(ANOTHER_KEY.public_key())} instead of "
        f"{fingerprint_of(SIGNING_KEY.public_key())}."
    ]


def test_bytes_after_the_end_are_found() -> None:
    assert verify(sealed() + b"more").findings == ["4 bytes follow the end of the archive."]


def test_bytes_before_the_beginning_are_found() -> None:
    assert verify(b"more" + sealed()).findings == ["4 bytes stand before the beginning of the archive."]


def test_a_file_that_stands_in_the_archive_twice_is_found() -> None:
    twice = io.BytesIO(sealed())
    with zipfile.ZipFile(twice, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(f"{FOLDER}/data/transcript.csv", b"another")
    findings = verify(twice.getvalue()).findings
    assert f"{FOLDER}/data/transcript.csv stands in the archive 2 times." in findings


@pytest.mark.parametrize(
    "name", ["../outside.txt", f"{FOLDER}/../../outside", f"{FOLDER}/data\\x", "/absolute"]
)
def test_a_path_that_leads_outside_is_found(name: str) -> None:
    findings = changed(lambda files: files.update({name: b"x"}))
    assert any("is not a plain path." in finding for finding in findings)


def test_a_name_cannot_command_the_terminal() -> None:
    raw = sealed().replace(b"bagit.txt", b"\x1b[2Jt.txt")
    findings = verify(raw).findings
    assert findings
    assert all(finding.isprintable() for finding in findings)


def test_a_renamed_folder_is_found() -> None:
    files = {name.replace("NW-2031-7", "NW-2032-5"): data for name, data in members(sealed()).items()}
    assert verify(archive.write(files)).findings == [
        "The folder is called 'referral-NW-2032-5', which is not the case that the packet speaks of."
    ]


def test_a_compressed_archive_is_not_inflated() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{FOLDER}/data/referral.json", bytes(50_000_000))
    assert (
        f"{FOLDER}/data/referral.json is compressed; a packet's files are not."
        in verify(bomb.getvalue()).findings
    )


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_packet_is_unreadable_or_not_valid(raw: bytes) -> None:
    assert finds_something(raw)


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    """Python's own zipfile, and the Library of Congress's BagIt."""
    with zipfile.ZipFile(io.BytesIO(sealed())) as file:
        assert file.testzip() is None
        file.extractall(tmp_path)
    assert bagit.Bag(str(tmp_path / FOLDER)).validate()


def test_nothing_is_sealed_that_was_not_approved() -> None:
    facts = ApprovalFacts(
        software="Artemis",
        requested_by="person:3",
        requested_at=ASKED_AT,
        approved_by="person:4",
        approved_at=ASKED_AT,
        packet_digest="0" * 64,
        version=1,
    )
    with pytest.raises(NotWhatWasApproved):
        seal(build(CONTENT), approval_facts=facts, signing_key=SIGNING_KEY)


# --- The command ---------------------------------------------------------------------------------


def run_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As on a machine that has neither a database nor any setting."""
    environment = {"PATH": os.environ["PATH"], "ARTEMIS_DATA": str(cwd / "nothing here")}
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "verify_packet", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_needs_no_database(tmp_path: Path) -> None:
    (tmp_path / "packet.zip").write_bytes(sealed())
    answer = run_command("packet.zip", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "VALID  packet.zip" in answer.stdout
    assert build(CONTENT).digest in answer.stdout
    assert "NOT KNOWN" in answer.stdout


def test_the_command_compares_with_the_key_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "packet.zip").write_bytes(sealed())
    (tmp_path / "ours.pub").write_bytes(public_pem(SIGNING_KEY.public_key()))
    (tmp_path / "theirs.pub").write_bytes(public_pem(ANOTHER_KEY.public_key()))
    assert (
        "known: it is the public key that you hold"
        in run_command("packet.zip", "--public-key", "ours.pub", cwd=tmp_path).stdout
    )
    answer = run_command("packet.zip", "--public-key", "theirs.pub", cwd=tmp_path)
    assert answer.returncode == 1
    assert "signed with another key" in answer.stdout


def test_the_command_names_what_differs(tmp_path: Path) -> None:
    (tmp_path / "packet.zip").write_bytes(sealed().replace(b"good match", b"good watch"))
    answer = run_command("packet.zip", cwd=tmp_path)
    assert answer.returncode == 1
    assert "NOT VALID  packet.zip" in answer.stdout
    assert "data/transcript.csv was changed" in answer.stdout
    assert "data/transcript.json was changed" in answer.stdout


def test_the_command_says_when_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    for name in ("letter.txt", "missing.zip"):
        answer = run_command(name, cwd=tmp_path)
        assert answer.returncode == 2
        assert f"UNREADABLE  {name}" in answer.stdout


# --- The key -------------------------------------------------------------------------------------


def test_a_signing_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    assert create_signing_key(tmp_path)
    first = load_signing_key(tmp_path).private_bytes_raw()
    assert not create_signing_key(tmp_path)
    assert load_signing_key(tmp_path).private_bytes_raw() == first
    assert (tmp_path / "packet-signing.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "packet-signing.pub").read_bytes() == public_pem(
        load_signing_key(tmp_path).public_key()
    )


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyUnusable, match=r"run “manage\.py create_keys”"):
        load_signing_key(tmp_path)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    create_signing_key(tmp_path)
    (tmp_path / "packet-signing.key").chmod(0o644)
    with pytest.raises(SigningKeyUnusable, match="Others may read"):
        load_signing_key(tmp_path)


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    create_signing_key(tmp_path)
    (tmp_path / "packet-signing.key").write_text("damaged")
    with pytest.raises(SigningKeyUnusable, match="cannot be read"):
        load_signing_key(tmp_path)
