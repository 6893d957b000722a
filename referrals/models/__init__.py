"""From one person's request to another's approval, and the packet that only then exists."""

from referrals.models.approval import Approval
from referrals.models.delivery import Delivery
from referrals.models.escalation import Escalation, EscalationAnswer, EscalationVersion
from referrals.models.packet import Packet
from referrals.models.recipient import Recipient

__all__ = [
    "Approval",
    "Delivery",
    "Escalation",
    "EscalationAnswer",
    "EscalationVersion",
    "Packet",
    "Recipient",
]
