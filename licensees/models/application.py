"""What a company writes into the public form: nothing of it is believed before somebody has looked."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb

OPEN_STATES = ("unconfirmed", "open")


class Application(models.Model):
    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "Address not confirmed"
        OPEN = "open", "Waiting"
        TAKEN_UP = "taken_up", "Taken up"
        DECLINED = "declined", "Declined"

    class Service(models.TextChoices):
        INTERPERSONAL = "interpersonal", "People write to people whom they choose, without telephone numbers"
        PUBLIC = "public", "Public rooms, forums or comments only"
        GAME = "game", "Chat inside a game or a match, among whoever plays"
        OTHER = "other", "Something else"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.UNCONFIRMED, State.OPEN): frozenset({Verb.APPLICATION_CONFIRMED, Verb.APPLICATION_RECEIVED}),
        (State.OPEN, State.TAKEN_UP): frozenset({Verb.APPLICATION_TAKEN_UP}),
        (State.OPEN, State.DECLINED): frozenset({Verb.APPLICATION_DECLINED}),
    }

    # What the applicant is told; it opens nothing.
    reference = models.CharField(max_length=12, unique=True, editable=False)
    state = models.CharField(max_length=11, choices=State.choices, default=State.UNCONFIRMED)
    company = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    service = models.CharField(max_length=13, choices=Service.choices)
    serves_eu = models.BooleanField(default=False)
    users = models.PositiveBigIntegerField()
    minors_percent = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    contact_name = models.CharField(max_length=120)
    contact_email = models.EmailField()
    safety_contact = models.CharField(max_length=200)
    why = models.TextField(max_length=2_000)
    legal_basis = models.CharField(max_length=30)
    legal_basis_note = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    # Empty where no mail could be sent: then nobody has shown that the address is theirs.
    confirmed_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    declined_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["received_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN_STATES, answered_by=None, answered_at=None)
                | (
                    ~models.Q(state__in=OPEN_STATES)
                    & models.Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
                name="application_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(minors_percent__lte=100), name="application_minors_are_a_share"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "received_at"], name="application_by_state")
        ]

    def __str__(self) -> str:
        return f"{self.company} ({self.reference})"

    @property
    def is_interpersonal_in_eu(self) -> bool:
        return self.service == self.Service.INTERPERSONAL and self.serves_eu

    def about(self) -> About:
        return About(object_type="application", object_id=str(self.pk))
