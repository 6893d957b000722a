"""trail.json: the entries of the sender's trail about this case, so that they can be held against it later.

Entries about the packet stand in full; of all others, which would tell of other work, only the hash. Each comes with
the proof that it is under the signed checkpoint. What is written into the trail together with the packet cannot be
under a checkpoint yet: it stands apart.
"""

from dataclasses import dataclass
from typing import Any

from referrals.formats.text import canonical

WITHOUT_CHECKPOINT = (
    "No checkpoint of the trail covers these entries yet. By themselves they prove nothing about the sender's trail: "
    "they fix now, under the packet's signature, what the sender must later be able to show. A leaf hash is SHA-256 of "
    "a zero byte and the entry (RFC 6962). Numbers without a gap show that no entry of the case was left out."
)
WITH_CHECKPOINT = (
    "Each proof leads from a leaf hash to the root in the checkpoint (RFC 6962); verify_trail.py follows them. Hold "
    "the checkpoint and its key against those that you got by another way. Numbers without a gap show that no entry of "
    "the case was left out. What stands under written_with_the_packet was recorded in the act that sealed the packet: "
    "ask the sender for the proof under a later checkpoint."
)


@dataclass(frozen=True)
class Proof:
    """An inclusion proof of RFC 6962: the leaf's index, the size of the tree, and the hashes beside its way up."""

    index: int
    tree_size: int
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class TrailEntry:
    """`entry` is the recorded text, for entries about the packet; empty for others."""

    number: int
    leaf_hash: str
    entry: str = ""
    proof: Proof | None = None


@dataclass(frozen=True)
class Trail:
    """`entries` have proofs exactly if there is a checkpoint; `with_packet` came after it."""

    entries: tuple[TrailEntry, ...] = ()
    with_packet: tuple[TrailEntry, ...] = ()
    checkpoint: str = ""
    checkpoint_key: str = ""


def trail_json(trail: Trail, *, case_reference: str) -> bytes:
    return canonical(
        {
            "format": "artemis-trail",
            "format_version": 2,
            "case_reference": case_reference,
            "statement": WITH_CHECKPOINT if trail.checkpoint else WITHOUT_CHECKPOINT,
            "checkpoint": trail.checkpoint or None,
            "checkpoint_key": trail.checkpoint_key or None,
            "entries": [_entry(entry) | {"proof": _proof(entry.proof)} for entry in trail.entries],
            "written_with_the_packet": [_entry(entry) for entry in trail.with_packet],
        }
    )


def _entry(entry: TrailEntry) -> dict[str, Any]:
    return {"number": entry.number, "leaf_hash": entry.leaf_hash, "entry": entry.entry or None}


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {"index": proof.index, "tree_size": proof.tree_size, "hashes": list(proof.hashes)}
