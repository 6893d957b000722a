"""A decision: a person's act on a case, written once. A later judgement is another decision."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly, AppendOnlyQuerySet, refusing_triggers
from review.models.case import Case
from review.models.first_judgement import FirstJudgement


class DecisionQuerySet(AppendOnlyQuerySet["Decision"]):
    def standing(self) -> "DecisionQuerySet":
        """Without those that were withdrawn. Whatever counts decisions, or learns from them, asks for these."""
        return self.filter(withdrawal=None)

    def with_whether_it_stands(self) -> "DecisionQuerySet":
        """`stands`: no later one was made on the case. Of those that were not withdrawn."""
        later = Decision.objects.standing().filter(
            case=models.OuterRef("case"), decided_at__gt=models.OuterRef("decided_at")
        )
        found: DecisionQuerySet = self.standing().annotate(stands=~models.Exists(later))
        return found


class Decision(AppendOnly):
    class Disposition(models.TextChoices):
        NO_ACTION = "no_action", "No action"
        MONITOR = "monitor", "Monitor"
        PLATFORM_ACTION = "platform_action", "Platform action"
        ESCALATE = "escalate", "Escalate"

    class PlatformAction(models.TextChoices):
        WARN = "warn", "Warn"
        RESTRICT = "restrict", "Restrict"
        BLOCK = "block", "Block"

    class Reason(models.TextChoices):
        """Why a flag did not lead to action: how the technique learns from its mistakes."""

        ADULTS_ONLY = "adults_only", "Between adults"
        PEERS = "peers", "Between peers of like age"
        FAMILY = "family", "Family or guardian"
        TRUSTED_ROLE = "trusted_role", "Teacher, coach or similar, within their role"
        GAME_OR_FICTION = "game_or_fiction", "Game or fiction"
        SUPPORT_OR_SAFETY = "support_or_safety", "Support or safety talk"
        NOTHING_THERE = "nothing_there", "Nothing of concern"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now, editable=False)
    disposition = models.CharField(max_length=20, choices=Disposition.choices)
    platform_action = models.CharField(max_length=10, choices=PlatformAction.choices, blank=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    # For `monitor`: on this day the conversation comes back by itself, whatever the score.
    monitor_until = models.DateField(null=True)
    # Encrypted under the conversation's key; never leaves the house.
    note_sealed = models.BinaryField(null=True)
    # What the person judged: later messages are a later judgement's.
    conversation_revision = models.PositiveIntegerField()
    # Whether the score stayed hidden until the person had judged, and what they said then.
    score_hidden = models.BooleanField(default=False, db_default=False)
    first_judgement = models.CharField(
        max_length=10, choices=FirstJudgement.Concern.choices, blank=True, default="", db_default=""
    )
    band = models.CharField(max_length=10, help_text="The band of the newest score at that moment")

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(DecisionQuerySet)()

    class Meta(AppendOnly.Meta):
        # No decision, so no escalation, no packet, no act at a platform and no figure, ever comes of practice.
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_triggers(),
            pgtrigger.Trigger(
                name="refuse_practice",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF EXISTS (SELECT FROM review_case WHERE id = NEW.case_id"
                    " AND (practice_of_id IS NOT NULL OR in_test)) THEN"
                    " RAISE EXCEPTION 'Case % is for practice: no decision is made on it.', NEW.case_id;"
                    " END IF; RETURN NEW;"
                ),
            ),
            # At the end of the transaction: its subject accounts are written after it.
            pgtrigger.Trigger(
                name="concerns_somebody",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__disposition="platform_action"),
                func=(
                    "IF NOT EXISTS (SELECT FROM review_subjectaccount WHERE decision_id = NEW.id) THEN"
                    " RAISE EXCEPTION 'Decision % asks for an act and names no account.', NEW.id;"
                    " END IF; RETURN NULL;"
                ),
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(disposition="platform_action") & ~models.Q(platform_action="")
                | ~models.Q(disposition="platform_action") & models.Q(platform_action=""),
                name="decision_names_its_platform_action",
            ),
            models.CheckConstraint(
                condition=models.Q(disposition="no_action") & ~models.Q(reason="")
                | ~models.Q(disposition="no_action") & models.Q(reason=""),
                name="decision_no_action_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(disposition="monitor", monitor_until__isnull=False)
                | ~models.Q(disposition="monitor") & models.Q(monitor_until=None),
                name="decision_monitors_until_a_date",
            ),
            models.CheckConstraint(
                condition=models.Q(score_hidden=True) & ~models.Q(first_judgement="")
                | models.Q(score_hidden=False, first_judgement=""),
                name="decision_judged_first_where_hidden",
            ),
            # What referrals' composite foreign key points at: the requester is the one who decided.
            models.UniqueConstraint(fields=["id", "decided_by"], name="decision_with_decider"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["case", "-decided_at"], name="decision_by_case"),
            models.Index(fields=["decided_by", "-decided_at"], name="decision_by_decider"),
            models.Index(fields=["decided_at"], name="decision_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.disposition} on {self.case_id}"
