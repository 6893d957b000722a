"""What an account asks of us: to see what is held about it, or that it be erased."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from scoring.models import DataKey


class AccountRequestQuerySet(models.QuerySet["AccountRequest"]):
    def lock(self, request_id: int) -> "AccountRequest":
        joined = self.select_related("licensee", "data_key")
        return joined.select_for_update(of=("self",)).get(pk=request_id)


class AccountRequest(models.Model):
    class Kind(models.TextChoices):
        ACCESS = "access", "Access"
        ERASURE = "erasure", "Erasure"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        ANSWERED = "answered", "Answered"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Refusal(models.TextChoices):
        """Words of ours, for the trail."""

        NOT_THEIRS = "not_theirs", "it is not shown that the account is theirs"
        UNFOUNDED = "unfounded", "it is manifestly unfounded or excessive"
        INVESTIGATION = "investigation", "an answer would harm an investigation"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.RECEIVED, State.ANSWERED): frozenset(
            {Verb.ACCOUNT_REQUEST_EXPORTED, Verb.ACCOUNT_REQUEST_ERASED}
        ),
        (State.RECEIVED, State.REFUSED): frozenset({Verb.ACCOUNT_REQUEST_REFUSED}),
        (State.RECEIVED, State.WITHDRAWN): frozenset({Verb.ACCOUNT_REQUEST_WITHDRAWN}),
    }

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The platform's id of the account, sealed under a key of its own; no page shows it.
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+")
    account_sealed = models.BinaryField()
    # What the platform calls the request, as a ticket's number: nothing about a person.
    reference = models.CharField(max_length=60)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now, editable=False)
    # A month, as GDPR art. 12(3) has it.
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    # Counts: what was given or erased, and what was kept and why.
    outcome = models.JSONField(default=dict)

    objects = models.Manager.from_queryset(AccountRequestQuerySet)()

    class Meta:
        verbose_name = "request of an account"
        verbose_name_plural = "requests of accounts"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="received", closed_at=None, closed_by=None)
                | ~models.Q(state="received") & models.Q(closed_at__isnull=False, closed_by__isnull=False),
                name="account_request_closed_by_somebody",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-filed_at"], name="account_request_by_licensee")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def about(self) -> About:
        return About("account_request", str(self.pk), licensee_id=self.licensee_id)

    @property
    def refusal(self) -> str:
        why = self.outcome.get("why", "")
        return str(self.Refusal(why).label) if why else ""

    @property
    def is_open(self) -> bool:
        return self.state == self.State.RECEIVED
