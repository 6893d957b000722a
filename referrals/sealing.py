"""Seals an approved draft: adds who asked and who approved, signs over everything, packs it. Pure but for the key."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referrals import archive
from referrals.formats.text import canonical, time
from referrals.packet_builder import Draft, manifest_of
from referrals.packet_layout import APPROVAL, MANIFEST, PUBLIC_KEY, SIGNATURE, TAG_MANIFEST, folder_of
from referrals.signing import public_pem

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


class NotWhatWasApproved(Exception):
    """The draft is not the one that the approval names: nothing is sealed."""


def seal(draft: Draft, *, approval_facts: ApprovalFacts, signing_key: Ed25519PrivateKey) -> bytes:
    if draft.digest != approval_facts.packet_digest:
        raise NotWhatWasApproved("The packet differs from the one that was approved.")
    tag_files = {
        APPROVAL: approval_json(draft, approval_facts),
        "bag-info.txt": _bag_info(draft, approval_facts),
        "bagit.txt": BAGIT,
        MANIFEST: draft.manifest,
        PUBLIC_KEY: public_pem(signing_key.public_key()),
    }
    tag_manifest = manifest_of(tag_files)
    signed = {TAG_MANIFEST: tag_manifest, SIGNATURE: signing_key.sign(tag_manifest)}
    members = {**dict(draft.files), **tag_files, **signed}
    folder = folder_of(draft.case_reference)
    return archive.write({f"{folder}/{path}": data for path, data in members.items()})


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
