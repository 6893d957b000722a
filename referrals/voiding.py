"""What changed in a packet after somebody read it, in words: why a reading, and an approval of it, is void."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from audit.models import AuditEvent
from audit.verbs import Verb
from referrals.completeness import listed
from referrals.models import Escalation
from referrals.packet_content import PacketContent


def what_changed(escalation: Escalation, content: PacketContent, *, digest_seen: str) -> str:
    """Since this digest was first shown to anybody; empty where it never was."""
    event = _viewings(escalation).filter(payload__digest=digest_seen).order_by("at").first()
    return _in_words(content, version_seen=event.payload["version"], seen_at=event.at) if event else ""


def last_viewing(escalation: Escalation, *, by: str) -> QuerySet[AuditEvent]:
    """When this person last opened it: asked before it is recorded that they do so now."""
    return _viewings(escalation).filter(actor=by).order_by("-at")[:1]


def changed_since(viewings: Sequence[AuditEvent], content: PacketContent, *, digest: str) -> str:
    """Since that last viewing; empty where there is none, or where the packet is the same."""
    event = next(iter(viewings), None)
    if event is None or event.payload["digest"] == digest:
        return ""
    return _in_words(content, version_seen=event.payload["version"], seen_at=event.at)


def has_opened(escalation: Escalation, *, by: str, digest: str) -> bool:
    """Whether this very packet was shown to this person: a digest can be told by somebody else."""
    return _viewings(escalation).filter(actor=by, payload__digest=digest).exists()


def _viewings(escalation: Escalation) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(
        case_reference=escalation.case.reference,
        verb=Verb.PACKET_VIEWED,
        object_type="escalation",
        object_id=str(escalation.pk),
    )


def _in_words(content: PacketContent, *, version_seen: int, seen_at: datetime) -> str:
    changed = [message.number for message in content.messages if message.changed_since(seen_at)]
    facts = [
        (content.version != version_seen, f"version {content.version} was submitted"),
        (bool(changed), f"the platform changed {listed(changed)}" if changed else ""),
    ]
    said = [sentence for is_so, sentence in facts if is_so]
    return " and ".join(said) or "what is said of an account, the licensee or the recipient is another"
