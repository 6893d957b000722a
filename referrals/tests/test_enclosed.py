"""What is enclosed in a packet verifies it on a machine that has never heard of Artemis."""

import hashlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.notes import Signer
from referrals import archive
from referrals.enclosed_trail import trail_findings
from referrals.packet_builder import Draft, manifest_of
from referrals.packet_layout import SEALS, SIGNED_TAGS, TRAIL
from referrals.signing import allowed_signers, public_pem, ssh_signature
from referrals.tests.packets import SIGNING_KEY, SMALL, TRAIL_SIGNER, seal_draft, sealed
from referrals.verification import verify

FOLDER = "referral-NW-2031-7"
REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "referrals" / "enclosed" / "verify.py"
ANOTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NOWHERE = {"PATH": os.environ["PATH"]}
SSH_KEYGEN, SHA256SUM = shutil.which("ssh-keygen") or "", shutil.which("sha256sum") or ""
# Under CI=true it may not be left out: then what needs it fails.
needs_ssh = pytest.mark.skipif(
    not SSH_KEYGEN and os.environ.get("CI") != "true", reason="ssh-keygen is not installed"
)


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """An empty folder with the script, and the key that the recipient got by another way."""
    shutil.copy(SCRIPT, tmp_path / "verify.py")
    (tmp_path / "known.pub").write_bytes(public_pem(SIGNING_KEY.public_key()))
    return tmp_path


def run_script(bench: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "verify.py", *arguments],
        cwd=bench,
        env=NOWHERE,
        capture_output=True,
        text=True,
        check=False,
    )


def verdicts(bench: Path, packet: bytes) -> tuple[bool, str]:
    """What manage.py would say, and what the script says."""
    (bench / "packet.zip").write_bytes(packet)
    answer = run_script(bench, "packet.zip", "known.pub")
    assert answer.returncode in (0, 1), answer.stderr
    assert answer.returncode == (not answer.stdout.startswith("VALID"))
    try:
        valid = verify(packet, pinned_key=public_pem(SIGNING_KEY.public_key())).is_valid
    except archive.Unreadable:
        valid = False
    return valid, answer.stdout


def test_an_untouched_packet_is_valid_to_both(bench: Path) -> None:
    assert verdicts(bench, sealed()) == (True, "VALID\n")


def test_without_a_key_the_script_says_that_anybody_could_have_signed(bench: Path) -> None:
    (bench / "packet.zip").write_bytes(sealed())
    answer = run_script(bench, "packet.zip")
    assert answer.returncode == 0
    assert answer.stdout == "WHOLE, BUT YOU GAVE NO KEY: anybody could have signed it\n"


# One bare process for all, since starting it is what takes time; each packet is judged by the script as it is.
MANY = """
import contextlib, io, random, runpy, sys
whole, missed = open("packet.zip", "rb").read(), []
for seed in range(200):
    chance, raw = random.Random(seed), bytearray(whole)
    raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
    open("changed.zip", "wb").write(raw)
    sys.argv = ["verify.py", "changed.zip", "known.pub"]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path("verify.py")
    except SystemExit as left:
        if left.code is not True:
            missed.append(seed)
    else:
        missed.append(seed)
print(missed)
"""


