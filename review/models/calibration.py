"""Calibration sessions: some people judge the same decided cases, each alone; then they discuss, and agree."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from review.models.case import Case
from review.models.decision import Decision

PERSON = settings.AUTH_USER_MODEL


class SessionQuerySet(models.QuerySet["CalibrationSession"]):
    def lock(self, session_id: int, *, by: Any) -> "CalibrationSession":
        """Votes and the end of voting take turns: no vote comes after the others were shown."""
        return self.of(by).select_for_update(of=("self",)).get(pk=session_id)

    def of(self, person: Any) -> "SessionQuerySet":
        """Each with whether this person is invited to it: people are invited when it is made, and never later."""
        invited = CalibrationInvitation.objects.filter(session=models.OuterRef("pk"), person=person)
        return self.select_related("licensee", "made_by").annotate(is_invited=models.Exists(invited))


class CalibrationSession(models.Model):
    class State(models.TextChoices):
        VOTING = "voting", "Voting"
        DISCUSSION = "discussion", "Discussion"
        CLOSED = "closed", "Closed"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.VOTING, State.DISCUSSION): frozenset({Verb.CALIBRATION_DISCUSSED}),
        (State.DISCUSSION, State.CLOSED): frozenset({Verb.CALIBRATION_CLOSED}),
    }

    # By the person for whom it was fetched (`review/permissions.py`), who may be invited.
    is_led: bool = False
    is_invited: bool

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    vote_until = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.VOTING)

    objects = models.Manager.from_queryset(SessionQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(vote_until__gt=models.F("made_at")), name="calibration_has_time_to_vote"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-made_at"], name="calibration_by_licensee")
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("review:calibration_session", args=[self.pk])

    def about(self) -> About:
        return About(object_type="calibration", object_id=str(self.pk), licensee_id=self.licensee_id)


class CalibrationInvitation(AppendOnly):
    session = models.ForeignKey(CalibrationSession, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["session", "person"], name="calibration_invites_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.session_id}"


class CalibrationCase(models.Model):
    """One of the cases of a session, as the decision saw it; in the end with the agreed answer."""

    session = models.ForeignKey(CalibrationSession, on_delete=models.PROTECT, related_name="cases")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    agreed = models.CharField(max_length=20, choices=Decision.Disposition.choices, blank=True)
    # Encrypted under the conversation's key, since it may quote.
    why_sealed = models.BinaryField(null=True)
    agreed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["session", "case"], name="calibration_case_once"),
            models.UniqueConstraint(fields=["session", "number"], name="calibration_case_number"),
            models.CheckConstraint(
                condition=models.Q(agreed="", agreed_by=None, agreed_at=None)
                | ~models.Q(agreed="") & models.Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="calibration_agreed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.number} of {self.session_id}"


class CalibrationVote(AppendOnly):
    item = models.ForeignKey(CalibrationCase, on_delete=models.PROTECT, related_name="votes")
    voted_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    voted_at = models.DateTimeField(default=timezone.now, editable=False)
    disposition = models.CharField(max_length=20, choices=Decision.Disposition.choices)
    reason = models.CharField(max_length=20, choices=Decision.Reason.choices, blank=True)
    platform_action = models.CharField(max_length=10, choices=Decision.PlatformAction.choices, blank=True)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["item", "voted_by"], name="calibration_one_vote_each"),
        ]

    def __str__(self) -> str:
        return f"{self.disposition} on {self.item_id}"
