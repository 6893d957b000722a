"""Says whether a packet is what was sealed, or names each thing that differs. Standard library and cryptography only.

What is trusted is one signature: it covers the tag manifest, which names the payload manifest and every tag file by
digest, which names every payload file. The zip file around them is written again from those files and must come out
the same, byte for byte, so that nothing can hide between them.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from referrals import archive
from referrals.enclosed_trail import trail_findings
from referrals.packet_layout import (
    APPROVAL,
    CUSTODY,
    MANIFEST,
    PAYLOAD,
    PUBLIC_KEY,
    REFERRAL,
    SEALS,
    SIGNATURE,
    SIGNED_TAGS,
    SSH_SIGNATURE,
    TAG_MANIFEST,
    TRAIL,
    folder_of,
)
from referrals.signing import check_ssh_signature, fingerprint_of

PLAIN_PATH = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*/)+[A-Za-z0-9][A-Za-z0-9._-]*")
MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([!-~]+)")


@dataclass
class Report:
    """`findings` is empty exactly when the packet is valid. `is_pinned`: the key was known beforehand."""

    findings: list[str] = field(default_factory=list)
    case_reference: str = ""
    digest: str = ""
    archive_digest: str = ""
    fingerprint: str = ""
    is_pinned: bool = False

    @property
    def is_valid(self) -> bool:
        return not self.findings


def verify(raw: bytes, *, pinned_key: bytes | None = None) -> Report:
    """`pinned_key` is a public key in PEM that the reader trusts. Raises archive.Unreadable for what is no zip file."""
    opened = archive.read(raw)
    report = Report(archive_digest=hashlib.sha256(raw).hexdigest())
    folder, files = _files(opened, report)
    _check_signature(files, report, pinned_key)
    _check_manifest(files, report, TAG_MANIFEST, _tag_names(files), SIGNED_TAGS)
    _check_manifest(files, report, MANIFEST, _payload_names(files), PAYLOAD)
    _check_words(folder, files, report)
    report.findings += opened.oddities
    if report.is_valid:
        _check_rewritten(raw, opened, report)
    return report


def read_public_key(pem: bytes) -> Ed25519PublicKey:
    """Raises ValueError for anything but an Ed25519 public key in PEM."""
    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("This is not an Ed25519 public key.")
    return key


def _files(opened: archive.Opened, report: Report) -> tuple[str, dict[str, bytes]]:
    """The one folder at the top, and the files below it by their path in the bag."""
    counts = Counter(name for name, _ in opened.members)
    report.findings += [
        f"{archive.printable(name)} stands in the archive {n} times." for name, n in counts.items() if n > 1
    ]
    report.findings += [
        f"{archive.printable(name)} is not a plain path." for name in counts if not PLAIN_PATH.fullmatch(name)
    ]
    folders = Counter(name.partition("/")[0] for name, _ in opened.members)
    folder = folders.most_common(1)[0][0] if folders else ""
    files: dict[str, bytes] = {}
    for name, data in opened.members:
        top, _, path = name.partition("/")
        if top != folder or not path:
            report.findings.append(f"{archive.printable(name)} lies outside the packet's folder.")
        files.setdefault(path, data)
    return folder, files


def _tag_names(files: dict[str, bytes]) -> set[str]:
    return {path for path in files if not path.startswith("data/")} - {*SEALS}


def _payload_names(files: dict[str, bytes]) -> set[str]:
    return {path for path in files if path.startswith("data/")}


def _check_signature(files: dict[str, bytes], report: Report, pinned_key: bytes | None) -> None:
    try:
        embedded = read_public_key(files[PUBLIC_KEY])
    except (KeyError, ValueError):
        report.findings.append(f"{PUBLIC_KEY} is missing or is not a public key.")
        return
    report.fingerprint = fingerprint_of(embedded)
    if pinned_key is not None:
        expected = fingerprint_of(read_public_key(pinned_key))
        report.is_pinned = expected == report.fingerprint
        if not report.is_pinned:
            report.findings.append(
                f"The packet was signed with another key: {report.fingerprint} instead of {expected}."
            )
    missing = [path for path in SEALS if path not in files]
    report.findings += [
        f"{path} is missing: without it nothing shows who sealed the packet." for path in missing
    ]
    if not missing:
        _check_both(embedded, files, report)


def _check_both(key: Ed25519PublicKey, files: dict[str, bytes], report: Report) -> None:
    """The same key signs twice: once plainly, once as ssh-keygen reads it."""
    try:
        key.verify(files[SIGNATURE], files[TAG_MANIFEST])
    except InvalidSignature:
        report.findings.append(_does_not_fit("signature", SIGNATURE))
    try:
        check_ssh_signature(key, files[TAG_MANIFEST], files[SSH_SIGNATURE])
    except (InvalidSignature, ValueError):
        report.findings.append(_does_not_fit("SSH signature", SSH_SIGNATURE))


def _does_not_fit(name: str, path: str) -> str:
    return f"The {name} does not fit: {path}, {TAG_MANIFEST} or {PUBLIC_KEY} was changed."


def _check_manifest(
    files: dict[str, bytes], report: Report, manifest: str, present: set[str], required: tuple[str, ...]
) -> None:
    """Every file named is there and unchanged, and none is there unnamed."""
    named = _parsed(manifest, files.get(manifest, b""), report)
    report.findings += [f"{path} is missing." for path in sorted({*named, *required} - present)]
    report.findings += [
        f"{archive.printable(path)} was added: {manifest} does not name it."
        for path in sorted(present - {*named})
    ]
    report.findings += [
        f"{path} was changed: its SHA-256 is not the one in {manifest}."
        for path in sorted(present & {*named})
        if hashlib.sha256(files[path]).hexdigest() != named[path]
    ]


def _parsed(manifest: str, raw: bytes, report: Report) -> dict[str, str]:
    named: dict[str, str] = {}
    for line in raw.decode("utf-8", "backslashreplace").split("\n")[:-1]:
        found = MANIFEST_LINE.fullmatch(line)
        if found is None or found[2] in named:
            report.findings.append(f"{manifest} holds a line that does not belong there.")
        else:
            named[found[2]] = found[1]
    return named


def _check_words(folder: str, files: dict[str, bytes], report: Report) -> None:
    """What the files say about each other agrees: folder, case, and the digest that was approved."""
    report.digest = hashlib.sha256(files.get(MANIFEST, b"")).hexdigest()
    referral, approval = _json(files, REFERRAL), _json(files, APPROVAL)
    case = referral.get("case")
    report.case_reference = str(case.get("reference", "") if isinstance(case, dict) else "")
    if folder != folder_of(report.case_reference):
        report.findings.append(
            f"The folder is called {folder!r}, which is not the case that the packet speaks of."
        )
    if approval.get("packet_digest") != report.digest:
        report.findings.append(
            "approval.json approves another packet: its digest is not that of the manifest."
        )
    if approval.get("case_reference") != report.case_reference:
        report.findings.append("approval.json speaks of another case.")
    report.findings += trail_findings(_json(files, TRAIL), _json(files, CUSTODY), report.digest)
    if not approval.get("approved_by") or approval.get("approved_by") == approval.get("requested_by"):
        report.findings.append("approval.json does not name two different people.")


def _json(files: dict[str, bytes], path: str) -> dict[str, Any]:
    try:
        value = json.loads(files.get(path, b""))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _check_rewritten(raw: bytes, opened: archive.Opened, report: Report) -> None:
    """Every byte of the zip file follows from its members: times, permissions, gaps and comments included."""
    again = archive.write(dict(opened.members))
    if again == raw:
        return
    pairs = zip(raw, again, strict=False)
    place = next((at for at, (old, new) in enumerate(pairs) if old != new), min(len(raw), len(again)))
    report.findings.append(
        f"The zip file was changed around its files: byte {place} is not as it was sealed."
    )