def test_the_script_finds_each_of_200_changed_bytes(bench: Path) -> None:
    (bench / "packet.zip").write_bytes(sealed())
    answer = subprocess.run(
        [sys.executable, "-I", "-c", MANY],
        cwd=bench,
        env=NOWHERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "[]\n", answer.stderr


def test_the_same_200_are_found_by_the_command() -> None:
    """test_verification changes 300 bytes, and each byte of a small packet; here are the script's very own 200."""
    whole, missed = sealed(), []
    for seed in range(200):
        chance, raw = random.Random(seed), bytearray(whole)
        raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
        try:
            if verify(bytes(raw)).is_valid:
                missed.append(seed)
        except archive.Unreadable:
            pass
    assert missed == []


def _remove(files: dict[str, bytes]) -> None:
    del files["data/transcript.csv"]


def _add(files: dict[str, bytes]) -> None:
    files["data/more.txt"] = b"x"


def _add_outside(files: dict[str, bytes]) -> None:
    files["more.txt"] = b"x"


def _regenerate(files: dict[str, bytes]) -> None:
    files["data/transcript.csv"] += b"x"
    files["manifest-sha256.txt"] = manifest_of(
        {path: data for path, data in files.items() if path.startswith("data/")}
    )
    files["tagmanifest-sha256.txt"] = manifest_of({path: files[path] for path in SIGNED_TAGS})


def _swap(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        other = dict(archive.read(seal_draft(Draft(SMALL.case_reference, SMALL.files[:-1]))).members)
        files[name] = other[f"{FOLDER}/{name}"]

    return change


def _sign_anew(files: dict[str, bytes]) -> None:
    _regenerate(files)
    files["signing-key.pub"] = public_pem(ANOTHER_KEY.public_key())
    files["tagmanifest-sha256.txt"] = manifest_of({path: files[path] for path in SIGNED_TAGS})
    files["tagmanifest-sha256.txt.ed25519"] = ANOTHER_KEY.sign(files["tagmanifest-sha256.txt"])
    files["tagmanifest-sha256.txt.sig"] = ssh_signature(ANOTHER_KEY, files["tagmanifest-sha256.txt"])


CHANGES = {
    "removed": (_remove, "'data/transcript.csv' is missing."),
    "added": (_add, "'data/more.txt' was added: manifest-sha256.txt does not name it."),
    "added outside": (_add_outside, "'more.txt' was added: tagmanifest-sha256.txt does not name it."),
    "regenerated": (_regenerate, "signatures do not fit (InvalidSignature)"),
    "swapped signature": (_swap("tagmanifest-sha256.txt.ed25519"), "(InvalidSignature)"),
    "swapped SSH signature": (_swap("tagmanifest-sha256.txt.sig"), "(InvalidSignature)"),
    "signed anew": (_sign_anew, "It was signed with another key than the one that you gave."),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_found_by_both_and_named(kind: str, bench: Path) -> None:
    change, sentence = CHANGES[kind]
    files = {name.partition("/")[2]: data for name, data in archive.read(sealed()).members}
    change(files)
    valid, said = verdicts(bench, archive.write({f"{FOLDER}/{path}": data for path, data in files.items()}))
    assert not valid
    assert sentence in said


@pytest.mark.parametrize("name", ["another/data/transcript.csv", f"{FOLDER}/../../outside.txt"])
def test_a_second_folder_is_found(name: str, bench: Path) -> None:
    files = dict(archive.read(sealed()).members)
    valid, _ = verdicts(bench, archive.write({**files, name: b"x"}))
    assert not valid


def test_a_letter_is_no_packet(bench: Path) -> None:
    assert verdicts(bench, b"Dear colleague")[0] is False


def test_an_unpacked_packet_is_verified_too(bench: Path) -> None:
    folder = unpacked(bench)
    assert run_script(bench, FOLDER, "known.pub").stdout == "VALID\n"
    (folder / "data" / "referral.json").write_bytes(b"{}")
    assert "'data/referral.json' was changed." in run_script(bench, FOLDER, "known.pub").stdout


def unpacked(bench: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(sealed())) as file:
        file.extractall(bench)
    return bench / FOLDER


# --- With what every system has --------------------------------------------------------------------


@needs_ssh
def test_ssh_keygen_accepts_the_signature_and_finds_a_change(tmp_path: Path) -> None:
    folder = unpacked(tmp_path)
    (tmp_path / "allowed_signers").write_bytes(allowed_signers(SIGNING_KEY.public_key()))
    assert 'Good "artemis-packet" signature for artemis' in ssh_keygen(
        folder, folder / "tagmanifest-sha256.txt"
    )
    (folder / "other").write_bytes((folder / "tagmanifest-sha256.txt").read_bytes() + b"x")
    assert "Signature verification failed" in ssh_keygen(folder, folder / "other")
    (tmp_path / "allowed_signers").write_bytes(allowed_signers(ANOTHER_KEY.public_key()))
    assert "Good" not in ssh_keygen(folder, folder / "tagmanifest-sha256.txt")


def ssh_keygen(folder: Path, signed: Path) -> str:
    words = f"{SSH_KEYGEN} -Y verify -f ../allowed_signers -I artemis -n artemis-packet -s {SEALS[2]}"
    answer = subprocess.run(
        words.split(" "), cwd=folder, input=signed.read_bytes(), capture_output=True, check=False
    )
    return (answer.stdout + answer.stderr).decode()


@needs_ssh
def test_ssh_keygen_makes_the_very_same_signature(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(SIGNING_KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    key.chmod(0o600)
    (tmp_path / "message").write_bytes(b"a tag manifest")
    subprocess.run(
        [SSH_KEYGEN, "-Y", "sign", "-f", key, "-n", "artemis-packet", tmp_path / "message"],
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "message.sig").read_bytes() == ssh_signature(SIGNING_KEY, b"a tag manifest")


def test_the_counts_in_the_readme_are_right(tmp_path: Path) -> None:
    """sha256sum finds no added file: the letter says how many files there must be."""
    folder = unpacked(tmp_path)
    answer = subprocess.run(
        [SHA256SUM, "--check", "--strict", "tagmanifest-sha256.txt", "manifest-sha256.txt"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    assert count == answer.stdout.count(": OK") + len(SEALS)


# --- The enclosed files ----------------------------------------------------------------------------


def test_the_script_is_short_and_its_digest_is_published() -> None:
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 120
    digest = hashlib.sha256(SCRIPT.read_bytes()).hexdigest()
    assert digest in (REPOSITORY / "docs" / "packet-format.md").read_text()
    assert dict(archive.read(sealed()).members)[f"{FOLDER}/verify.py"] == SCRIPT.read_bytes()


def test_the_script_for_the_trail_is_short_too_and_needs_nothing_of_artemis() -> None:
    script = SCRIPT.with_name("verify_trail.py")
    assert len(script.read_text().splitlines()) <= 60
    assert (
        hashlib.sha256(script.read_bytes()).hexdigest()
        in (REPOSITORY / "docs" / "packet-format.md").read_text()
    )
    assert re.findall(r"^(?:import|from) (.+)$", script.read_text(), re.MULTILINE) == [
        "base64, hashlib, json, sys",
        "pathlib import Path",
        "cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey",
    ]


def test_the_script_for_the_trail_follows_every_proof(bench: Path) -> None:
    shutil.copy(SCRIPT.with_name("verify_trail.py"), bench / "verify.py")
    trail = json.loads((unpacked(bench) / TRAIL).read_bytes())
    (bench / "known.vkey").write_text(str(TRAIL_SIGNER.verifier))
    (bench / "other.vkey").write_text(str(Signer(TRAIL_SIGNER.name, ANOTHER_KEY).verifier))

    def said(changed: dict[str, object], *key: str) -> str:
        (bench / "trail.json").write_text(json.dumps(changed))
        answer = run_script(bench, "trail.json", *key)
        assert answer.returncode == (not answer.stdout.startswith("PROVED")), answer.stderr
        return answer.stdout

    first, second = trail["entries"]
    assert said(trail, "known.vkey") == "PROVED (2 entries)\n"
    assert "BUT YOU GAVE NO KEY" in said(trail)
    assert "no checkpoint that the key has signed" in said(trail, "other.vkey")
    forged = {**second, "entry": second["entry"].replace("4", "7")}
    assert "Entry 2 is not what its leaf hash says." in said(
        {**trail, "entries": [first, forged]}, "known.vkey"
    )
    moved = {**first, "proof": {**first["proof"], "index": 3}}
    assert "Entry 1 is not under the checkpoint." in said({**trail, "entries": [moved, second]}, "known.vkey")
    assert "Entry 1 of the case was left out." in said({**trail, "entries": [second]}, "known.vkey")
    larger = trail["checkpoint"].replace("\n5\n", "\n6\n")
    assert "(InvalidSignature)" in said({**trail, "checkpoint": larger}, "known.vkey")


def test_the_script_needs_nothing_of_artemis() -> None:
    imported = re.findall(r"^(?:import|from) (.+)$", SCRIPT.read_text(), re.MULTILINE)
    assert imported == [
        "base64, hashlib, struct, sys, zipfile, zlib",
        "pathlib import Path",
        "cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key",
    ]


def test_the_certificate_is_a_draft_with_the_digests_and_blanks() -> None:
    files = {name.partition("/")[2]: data for name, data in archive.read(sealed()).members}
    words = files["certificate-902.txt"].decode()
    assert words.startswith("DRAFT. NOT SIGNED")
    assert "Artemis 0.1.0" in words and "person:4 read it and approved it" in words
    for path, data in files.items():
        if path.startswith("data/"):
            assert f"{hashlib.sha256(data).hexdigest()}  {path}" in words
    assert hashlib.sha256(files["manifest-sha256.txt"]).hexdigest() in words
    assert words.count("____________________") >= 10
    assert not re.search(r"\{\w+\}", words)


def findings(trail: dict[str, object], custody: dict[str, object]) -> list[str]:
    return list(trail_findings(trail, custody, "ab" * 32))


@pytest.fixture
def enclosed() -> tuple[dict[str, object], dict[str, object]]:
    files = {name.partition("/")[2]: data for name, data in archive.read(sealed()).members}
    custody = json.loads(files["custody.json"]) | {"packet_digest": "ab" * 32}
    return json.loads(files[TRAIL]), custody


def test_trail_and_custody_agree(enclosed: tuple[dict[str, object], dict[str, object]]) -> None:
    assert findings(*enclosed) == []


def test_what_does_not_agree_is_named(enclosed: tuple[dict[str, object], dict[str, object]]) -> None:
    trail, custody = enclosed
    entries, hands = trail["entries"], custody["hands"]
    assert isinstance(entries, list) and isinstance(hands, list)
    assert findings({**trail, "entries": entries[1:]}, custody) == [
        "trail.json leaves out an entry of the case: its numbers have a gap."
    ]
    changed = [entries[0], {**entries[1], "leaf_hash": "00" * 32}]
    assert findings({**trail, "entries": changed}, custody) == [
        "trail.json: entry 2 is not what its leaf hash says.",
        "trail.json: entry 2 is not under the checkpoint.",
    ]
    moved = [{**entries[0], "proof": {**entries[0]["proof"], "index": 1}}, entries[1]]
    assert findings({**trail, "entries": moved}, custody) == [
        "trail.json: entry 1 is not under the checkpoint."
    ]
    assert findings({**trail, "checkpoint": trail["checkpoint"].replace("\n5\n", "\n6\n")}, custody) == [
        "trail.json: its checkpoint does not hold. The signature does not fit: the checkpoint was changed, or another "
        "key signed it."
    ]
    assert findings({**trail, "checkpoint": None}, custody) == [
        f"trail.json: entry {number} has a proof, but there is no checkpoint." for number in (1, 2)
    ]
    assert findings(trail, {**custody, "packet_digest": "cd" * 32}) == [
        "custody.json speaks of another packet: its digest is not that of the manifest."
    ]
    strange = [{**hands[0], "who": "person:9"}]
    assert findings(trail, {**custody, "hands": strange}) == [
        "custody.json and entry 2 of trail.json do not agree."
    ]


def test_a_signature_that_is_written_otherwise_is_refused() -> None:
    """The same signature in wider lines would pass ssh-keygen; a packet has one form."""
    name = f"{FOLDER}/tagmanifest-sha256.txt.sig"
    files = dict(archive.read(sealed()).members)
    first, *body, last = files[name].decode().splitlines()
    rewritten = "\n".join([first, "".join(body), last, ""]).encode()
    report = verify(archive.write({**files, name: rewritten}))
    assert any(finding.startswith("The SSH signature does not fit") for finding in report.findings)
    assert replace(report, findings=[]).is_valid
