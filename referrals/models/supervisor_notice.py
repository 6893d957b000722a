"""An e-mail that tells a supervisor of an imminent threat: written with the request, sent by a worker."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from referrals.models.escalation import Escalation


class SupervisorNotice(models.Model):
    """One for each supervisor and each version that was submitted. It holds ids only, and so does the e-mail."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="notices")
    version_number = models.PositiveIntegerField()
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    emailed_at = models.DateTimeField(null=True)
    # The name of the last failure, never its text: a mail server's answer may repeat an address.
    problem = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["escalation", "version_number", "supervisor"], name="supervisor_notice_once"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(emailed_at=None),
                name="supervisor_notice_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"notice of {self.escalation_id} to {self.supervisor_id}"
