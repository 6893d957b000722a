"""An act that takes two admins: one proposes it, another one confirms it, and only then it happens."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models.licensee import Licensee

OPEN = models.Q(state="proposed")


class Proposal(models.Model):
    class Kind(models.TextChoices):
        NEW_PERSON = "new_person", "A new person"
        ROLES = "roles", "Other roles"
        NEW_FACTOR = "new_factor", "A new second factor"
        NEW_PASSWORD = "new_password", "A new password"
        REACTIVATION = "reactivation", "Back after being deactivated"
        GOING_LIVE = "going_live", "A licensee goes live"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.PROPOSED, State.CONFIRMED): frozenset({Verb.PROPOSAL_CONFIRMED}),
        (State.PROPOSED, State.DECLINED): frozenset({Verb.PROPOSAL_DECLINED}),
        (State.PROPOSED, State.WITHDRAWN): frozenset({Verb.PROPOSAL_WITHDRAWN}),
    }
    # What was right a week ago may not be so now.
    STANDS: ClassVar[timedelta] = timedelta(days=7)

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    # Whom or what it is about; for a new person, whoever came of it.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="proposals"
    )
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, null=True, related_name="proposals")
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    roles = models.JSONField(default=list)
    # The roles that they held when it was proposed: what is confirmed is what was seen.
    roles_before = models.JSONField(default=list)
    reason = models.CharField(max_length=300)
    # Of the code that whoever proposed it gives to the person; it opens the link that the confirmation makes.
    code_digest = models.BinaryField(max_length=32, null=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="proposed", answered_by=None, answered_at=None)
                | (
                    ~models.Q(state="proposed")
                    & models.Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
                name="proposal_answered_by_somebody",
            ),
            # Dual control, in the database: whoever proposed may take it back, and nothing else.
            models.CheckConstraint(
                condition=~models.Q(state__in=["confirmed", "declined"])
                | ~models.Q(answered_by=models.F("proposed_by")),
                name="proposal_confirmed_by_another",
            ),
            # And nobody answers a proposal about themselves.
            models.CheckConstraint(
                condition=~models.Q(state="confirmed")
                | models.Q(person=None)
                | ~models.Q(answered_by=models.F("person")),
                name="proposal_not_about_oneself",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"], condition=OPEN, name="proposal_one_open_per_person"
            ),
            models.UniqueConstraint(
                fields=["licensee", "kind"], condition=OPEN, name="proposal_one_open_per_licensee"
            ),
            models.UniqueConstraint(
                fields=["email"], condition=OPEN & ~models.Q(email=""), name="proposal_one_open_per_email"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.whom}"

    @property
    def whom(self) -> str:
        return str(self.person or self.licensee or self.name)

    @property
    def lapses_at(self) -> Any:
        return self.proposed_at + self.STANDS

    def about(self) -> About:
        return About(object_type="proposal", object_id=str(self.pk), licensee_id=self.licensee_id)
