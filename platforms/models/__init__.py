"""What a platform is told, how it is told, and what it answers."""

from platforms.models.confirmation import Confirmation
from platforms.models.delivery import Attempt, EventDelivery
from platforms.models.event import Event, EventCounter
from platforms.models.unread_decision import UnreadDecision
from platforms.models.webhook import Webhook, WebhookSecret

__all__ = [
    "Attempt",
    "Confirmation",
    "Event",
    "EventCounter",
    "EventDelivery",
    "UnreadDecision",
    "Webhook",
    "WebhookSecret",
]
