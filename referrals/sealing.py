"""Seals an approved draft: adds who asked and who approved, signs over everything, packs it. Pure but for the key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referrals import archive
from referrals.formats.certificate import certificate
from referrals.formats.custody import Hand, custody_json
from referrals.formats.text import canonical, time
from referrals.formats.trail import Trail, trail_json
from referrals.packet_builder import Draft, manifest_of
from referrals.packet_layout import (
    APPROVAL,
    CERTIFICATE,
    CUSTODY,
    MANIFEST,
    PUBLIC_KEY,
    README,
    SCHEMAS,
    SIGNATURE,
    SSH_SIGNATURE,
    TAG_MANIFEST,
    TRAIL,
    TRAIL_VERIFIER,
    VERIFIER,
    folder_of,
)
from referrals.signing import fingerprint_of, public_pem, ssh_signature

HERE = Path(__file__).parent
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True)
class ApprovalFacts:
    """Who confirmed, as ids and roles: names of staff do not leave the house."""

    requested_by: str
    requested_at: datetime
    approved_by: str
    approved_at: datetime
    packet_digest: str
    version: int
    software: str


class NotWhatWasApproved(Exception):
    """The draft is not the one that the approval names: nothing is sealed."""


def seal(
    draft: Draft,
    *,
    approval_facts: ApprovalFacts,
    hands: Iterable[Hand] = (),
    trail: Trail = Trail(),  # noqa: B008 — frozen and empty
    signing_key: Ed25519PrivateKey,
) -> bytes:
    if draft.digest != approval_facts.packet_digest:
        raise NotWhatWasApproved("The packet differs from the one that was approved.")
    every_hand = [*hands, _sealing(approval_facts)]
    reference = draft.case_reference
    tag_files = {
        **enclosed(),
        APPROVAL: approval_json(draft, approval_facts),
        "bag-info.txt": _bag_info(draft, approval_facts),
        "bagit.txt": BAGIT,
        CERTIFICATE: _certificate(draft, approval_facts, signing_key),
        CUSTODY: custody_json(case_reference=reference, packet_digest=draft.digest, hands=every_hand),
        MANIFEST: draft.manifest,
        PUBLIC_KEY: public_pem(signing_key.public_key()),
        TRAIL: trail_json(trail, case_reference=reference),
    }
    tag_manifest = manifest_of(tag_files)
    seals = {
        TAG_MANIFEST: tag_manifest,
        SIGNATURE: signing_key.sign(tag_manifest),
        SSH_SIGNATURE: ssh_signature(signing_key, tag_manifest),
    }
    members = {**dict(draft.files), **tag_files, **seals}
    folder = folder_of(reference)
    return archive.write({f"{folder}/{path}": data for path, data in members.items()})


@cache
def enclosed() -> dict[str, bytes]:
    """What is the same in every packet: how to read and verify it, and the schemas."""
    files = {name: (HERE / "enclosed" / name).read_bytes() for name in (README, VERIFIER, TRAIL_VERIFIER)}
    schemas = {f"schemas/{name}.schema.json": HERE / "formats" / "schemas" for name in SCHEMAS}
    return files | {path: (folder / Path(path).name).read_bytes() for path, folder in schemas.items()}


def _sealing(facts: ApprovalFacts) -> Hand:
    """The last hand inside: it is on the way into the trail while this is written, so it has no number yet."""
    return Hand(
        at=facts.approved_at,
        act="packet:sealed",
        words="sealed the packet",
        who=facts.approved_by,
        role="supervisor",
        version=facts.version,
        digest=facts.packet_digest,
        trail_number=None,
    )


def _certificate(draft: Draft, facts: ApprovalFacts, signing_key: Ed25519PrivateKey) -> bytes:
    return certificate(
        software=facts.software,
        case_reference=draft.case_reference,
        requested_by=facts.requested_by,
        approved_by=facts.approved_by,
        approved_at=facts.approved_at,
        digest=draft.digest,
        fingerprint=fingerprint_of(signing_key.public_key()),
        files=dict(draft.files),
    )


def approval_json(draft: Draft, facts: ApprovalFacts) -> bytes:
    return canonical(
        {
            "format": "artemis-approval",
            "format_version": 1,
            "case_reference": draft.case_reference,
            "packet_digest": facts.packet_digest,
            "version": facts.version,
            "requested_by": facts.requested_by,
            "requested_as": "moderator",
            "requested_at": time(facts.requested_at),
            "approved_by": facts.approved_by,
            "approved_as": "supervisor",
            "approved_at": time(facts.approved_at),
        }
    )


def _bag_info(draft: Draft, facts: ApprovalFacts) -> bytes:
    octets = sum(len(data) for _, data in draft.files)
    lines = {
        "Bag-Software-Agent": "Artemis",
        "Bagging-Date": facts.approved_at.astimezone(UTC).date().isoformat(),
        "External-Identifier": draft.case_reference,
        "Payload-Oxum": f"{octets}.{len(draft.files)}",
    }
    return "".join(f"{label}: {value}\n" for label, value in lines.items()).encode()
