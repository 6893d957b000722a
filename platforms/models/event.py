"""An event: one thing that a platform is told, written once and numbered without a gap for its licensee.

It holds no id of the platform's: those are read, and opened, from the accounts when it is told, so that an account
which was erased is not kept here.
"""

import secrets
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from licensees.models import Licensee
from review.models import Case, SubjectAccount


def new_public_id() -> str:
    return f"evt_{secrets.token_hex(16)}"


class EventCounter(models.Model):
    """The last number of each licensee. Its row is locked while a number is given: who reads on after a number has
    read all that came before it, since the next number is given only once this one is committed."""

    licensee = models.OneToOneField(Licensee, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.licensee_id}: {self.last}"


class Event(AppendOnly):
    class Type(models.TextChoices):
        ACTION_REQUESTED = "action.requested", "Action requested"
        ACTION_WITHDRAWN = "action.withdrawn", "Action withdrawn"
        LICENSEE_SUSPENDED = "licensee.suspended", "Licensee suspended"
        LICENSEE_ENDED = "licensee.ended", "Licence ended"
        LICENSEE_RESUMED = "licensee.resumed", "Licensee resumed"
        WEBHOOK_TEST = "webhook.test", "Test of a webhook"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveBigIntegerField()
    public_id = models.CharField(max_length=40, unique=True, default=new_public_id)
    type = models.CharField(max_length=30, choices=Type.choices)
    # Of what a decision asks for: in which case, and on whom, and so what.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="events")
    subject = models.ForeignKey(SubjectAccount, on_delete=models.PROTECT, null=True, related_name="events")
    # The request that is taken back; it is taken back once.
    withdraws = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="withdrawn_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            # The cursor of the API: a page is one look into this index, however long the history.
            models.UniqueConstraint(fields=["licensee", "number"], name="event_numbered_once"),
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(type="action.requested"),
                name="event_one_request_per_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    type="action.requested", case__isnull=False, subject__isnull=False, withdraws=None
                )
                | models.Q(type="action.withdrawn", case__isnull=False, subject__isnull=False)
                & models.Q(withdraws__isnull=False)
                | (
                    ~models.Q(type__in=["action.requested", "action.withdrawn"])
                    & models.Q(case=None, subject=None, withdraws=None)
                ),
                name="event_of_an_action_names_whom",
            ),
        ]
        # How a licensee stood when it was last told, without a look through all that was asked of it.
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["licensee", "-number"], condition=models.Q(case=None), name="event_about_no_case"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    def about(self) -> About:
        """The case, where it has one: its history says what the platform was asked for, and did."""
        if self.case is not None:
            return self.case.about()
        return About(object_type="event", object_id=self.public_id, licensee_id=self.licensee_id)
