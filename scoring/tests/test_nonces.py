"""Sealing draws a new nonce each time, and each conversation has a key of its own."""

from licensees.models import Licensee
from scoring.vault import NONCE_BYTES, new_data_key

PLACE = {"table": "message", "column": "text", "row": "1"}


def test_no_two_sealings_share_a_nonce(northwind: Licensee) -> None:
    _, cipher = new_data_key(licensee_id=northwind.pk)
    sealed = [cipher.encrypt(b"the same", **PLACE) for _ in range(2_000)]
    assert len({one[:NONCE_BYTES] for one in sealed}) == len(sealed)


def test_two_conversations_share_no_key(northwind: Licensee) -> None:
    (first, one), (second, other) = (new_data_key(licensee_id=northwind.pk) for _ in range(2))
    assert bytes(first.wrapped or b"") != bytes(second.wrapped or b"")
    assert one.content_digest("the same") != other.content_digest("the same")
