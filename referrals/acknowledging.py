"""What happens when a packet is known to have arrived, whoever says so: a receipt, the state and the hold, at once."""

import hashlib
from datetime import datetime

from accounts.models import User
from audit.record import Actor
from audit.transitions import transition
from audit.verbs import Verb
from referrals.models import Delivery, DeliveryReceipt
from referrals.preservation import hold_for


def acknowledge(
    delivery: Delivery, *, reference: str, arrived_at: datetime, by: Actor, answer: str = ""
) -> Delivery:
    """The caller holds the lock and has checked that it may."""
    receipt = DeliveryReceipt.objects.create(
        delivery=delivery,
        reference=reference,
        answer=answer,
        answer_digest=hashlib.sha256(answer.encode()).hexdigest() if answer else "",
        recorded_by=by if isinstance(by, User) else None,
        received_at=arrived_at,
    )
    delivery = transition(
        delivery,
        to=Delivery.State.ACKNOWLEDGED,
        by=by,
        verb=Verb.DELIVERY_ACKNOWLEDGED,
        payload={
            "receipt": receipt.pk,
            "reference": reference,
            "archive_digest": delivery.archive_digest,
            "recipient": delivery.recipient_id,
        },
        reference=reference,
        arrived_at=delivery.arrived_at or arrived_at,
    )
    hold_for(delivery, by=by)
    return delivery
