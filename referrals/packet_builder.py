"""Builds the draft of a packet. Pure: the same content gives the same bytes and the same digest, everywhere."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from referrals.formats.referral import referral_json
from referrals.formats.transcript import transcript_csv, transcript_json
from referrals.packet_content import PacketContent
from referrals.packet_layout import REFERRAL, TRANSCRIPT, TRANSCRIPT_TABLE


@dataclass(frozen=True)
class Draft:
    """The payload of a packet: what the approver reads, and what the approval is bound to."""

    case_reference: str
    files: tuple[tuple[str, bytes], ...]

    @cached_property
    def manifest(self) -> bytes:
        return manifest_of(dict(self.files))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the payload manifest, which holds the SHA-256 of every payload file."""
        return hashlib.sha256(self.manifest).hexdigest()


def build(content: PacketContent) -> Draft:
    files = {
        REFERRAL: referral_json(content),
        TRANSCRIPT_TABLE: transcript_csv(content),
        TRANSCRIPT: transcript_json(content),
    }
    return Draft(case_reference=content.case_reference, files=tuple(sorted(files.items())))


def manifest_of(files: dict[str, bytes]) -> bytes:
    """A BagIt manifest (RFC 8493 §2.1.3): one line per file, in the order of their paths."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())]
    return "".join(lines).encode()
