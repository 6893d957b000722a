"""An escalation: one person asking a second. What is asked lies in versions, each written once."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from referrals.models.recipient import Recipient
from review.models import Case, Decision
from scoring.models import Participant


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def lock(self, escalation_id: int) -> "Escalation":
        """Lock the case, then the escalation: always in this order, as the verbs of review do."""
        case_id = self.values_list("case_id", flat=True).get(pk=escalation_id)
        Case.objects.lock(case_id)
        return self.select_for_update(of=("self",)).select_related("case__licensee").get(pk=escalation_id)


class Escalation(models.Model):
    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        RETURNED = "returned", "Returned"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        APPROVED = "approved", "Approved"
        SEALED = "sealed", "Sealed"

    LIVE: ClassVar[frozenset[str]] = frozenset({State.REQUESTED, State.RETURNED})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.REQUESTED, State.RETURNED): frozenset({Verb.ESCALATION_RETURNED}),
        (State.RETURNED, State.REQUESTED): frozenset({Verb.ESCALATION_RESUBMITTED}),
        (State.REQUESTED, State.WITHDRAWN): frozenset({Verb.ESCALATION_WITHDRAWN}),
        (State.RETURNED, State.WITHDRAWN): frozenset({Verb.ESCALATION_WITHDRAWN}),
        (State.REQUESTED, State.DECLINED): frozenset({Verb.ESCALATION_DECLINED}),
        # Whoever asked may be away, or a moderator no longer: nothing may be stuck with one person.
        (State.RETURNED, State.DECLINED): frozenset({Verb.ESCALATION_DECLINED}),
        (State.REQUESTED, State.APPROVED): frozenset({Verb.ESCALATION_APPROVED}),
        (State.APPROVED, State.SEALED): frozenset({Verb.PACKET_SEALED}),
    }

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="escalations")
    # The decision to escalate. The database holds requested_by equal to its decided_by (migration 0002).
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="escalation")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    version_count = models.PositiveIntegerField(default=1)

    objects = models.Manager.from_queryset(EscalationQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(state__in=["requested", "returned", "approved", "sealed"]),
                name="escalation_one_live_per_case",
            ),
            # What approval's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "requested_by"], name="escalation_with_requester"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=["requested", "returned"]),
                name="escalation_live",
            ),
        ]

    def __str__(self) -> str:
        return f"escalation of {self.case}"

    def about(self) -> About:
        return About(
            object_type="escalation",
            object_id=str(self.pk),
            licensee_id=self.case.licensee_id,
            case_reference=self.case.reference,
        )

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def current(self) -> "EscalationVersion":
        return self.versions.get(number=self.version_count)


class EscalationVersion(AppendOnly):
    """What was asked, each time that it was submitted."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    exit = models.CharField(max_length=30, choices=Recipient.Exit.choices)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    possible_minor = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    incident_at = models.DateTimeField(null=True)
    # Numbers of the chosen messages, ascending; and how many before and after each are shown as context.
    evidence_numbers = models.JSONField()
    context = models.PositiveSmallIntegerField(default=3)
    grounds_sealed = models.BinaryField()
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["escalation", "number"], name="escalation_version_once"),
            models.CheckConstraint(
                condition=~models.Q(subject=models.F("possible_minor")),
                name="escalation_two_accounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.escalation} version {self.number}"


class EscalationAnswer(AppendOnly):
    """Why an escalation was returned, declined or withdrawn, in the words of the person who did it."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="answers")
    version_number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=20, choices=Escalation.State.choices)
    reason_sealed = models.BinaryField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["answered_at", "id"]

    def __str__(self) -> str:
        return f"{self.outcome} {self.escalation_id}"
