"""An entry's way up to the root of the newest checkpoint, step by step, made anew each time that it is shown."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from audit.merkle import ProofRefused, steps_to_root
from audit.models import AuditEvent
from audit.notes import VERIFIER_FILE, NoteRefused, SealingKeyUnusable, load_verifier, open_note
from audit.proofs import newest_checkpoint, proofs_of
from audit.verify import leaf_hash


@dataclass(frozen=True)
class Step:
    """The hash that stands beside, on its side, and what both give together."""

    side: str
    other: str
    found: str


@dataclass(frozen=True)
class Shown:
    """Where an entry stands under a checkpoint. `fault` says what does not hold; empty: everything does."""

    place: int
    size: int
    made_at: datetime
    note: str
    steps: list[Step]
    fault: str = ""

    @property
    def root(self) -> str:
        return self.steps[-1].found if self.steps else ""


def shown_proof(event: AuditEvent) -> Shown | None:
    """None while no checkpoint covers the entry."""
    checkpoint = newest_checkpoint()
    if checkpoint is None:
        return None
    try:
        proofs = proofs_of([event.pk], under=checkpoint)
        if proofs is None:
            return None
        inclusion = proofs.by_event[event.pk]
        ways = steps_to_root(
            leaf_hash(event.entry), index=inclusion.index, size=inclusion.size, proof=inclusion.hashes
        )
        steps = [Step(side, other.hex(), found.hex()) for side, other, found in ways]
    except (ProofRefused, KeyError):
        gone = "Hashes of the tree are missing in this database: somebody took them out."
        return Shown(0, checkpoint.size, checkpoint.made_at, checkpoint.note, [], gone)
    return Shown(
        place=inclusion.index,
        size=checkpoint.size,
        made_at=checkpoint.made_at,
        note=checkpoint.note,
        steps=steps,
        fault=_fault(checkpoint.note, size=checkpoint.size, root=steps[-1].found),
    )


def _fault(note: str, *, size: int, root: str) -> str:
    try:
        signed = open_note(note, load_verifier(settings.ARTEMIS_KEYS / VERIFIER_FILE))
    except (NoteRefused, SealingKeyUnusable) as problem:
        return str(problem)
    if (signed.size, signed.root.hex()) != (size, root):
        return "The entry does not lead to the root that was signed: it, or the tree, was changed afterwards."
    return ""
