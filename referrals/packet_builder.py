"""Builds the draft of a packet. Pure: the same content gives the same bytes and the same digest, everywhere."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from referrals.formats.case_uco import case_jsonld
from referrals.formats.cybertip import cybertip_xml
from referrals.formats.referral import referral_json
from referrals.formats.report import referral_pdf
from referrals.formats.transcript import transcript_csv, transcript_json
from referrals.packet_content import PacketContent
from referrals.packet_layout import CASE, CYBERTIP, REFERRAL, REPORT, TRANSCRIPT, TRANSCRIPT_TABLE


@dataclass(frozen=True)
class Format:
    """One file of a packet: where it lies, and what writes it from the content alone."""

    path: str
    write: Callable[[PacketContent], bytes]


EVERY_PACKET = (
    Format(REFERRAL, referral_json),
    Format(TRANSCRIPT_TABLE, transcript_csv),
    Format(TRANSCRIPT, transcript_json),
)


@dataclass(frozen=True)
class Companion:
    """A file that names others of the packet by their digests, so it is written after them."""

    path: str
    write: Callable[[PacketContent, Mapping[str, bytes]], bytes]


COMPANIONS = (Companion(REPORT, referral_pdf), Companion(CASE, case_jsonld))
# What a recipient may ask for besides, by the name that it goes by in Recipient.formats.
ON_REQUEST: dict[str, Format] = {"cybertip": Format(CYBERTIP, cybertip_xml)}


class UnknownFormat(ValueError):
    """The recipient asks for a format that this version cannot write."""


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
    files = {written.path: written.write(content) for written in (*EVERY_PACKET, *_asked_for(content))}
    files |= {companion.path: companion.write(content, files) for companion in COMPANIONS}
    return Draft(case_reference=content.case_reference, files=tuple(sorted(files.items())))


def _asked_for(content: PacketContent) -> list[Format]:
    """A retraction holds no report: submitted, it would be one more."""
    names = () if content.is_retraction else content.recipient.formats
    unknown = sorted(set(names) - set(ON_REQUEST))
    if unknown:
        raise UnknownFormat(f"No packet can hold the format “{unknown[0]}”.")
    return [ON_REQUEST[name] for name in names]


def manifest_of(files: dict[str, bytes]) -> bytes:
    """A BagIt manifest (RFC 8493 §2.1.3): one line per file, in the order of their paths."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())]
    return "".join(lines).encode()
