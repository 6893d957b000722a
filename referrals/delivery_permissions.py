"""May this person? A delivery is opened by whoever may open its packet; only a supervisor of the licensee acts."""

from accounts.access import NotAllowed
from accounts.models import User
from referrals.models import Delivery, Packet
from referrals.permissions import NOT_OPEN, asked_for, check_may_download, check_may_open, supervises

ONLY_A_SUPERVISOR = "Only a supervisor of {licensee} can deliver this packet. Ask one of them."


def get_delivery_for(person: User, delivery_id: int) -> Delivery:
    """Fetch and authorise in one call: views get a delivery here and nowhere else."""
    deliveries = Delivery.objects.select_related(
        "packet__approval__escalation__case__licensee",
        "packet__approval__escalation__case__conversation__data_key",
        "recipient",
        "released_by",
    )
    delivery = (
        deliveries.defer("packet__archive_sealed").prefetch_related("journal").filter(pk=delivery_id).first()
    )
    if delivery is None:
        raise NotAllowed(NOT_OPEN, about=asked_for(approval__packet__deliveries=delivery_id))
    check_may_open(person, delivery.packet.approval.escalation)
    return delivery


def check_may_deliver(by: User, packet: Packet) -> None:
    escalation = packet.approval.escalation
    if supervises(by, escalation):
        return
    check_may_open(by, escalation)
    sentence = ONLY_A_SUPERVISOR.format(licensee=escalation.case.licensee)
    raise NotAllowed(sentence, about=packet.about())


def check_may_act_on(by: User, delivery: Delivery) -> None:
    check_may_deliver(by, delivery.packet)


__all__ = ["check_may_act_on", "check_may_deliver", "check_may_download", "get_delivery_for"]
