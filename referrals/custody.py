"""Chain of custody: every hand that a packet passed through, from the trail, with the digest before and after.

A packet encloses the hands up to its sealing (`hands.py`); the page goes on from there, to the recipient.
"""

from audit.models import AuditEvent
from audit.verbs import Verb
from referrals.hands import HANDS as HANDS_TO_THE_SEALING
from referrals.models import Delivery, Escalation, Packet

HANDS = (
    *HANDS_TO_THE_SEALING,
    Verb.PACKET_SEALED,
    Verb.PACKET_DOWNLOADED,
    Verb.DELIVERY_RELEASED,
    Verb.DELIVERY_BEGUN,
    Verb.DELIVERY_LOST_SIGHT,
    Verb.DELIVERY_FAILED,
    Verb.DELIVERY_STARTED_ANEW,
    Verb.DELIVERY_MADE,
    Verb.DELIVERY_ACKNOWLEDGED,
    Verb.DELIVERY_GIVEN_UP,
)


def events_of(escalation: Escalation) -> list[AuditEvent]:
    """Those of this escalation, its packet and the packet's deliveries; the case may have had others."""
    packets = Packet.objects.filter(approval__escalation=escalation).values_list("pk", flat=True)
    deliveries = Delivery.objects.filter(packet__in=packets).values_list("pk", flat=True)
    own = {("escalation", str(escalation.pk))}
    own |= {("packet", str(key)) for key in packets} | {("delivery", str(key)) for key in deliveries}
    events = AuditEvent.objects.filter(case_reference=escalation.case.reference, verb__in=HANDS)
    return [
        event for event in events.order_by("case_sequence") if (event.object_type, event.object_id) in own
    ]


def digests_of(event: AuditEvent) -> tuple[str, str]:
    """What lay before this hand and what it left: they differ where a packet is sealed or encrypted."""
    facts = event.payload
    before = str(facts.get("digest") or facts.get("archive_digest") or "")
    return before, str(facts.get("digest_after") or facts.get("archive_digest") or before)
