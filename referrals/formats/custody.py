"""custody.json: whose hands the packet passed through until it was sealed, and what it was in each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from referrals.formats.text import canonical, time

MEANS = (
    "From the trail of the sender, oldest first; people are ids. The digest is the SHA-256 of manifest-sha256.txt, "
    "which covers every file under data/: it is the same after a hand that only read. The digest of the whole archive "
    "cannot stand inside it; the trail records it with the sealing, and every later hand with it."
)


@dataclass(frozen=True)
class Hand:
    """One recorded act. `digest` is that of the packet that this person had before them; empty where none was built."""

    at: datetime
    act: str
    words: str
    who: str
    role: str
    version: int | None
    digest: str
    trail_number: int | None


def custody_json(*, case_reference: str, packet_digest: str, hands: Iterable[Hand]) -> bytes:
    before, rows = None, []
    for hand in hands:
        rows.append(_row(hand, before=before))
        before = hand.digest or before
    return canonical(
        {
            "format": "artemis-custody",
            "format_version": 1,
            "case_reference": case_reference,
            "packet_digest": packet_digest,
            "statement": MEANS,
            "hands": rows,
        }
    )


def _row(hand: Hand, *, before: str | None) -> dict[str, Any]:
    """Before: as the hand before left it. After: as this one had it, or as it was, where nothing was built."""
    return {
        "at": time(hand.at),
        "act": hand.act,
        "words": hand.words,
        "who": hand.who,
        "role": hand.role,
        "version": hand.version,
        "digest_before": before,
        "digest_after": hand.digest or before,
        "trail_number": hand.trail_number,
    }
