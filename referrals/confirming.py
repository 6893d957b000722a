"""Before an approval a person shows again that it is they, for this one escalation."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit import confirming
from audit.confirming import NotConfirmed
from referrals.models import Escalation
from referrals.permissions import check_may_approve
from referrals.policies import check_can_be_answered

__all__ = ["NotConfirmed", "confirm", "purpose_of"]


def purpose_of(escalation: Escalation) -> str:
    """A confirmation counts for this escalation alone."""
    return f"approve:{escalation.pk}"


def confirm(*, escalation_id: int, by: User, secret: str, address: str = "") -> datetime:
    """The moment at which they proved it. Who may not approve cannot try passwords here."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_approve(by, escalation)
        check_can_be_answered(escalation)
    purpose = purpose_of(escalation)
    return confirming.confirm(
        by=by, password=secret, address=address, purpose=purpose, about=escalation.about()
    )
