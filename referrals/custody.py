"""Chain of custody: every hand that a packet passed through, from the trail, with the digest before and after.

A packet encloses the hands up to its sealing (`hands.py`); the page goes on from there, to the recipient.
"""

from collections.abc import Iterable, Iterator

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
    # A draft may be looked at before anybody is asked: then the entry is about the case, as in the packet.
    return [
        event
        for event in events.order_by("case_sequence")
        if event.object_type == "case" or (event.object_type, event.object_id) in own
    ]


def digests_of(events: Iterable[AuditEvent]) -> Iterator[tuple[str, str]]:
    """Of each hand what the one before left, as in `custody.json`, and what it left itself: sealed, encrypted."""
    before = ""
    for event in events:
        facts = event.payload
        had = str(facts.get("archive_digest") or facts.get("digest") or before)
        yield before, str(facts.get("digest_after") or had)
        before = had
