"""Reads from the trail what a packet says of its own making: whose hands it passed through, and the case's entries."""

from uuid import UUID

from django.conf import settings

from audit.models import AuditEvent
from audit.notes import VERIFIER_FILE
from audit.proofs import Inclusion, Proofs, proofs_of
from audit.verbs import Verb
from referrals.formats.custody import Hand
from referrals.formats.trail import Proof, Trail, TrailEntry
from referrals.models import Escalation

HANDS = (
    Verb.ESCALATION_REQUESTED,
    Verb.FOLLOW_UP_BEGUN,
    Verb.FOLLOW_UP_REQUESTED,
    Verb.ESCALATION_RESUBMITTED,
    Verb.ESCALATION_RETURNED,
    Verb.PACKET_VIEWED,
    Verb.ESCALATION_APPROVED,
)


class NotCovered(Exception):
    """An entry of the case is under no checkpoint yet."""


def hands_and_trail(escalation: Escalation) -> tuple[list[Hand], Trail]:
    """All entries of the case by hash; those about this packet, and about the drafts before it, in full.

    To be called when the approval was recorded: its entry, the last one of the case, commits together with the packet.
    """
    events = list(
        AuditEvent.objects.filter(case_reference=escalation.case.reference).order_by("case_sequence")
    )
    hands = [event for event in events if _is_hand(event, escalation)]
    return [_hand(event) for event in hands], _trail(events, shown={event.pk for event in hands})


def _trail(events: list[AuditEvent], *, shown: set[UUID]) -> Trail:
    *earlier, own = events
    proofs = proofs_of(event.pk for event in earlier)
    if proofs is None and settings.ARTEMIS_SEAL_SECONDS:
        raise NotCovered
    return Trail(
        entries=tuple(_entry(event, shown, proofs) for event in earlier),
        with_packet=(_entry(own, shown, None),),
        checkpoint=proofs.note if proofs else "",
        checkpoint_key=_checkpoint_key() if proofs else "",
    )


def _checkpoint_key() -> str:
    """Empty where this process was not given the public half: the recipient needs it by another way in any case."""
    path = settings.ARTEMIS_KEYS / VERIFIER_FILE
    return path.read_text().strip() if path.exists() else ""


def _is_hand(event: AuditEvent, escalation: Escalation) -> bool:
    """A draft may be looked at before anybody is asked: then the entry is about the case."""
    if event.verb not in HANDS:
        return False
    return event.object_type == "case" or (event.object_type, event.object_id) == (
        "escalation",
        str(escalation.pk),
    )


def _hand(event: AuditEvent) -> Hand:
    version = event.payload.get("version")
    return Hand(
        at=event.at,
        act=event.verb,
        words=Verb(event.verb).label,
        who=event.actor,
        role=event.actor_roles,
        version=version if isinstance(version, int) else None,
        digest=str(event.payload.get("digest") or ""),
        trail_number=event.case_sequence,
    )


def _entry(event: AuditEvent, shown: set[UUID], proofs: Proofs | None) -> TrailEntry:
    return TrailEntry(
        number=event.case_sequence or 0,
        leaf_hash=bytes(event.leaf_hash or b"").hex(),
        entry=event.entry if event.pk in shown else "",
        proof=_proof(proofs.by_event[event.pk]) if proofs else None,
    )


def _proof(found: Inclusion) -> Proof:
    return Proof(found.index, found.size, tuple(one.hex() for one in found.hashes))
