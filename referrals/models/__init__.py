"""From one person's request to another's approval, and the packet that only then exists."""

from referrals.models.approval import Approval
from referrals.models.conversation_report import ConversationReport
from referrals.models.delivery import Delivery, DeliveryEntry, DeliveryFeedback, DeliveryReceipt
from referrals.models.escalation import Escalation, EscalationAnswer, EscalationVersion
from referrals.models.packet import Packet
from referrals.models.recipient import Recipient, RecipientChange
from referrals.models.recipient_request import RecipientRequest
from referrals.models.supervisor_notice import SupervisorNotice

__all__ = [
    "Approval",
    "ConversationReport",
    "Delivery",
    "DeliveryEntry",
    "DeliveryFeedback",
    "DeliveryReceipt",
    "Escalation",
    "EscalationAnswer",
    "EscalationVersion",
    "Packet",
    "Recipient",
    "RecipientChange",
    "RecipientRequest",
    "SupervisorNotice",
]
