"""An escalation: one person asking a second. What is asked lies in versions, each written once."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from licensees.together import Question, Statement, ask, lock_and_ask
from referrals.models.recipient import Recipient
from review.models import Case, Decision
from review.models.known import know, known_of
from scoring.models import Participant

# A supplement or a retraction belongs to the case of the packet that it names.
FOLLOWS_ITS_OWN_CASE = """
IF NEW.follows_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM referrals_packet p
  JOIN referrals_approval a ON a.id = p.approval_id
  JOIN referrals_escalation e ON e.id = a.escalation_id
  WHERE p.id = NEW.follows_id AND e.case_id = NEW.case_id
) THEN
  RAISE EXCEPTION 'escalation_follows_its_own_case: the packet that it names is of another case';
END IF;
RETURN NULL;
"""


LOCK_CASE = """
    SELECT 1 FROM review_case
     WHERE id = (SELECT case_id FROM referrals_escalation WHERE id = %(escalation)s) FOR UPDATE
"""
LOCK = "SELECT 1 FROM referrals_escalation WHERE id = %(escalation)s FOR UPDATE"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def lock(self, escalation_id: int) -> "Escalation":
        """Lock the case, then the escalation: always in this order, as the verbs of review do. In one journey with all
        its versions and answers, as they are under the lock."""
        which = {"escalation": escalation_id}
        locks = Statement(LOCK_CASE, which, 1), Statement(LOCK, which, 1)
        return _one_of(lock_and_ask(*locks, **self._with_all_around(escalation_id)))

    def read(self, escalation_id: int) -> "Escalation":
        """The same without a lock."""
        return _one_of(ask(**self._with_all_around(escalation_id)))

    def _with_all_around(self, escalation_id: int) -> dict[str, Question]:
        joined = self.select_related(
            *(
                "case__licensee",
                "case__conversation__data_key",
                "decision__decided_by",
                "requested_by",
                "owner",
            ),
            *("approval__approved_by", "follows__approval__escalation__case"),
        )
        versions = EscalationVersion.objects.filter(escalation=escalation_id).order_by("number")
        return {
            "escalation": joined.defer("follows__archive_sealed").filter(pk=escalation_id),
            "versions": versions.select_related(*EscalationVersion.JOINED),
            "answers": EscalationAnswer.objects.filter(escalation=escalation_id).select_related(
                "answered_by"
            ),
        }


def _one_of(answers: Mapping[str, list[Any]]) -> "Escalation":
    if not answers["escalation"]:
        raise Escalation.DoesNotExist
    escalation: Escalation = answers["escalation"][0]
    know(escalation, versions=answers["versions"], answers=answers["answers"])
    return escalation


class Escalation(models.Model):
    class State(models.TextChoices):
        PREPARED = "prepared", "Being prepared"
        REQUESTED = "requested", "Requested"
        RETURNED = "returned", "Returned"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        APPROVED = "approved", "Approved"
        SEALED = "sealed", "Sealed"

    class Reassignment(models.TextChoices):
        """Why another moderator owns it now: words of ours, for the trail."""

        AWAY = "away", "its owner is away"
        LEFT = "left", "its owner no longer moderates for the licensee"
        ASKED = "asked", "its owner asked for it"

    class Relation(models.TextChoices):
        """What it is to the sealed packet that it names: that one stays as it is."""

        SUPPLEMENTS = "supplements", "Supplement"
        RETRACTS = "retracts", "Retraction"

    LIVE: ClassVar[frozenset[str]] = frozenset({State.PREPARED, State.REQUESTED, State.RETURNED})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        # The first is asked for in the act that makes it; what follows a sealed packet is prepared first.
        (State.PREPARED, State.REQUESTED): frozenset({Verb.ESCALATION_REQUESTED, Verb.FOLLOW_UP_REQUESTED}),
        (State.PREPARED, State.WITHDRAWN): frozenset({Verb.ESCALATION_WITHDRAWN}),
        (State.PREPARED, State.DECLINED): frozenset({Verb.ESCALATION_DECLINED}),
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
    # A supplement or a retraction rests on no new decision, but on the packet that it names.
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="escalation", null=True)
    follows = models.ForeignKey(
        "referrals.Packet", on_delete=models.PROTECT, related_name="follow_ups", null=True
    )
    relation = models.CharField(
        max_length=12, choices=Relation.choices, blank=True, default="", db_default=""
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    # Whose next step it is on the asking side; when it is sealed, who approved it. Never nobody.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.PREPARED)
    version_count = models.PositiveIntegerField(default=1)

    objects = models.Manager.from_queryset(EscalationQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(follows=None)
                & models.Q(state__in=["requested", "returned", "approved", "sealed"]),
                name="escalation_one_live_per_case",
            ),
            # Two that are prepared side by side would name the same packet and not each other.
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(follows__isnull=False)
                & models.Q(state__in=["prepared", "requested", "returned", "approved"]),
                name="escalation_one_follow_up_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["follows"],
                condition=models.Q(relation="retracts")
                & models.Q(state__in=["prepared", "requested", "returned", "approved", "sealed"]),
                name="escalation_retracted_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decision__isnull=False, follows=None, relation="")
                | models.Q(decision=None, follows__isnull=False, relation__in=["supplements", "retracts"]),
                name="escalation_of_a_decision_or_a_packet",
            ),
            # What approval's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "requested_by"], name="escalation_with_requester"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=["prepared", "requested", "returned"]),
                name="escalation_waits",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Trigger(
                name="follows_its_own_case",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=FOLLOWS_ITS_OWN_CASE,
            ),
            # Who asked, for what, and on what it rests: none of it is another one later.
            pgtrigger.ReadOnly(
                name="refuse_another_request",
                fields=["case", "decision", "follows", "relation", "requested_by", "requested_at"],
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
    def is_follow_up(self) -> bool:
        return self.follows_id is not None

    @property
    def what(self) -> str:
        """“supplement”, “retraction”, or “escalation” for the first."""
        return self.Relation(self.relation).label.lower() if self.relation else "escalation"

    @property
    def current(self) -> "EscalationVersion":
        return self.version(self.version_count)

    def version(self, number: int) -> "EscalationVersion":
        known = known_of(self, "versions")
        if known is not None:
            return next(one for one in known if one.number == number)
        return self.versions.select_related(*EscalationVersion.JOINED).get(number=number)


class EscalationVersion(AppendOnly):
    """What was asked, each time that it was submitted."""

    JOINED: ClassVar[tuple[str, ...]] = ("submitted_by", "recipient", "subject", "possible_minor")

    class Redaction(models.TextChoices):
        """Why the text of a message that is not evidence stays behind: words of ours, so that they quote nobody."""

        OTHER_PERSON = "other_person", "about a person who has no part in this"
        UNRELATED = "unrelated", "private, and not about the incident"
        PROTECTED = "protected", "protected by law or by duty"

    class Priority(models.IntegerChoices):
        """A person's choice where the law of the recipient asks for it; never derived from a score."""

        IMMEDIATE = 1, "1 · a child's life or safety is at immediate risk"
        SOON = 2, "2 · as soon as it can reasonably be done"
        NO_DELAY = 3, "3 · without undue delay"

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    exit = models.CharField(max_length=30, choices=Recipient.Exit.choices)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    possible_minor = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    incident_at = models.DateTimeField(null=True)
    # How the platform defines that time: a person's words, sealed like the grounds.
    incident_definition_sealed = models.BinaryField(null=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, null=True)
    # Numbers of the chosen messages, ascending; and how many before and after each are shown as context.
    evidence_numbers = models.JSONField()
    context = models.PositiveSmallIntegerField(default=3)
    # {number of a message that is context: why its text is left out}
    redactions = models.JSONField(default=dict)
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
            models.CheckConstraint(
                condition=models.Q(priority=None) | models.Q(priority__in=[1, 2, 3]),
                name="escalation_version_priority",
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
