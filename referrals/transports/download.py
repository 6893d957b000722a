"""Download, the default transport: a supervisor takes the archive and brings it to the recipient by hand."""

import hashlib
import hmac

from audit.transitions import NotPossible
from referrals.models import Packet
from scoring.key_providers import EvidenceErased, EvidenceUnreadable
from scoring.vault import Cipher, open_data_key


def seal_archive(cipher: Cipher, *, digest: str, archive: bytes) -> bytes:
    return cipher.encrypt(archive, table="packet", column="archive", row=digest)


def open_archive(packet: Packet) -> bytes:
    """Decrypt, and compare with the digest that was written down when it was sealed."""
    try:
        archive = open_data_key(packet.data_key).decrypt(
            bytes(packet.archive_sealed), table="packet", column="archive", row=packet.digest
        )
    except EvidenceErased as erased:
        raise NotPossible(str(erased), about=packet.about()) from None
    except EvidenceUnreadable:
        raise NotPossible(_UNREADABLE, about=packet.about()) from None
    if not hmac.compare_digest(hashlib.sha256(archive).hexdigest(), packet.archive_digest):
        raise NotPossible(_UNREADABLE, about=packet.about())
    return archive


_UNREADABLE = (
    "The packet cannot be opened with the keys of this installation, or it was changed. Nothing was handed out: "
    "tell the operator, and keep everything as it is."
)
