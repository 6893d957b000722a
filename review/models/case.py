"""A case: a conversation that a person has to judge."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.together import Question, Shape, Statement, lock_and_ask
from review.models.known import know
from scoring.models import Conversation, Score, UserReport

LOCK = "SELECT 1 FROM review_case WHERE id = %(case)s FOR UPDATE"


def lock_of(case_id: int) -> Statement:
    return Statement(LOCK, {"case": case_id}, 1)


class CaseQuerySet(models.QuerySet["Case"]):
    def lock(self, case_id: int) -> "Case":
        """The case alone, locked until the transaction ends; never the joined rows with it."""
        return self.lock_and_ask(case_id)[0]

    def lock_and_ask(self, case_id: int, **questions: Question) -> tuple["Case", dict[str, list[Any]]]:
        """The same with all its claims, holds and decisions, a handful of each, and with what is asked beside them: in
        one journey, and as it is under the lock."""
        answers = lock_and_ask(lock_of(case_id), **self.with_all_around(case_id), **questions)
        return self.from_answers(answers), answers

    def with_all_around(self, case_id: int) -> dict[str, Question]:
        """The questions, to be asked together with others."""
        return {name: shape.about(case_id) for name, shape in ALL_AROUND.items()}

    def from_answers(self, answers: Mapping[str, list[Any]]) -> "Case":
        """The case that knows what was answered."""
        if not answers["case"]:
            raise Case.DoesNotExist
        case: Case = answers["case"][0]
        know(case, **{name: answers[name] for name in AROUND})
        return case


class CaseManager(models.Manager.from_queryset(CaseQuerySet)):  # type: ignore[misc]
    """The work itself. Practice, on golden cases or of a licensee in test, is not among it: nothing here counts, offers
    or opens by it."""

    def get_queryset(self) -> CaseQuerySet:
        work: CaseQuerySet = super().get_queryset().filter(practice_of=None, in_test=False)
        return work

    def lock(self, case_id: int) -> "Case":
        """Practice too: what a person does with it is the same."""
        locked: Case = Case.every.lock(case_id)
        return locked


class Case(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_REVIEW = "in_review", "In review"
        HELD = "held", "On hold"
        ESCALATED = "escalated", "Escalated"
        DECIDED = "decided", "Decided"
        REFERRED = "referred", "Referred"

    class Lane(models.TextChoices):
        IMMINENT = "imminent", "Imminent"
        STANDARD = "standard", "Standard"
        # Flagged in a historical review: taken when nothing else waits.
        ARCHIVE = "archive", "Archive"

    CLOSED: ClassVar[frozenset[str]] = frozenset({State.DECIDED, State.REFERRED})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.WAITING, State.IN_REVIEW): frozenset({Verb.CASE_CLAIMED}),
        (State.IN_REVIEW, State.WAITING): frozenset({Verb.CASE_RELEASED, Verb.CLAIM_EXPIRED}),
        (State.IN_REVIEW, State.HELD): frozenset({Verb.CASE_HELD}),
        (State.HELD, State.WAITING): frozenset({Verb.CASE_RESUMED}),
        (State.IN_REVIEW, State.DECIDED): frozenset(
            {Verb.CASE_DECIDED, Verb.GOLDEN_ANSWERED, Verb.CASE_PRACTISED}
        ),
        (State.IN_REVIEW, State.ESCALATED): frozenset({Verb.CASE_DECIDED}),
        # The decision was withdrawn in the first seconds: back to whoever made it, or to the queue.
        (State.DECIDED, State.IN_REVIEW): frozenset({Verb.CASE_REOPENED}),
        # Or a supervisor found, after a second review, that another outcome was right: it is judged anew.
        (State.DECIDED, State.WAITING): frozenset({Verb.CASE_REOPENED, Verb.CASE_SENT_BACK}),
        # An escalation that was declined or withdrawn: the case needs another judgement.
        (State.ESCALATED, State.WAITING): frozenset({Verb.CASE_RETURNED}),
        (State.ESCALATED, State.REFERRED): frozenset({Verb.CASE_REFERRED}),
    }

    reference = models.CharField(max_length=20, unique=True)
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="cases")
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="cases")
    # Why it was opened: a score, or a user's report. Unique but for what comes back by its date, without a new score:
    # intake may run as often as it likes.
    opened_by_score = models.ForeignKey(Score, on_delete=models.PROTECT, null=True, related_name="cases")
    opened_by_report = models.ForeignKey(
        UserReport, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    # How many reports came of its conversation that a person has not judged before.
    reports = models.PositiveIntegerField(default=0, db_default=0)
    # The decision `monitor` after which the conversation came back. Unique: it comes back once.
    came_back_after = models.OneToOneField(
        "review.Decision", on_delete=models.PROTECT, null=True, related_name="came_back_as"
    )
    # Set on a copy of a golden case that one person is given for practice: no decision can be made on it (a trigger).
    practice_of = models.ForeignKey(
        "review.GoldenCase", on_delete=models.PROTECT, null=True, related_name="practices"
    )
    practice_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Its conversation came while the licensee was in test: practice for whoever serves it, and nothing comes of it.
    in_test = models.BooleanField(default=False, db_default=False)
    # Empty where a report opened it and nothing had been rated.
    band = models.CharField(max_length=10, choices=Score.Band.choices, blank=True)
    lane = models.CharField(max_length=10, choices=Lane.choices)
    # 0 is taken first; derived from the lane when the case opens, so that one index orders the queue.
    lane_order = models.PositiveSmallIntegerField()
    # The licensee's policy when it opened: whoever judges it sees no score before their own first judgement.
    hides_score = models.BooleanField(default=False, db_default=False)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = CaseManager()
    every: ClassVar[Any] = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["opened_by_score"],
                condition=models.Q(came_back_after=None, practice_of=None),
                name="case_one_per_score",
            ),
            models.UniqueConstraint(
                fields=["opened_by_report"],
                condition=models.Q(practice_of=None),
                name="case_one_per_report",
            ),
            models.CheckConstraint(
                condition=models.Q(opened_by_score__isnull=False, opened_by_report=None)
                | models.Q(opened_by_score=None, opened_by_report__isnull=False, reports__gt=0),
                name="case_opened_by_score_or_report",
            ),
            models.UniqueConstraint(
                fields=["conversation", "in_test"],
                # Practice never keeps a conversation from being opened.
                condition=models.Q(closed_at=None, practice_of=None),
                name="case_one_open_per_conversation",
            ),
            models.UniqueConstraint(
                fields=["practice_of", "practice_for"], name="case_practised_once_by_each"
            ),
            models.CheckConstraint(
                condition=models.Q(practice_of=None, practice_for=None)
                | models.Q(practice_of__isnull=False, practice_for__isnull=False),
                name="case_practice_is_for_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["decided", "referred"], closed_at__isnull=False)
                | (~models.Q(state__in=["decided", "referred"]) & models.Q(closed_at=None)),
                name="case_closed_at_with_closed_state",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["licensee", "lane_order", "due_at", "id"],
                condition=models.Q(state="waiting"),
                name="case_queue",
            ),
            models.Index(fields=["licensee", "state", "-opened_at"], name="case_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_practice(self) -> bool:
        return self.is_golden or self.in_test

    @property
    def is_golden(self) -> bool:
        """A copy of a golden case, given to one person."""
        return self.practice_of_id is not None

    @property
    def opened_at_revision(self) -> int:
        """The revision of its conversation that was scored, or reported."""
        opening = self.opened_by_score or self.opened_by_report
        revision: int = opening.revision if opening else 1
        return revision

    @property
    def is_closed(self) -> bool:
        return self.state in self.CLOSED

    def about(self) -> About:
        return About(
            object_type="case",
            object_id=str(self.pk),
            licensee_id=self.licensee_id,
            case_reference=self.reference,
        )


def _pointing(name: str, *joined: str) -> Shape:
    """All that points at a case by this name; the modules of these models import this one."""

    def rows(case_id: int) -> models.QuerySet[Any]:
        every: models.QuerySet[Any] = getattr(Case, name).field.model._default_manager.all()
        return every.filter(case=case_id).select_related(*joined).order_by("pk")

    return Shape(rows)


AROUND = {
    "claims": _pointing("claims", "holder"),
    "holds": _pointing("holds", "held_by"),
    "decisions": _pointing("decisions", "decided_by", "withdrawal"),
}
ALL_AROUND = AROUND | {
    "case": Shape(
        lambda case_id: Case.every.filter(pk=case_id).select_related("licensee", "conversation__data_key")
    ),
}


class CaseNumber(models.Model):
    """The last case number of each licensee."""

    licensee = models.OneToOneField(Licensee, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.licensee_id}: {self.last}"
