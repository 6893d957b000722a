"""What a retraction can take back by itself: reports that were opened at a CyberTipline and are not finished."""

from referrals import journal
from referrals.models import Delivery, Escalation, Packet, Recipient
from referrals.transports.cybertip import SUBMIT
from referrals.transports.interface import Kind

CYBERTIP = Recipient.Transport.CYBERTIP


def takes_back(packet: Packet) -> tuple[str, ...] | None:
    """The numbers of the reports that were opened for the packet that this one takes back; None for any other."""
    escalation = packet.approval.escalation
    if escalation.relation != Escalation.Relation.RETRACTS:
        return None
    found = [
        str(line.facts.get("report_id", ""))
        for delivery in _sent_there(escalation)
        for line in journal.read(delivery)
        if line.step == SUBMIT and line.kind == Kind.DONE
    ]
    return tuple(dict.fromkeys(number for number in found if number))


def finished_there(packet: Packet) -> str:
    """The number of a report that is known to be finished, which their service does not take back."""
    escalation = packet.approval.escalation
    acknowledged = [one for one in _sent_there(escalation) if one.state == Delivery.State.ACKNOWLEDGED]
    return acknowledged[0].reference if acknowledged else ""


def _sent_there(escalation: Escalation) -> list[Delivery]:
    sent = Delivery.objects.filter(packet=escalation.follows_id, transport=CYBERTIP)
    return list(sent.prefetch_related("journal"))
