"""A blind second review: another person judges a decided case without knowing what was said of it before."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.together import Question, Statement, lock_and_ask
from review.models.case import Case
from review.models.decision import Decision

PERSON = settings.AUTH_USER_MODEL
JUDGED = ["agreed", "disagreed", "adjudicated"]


LOCK_CASE = """
    SELECT 1 FROM review_case
     WHERE id = (SELECT case_id FROM review_secondreview WHERE id = %(review)s) FOR UPDATE
"""
LOCK = "SELECT 1 FROM review_secondreview WHERE id = %(review)s FOR UPDATE"


class SecondReviewQuerySet(models.QuerySet["SecondReview"]):
    def lock(self, review_id: int) -> "SecondReview":
        return self.lock_and_ask(review_id)[0]

    def lock_and_ask(
        self, review_id: int, **questions: Question
    ) -> tuple["SecondReview", dict[str, list[Any]]]:
        """Its case, then the review, locked until the transaction ends; in one journey with what is asked beside it.
        What is joined is as it is then, the conversation's key too."""
        joined = self.select_related("case__licensee", "case__conversation__data_key", "decision")
        which = {"review": review_id}
        answers = lock_and_ask(
            Statement(LOCK_CASE, which, 1),
            Statement(LOCK, which, 1),
            review=joined.filter(pk=review_id),
            **questions,
        )
        if not answers["review"]:
            raise SecondReview.DoesNotExist
        review: SecondReview = answers["review"][0]
        return review, answers


class SecondReview(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_REVIEW = "in_review", "In review"
        AGREED = "agreed", "Agreed"
        DISAGREED = "disagreed", "Disagreed"
        ADJUDICATED = "adjudicated", "Adjudicated"
        WITHDRAWN = "withdrawn", "Withdrawn"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.WAITING, State.IN_REVIEW): frozenset({Verb.SECOND_REVIEW_CLAIMED}),
        (State.IN_REVIEW, State.WAITING): frozenset(
            {Verb.SECOND_REVIEW_RELEASED, Verb.SECOND_REVIEW_EXPIRED}
        ),
        (State.IN_REVIEW, State.AGREED): frozenset({Verb.SECOND_REVIEW_GIVEN}),
        (State.IN_REVIEW, State.DISAGREED): frozenset({Verb.SECOND_REVIEW_GIVEN}),
        (State.DISAGREED, State.ADJUDICATED): frozenset({Verb.SECOND_REVIEW_ADJUDICATED}),
        # The first decision was taken back.
        (State.WAITING, State.WITHDRAWN): frozenset({Verb.SECOND_REVIEW_WITHDRAWN}),
        (State.IN_REVIEW, State.WITHDRAWN): frozenset({Verb.SECOND_REVIEW_WITHDRAWN}),
    }
    # While it is one of these, the case itself is closed to whoever might give the review.
    OPEN: ClassVar[frozenset[str]] = frozenset({State.WAITING, State.IN_REVIEW})

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="second_reviews")
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="second_review")
    # A copy, held true by a composite foreign key (migration), so that a constraint can compare people.
    first_decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()

    reviewer = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Who gave it back or let it lapse: it is not offered to them again.
    passed_by = ArrayField(models.BigIntegerField(), default=list)

    disposition = models.CharField(max_length=20, choices=Decision.Disposition.choices, blank=True)
    platform_action = models.CharField(max_length=10, choices=Decision.PlatformAction.choices, blank=True)
    reason = models.CharField(max_length=20, choices=Decision.Reason.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    # Encrypted under the conversation's key; read by who adjudicates, and never leaves the house.
    note_sealed = models.BinaryField(null=True)

    adjudicated_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    adjudicated_at = models.DateTimeField(null=True)
    final_disposition = models.CharField(max_length=20, choices=Decision.Disposition.choices, blank=True)

    objects = models.Manager.from_queryset(SecondReviewQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(reviewer=None) | ~models.Q(reviewer=models.F("first_decided_by")),
                name="second_review_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(adjudicated_by=None)
                | (
                    ~models.Q(adjudicated_by=models.F("first_decided_by"))
                    & ~models.Q(adjudicated_by=models.F("reviewer"))
                ),
                name="second_review_adjudicated_by_a_third",
            ),
            models.CheckConstraint(
                condition=models.Q(state="in_review", reviewer__isnull=False, expires_at__isnull=False)
                | (~models.Q(state="in_review") & models.Q(expires_at=None)),
                name="second_review_lease_with_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=JUDGED, reviewer__isnull=False, decided_at__isnull=False)
                & ~models.Q(disposition="")
                | ~models.Q(state__in=JUDGED) & models.Q(disposition="", decided_at=None),
                name="second_review_judged_with_state",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state="adjudicated", adjudicated_by__isnull=False, adjudicated_at__isnull=False
                )
                & ~models.Q(final_disposition="")
                | ~models.Q(state="adjudicated")
                & models.Q(final_disposition="", adjudicated_by=None, adjudicated_at=None),
                name="second_review_adjudicated_with_state",
            ),
            models.UniqueConstraint(
                fields=["reviewer"],
                condition=models.Q(state="in_review"),
                name="second_review_one_open_per_person",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["licensee", "state", "opened_at", "id"],
                condition=models.Q(state__in=["waiting", "in_review", "disagreed"]),
                name="second_review_queue",
            ),
            models.Index(fields=["reviewer", "-claimed_at"], name="second_review_by_person"),
        ]

    def __str__(self) -> str:
        return f"second review {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("review:second_review", args=[self.pk])

    def about(self) -> About:
        return self.case.about()
