"""Holds custody.json and trail.json of a packet against each other, the packet's digest and the checkpoint. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from audit.merkle import ProofRefused, leaf_hash, root_by_inclusion
from audit.notes import Checkpoint, NoteRefused, Verifier, open_note

LONGEST_PROOF = 64


def trail_findings(trail: dict[str, Any], custody: dict[str, Any], digest: str) -> Iterator[str]:
    """Nothing for what is signed as it was written; else a sentence for each thing that does not agree."""
    entries = [*_listed(trail, "entries"), *_listed(trail, "written_with_the_packet")]
    numbers = [entry.get("number") for entry in entries]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "trail.json leaves out an entry of the case: its numbers have a gap."
    for entry in entries:
        text = entry.get("entry")
        if isinstance(text, str) and leaf_hash(text.encode()).hex() != entry.get("leaf_hash"):
            yield f"trail.json: entry {entry.get('number')} is not what its leaf hash says."
    yield from _proof_findings(trail)
    if custody.get("packet_digest") != digest:
        yield "custody.json speaks of another packet: its digest is not that of the manifest."
    yield from _hands_findings(custody, entries)


def checkpoint_of(trail: dict[str, Any], *, known: Verifier | None = None) -> Checkpoint | None:
    """What the packet's checkpoint says; None where it has none. Raises NoteRefused for one that does not hold."""
    note, key = trail.get("checkpoint"), trail.get("checkpoint_key")
    if note is None:
        return None
    return open_note(str(note), known or Verifier.read(str(key or "")))


def _proof_findings(trail: dict[str, Any]) -> Iterator[str]:
    entries = _listed(trail, "entries")
    try:
        checkpoint = checkpoint_of(trail)
    except (NoteRefused, ValueError) as refusal:
        yield f"trail.json: its checkpoint does not hold. {refusal}"
        return
    for entry in entries:
        if checkpoint is None and entry.get("proof") is not None:
            yield f"trail.json: entry {entry.get('number')} has a proof, but there is no checkpoint."
        if checkpoint is not None and not _is_proved(entry, checkpoint):
            yield f"trail.json: entry {entry.get('number')} is not under the checkpoint."


def _is_proved(entry: dict[str, Any], checkpoint: Checkpoint) -> bool:
    try:
        proof = entry["proof"]
        hashes = [bytes.fromhex(one) for one in proof["hashes"][:LONGEST_PROOF]]
        leaf = bytes.fromhex(entry["leaf_hash"])
        root = root_by_inclusion(leaf, index=proof["index"], size=proof["tree_size"], proof=hashes)
    except (KeyError, TypeError, ValueError, ProofRefused):
        return False
    return proof["tree_size"] == checkpoint.size and root == checkpoint.root


def _hands_findings(custody: dict[str, Any], entries: list[dict[str, Any]]) -> Iterator[str]:
    """Each hand that names an entry of the trail says what that entry says."""
    texts = {entry.get("number"): _read(entry.get("entry")) for entry in entries}
    for hand in custody.get("hands") or []:
        number = hand.get("trail_number")
        if number is None:
            continue
        recorded = texts.get(number, {})
        if (recorded.get("verb"), recorded.get("actor")) != (hand.get("act"), hand.get("who")):
            yield f"custody.json and entry {number} of trail.json do not agree."


def _listed(trail: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [entry for entry in trail.get(name) or [] if isinstance(entry, dict)]


def _read(text: object) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
