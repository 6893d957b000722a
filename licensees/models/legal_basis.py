"""On what basis in law a licensee has its conversations looked at, by jurisdiction and in time."""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from licensees.models.licensee import Licensee


class LegalBasisQuerySet(models.QuerySet["LegalBasis"]):
    def standing(self) -> "LegalBasisQuerySet":
        return self.filter(withdrawn_at=None)

    def in_force(self, on: date) -> "LegalBasisQuerySet":
        open_ended = models.Q(valid_until=None) | models.Q(valid_until__gte=on)
        return self.standing().filter(open_ended, valid_from__lte=on)


class LegalBasis(models.Model):
    """What it says is never changed; a record that is wrong is withdrawn, and another one made."""

    class Basis(models.TextChoices):
        CONSENT = "consent", "Consent of the people concerned"
        CONTRACT = "contract", "A contract with them"
        LEGAL_OBLIGATION = "legal_obligation", "A legal obligation of the service"
        VITAL_INTERESTS = "vital_interests", "Vital interests of a person"
        PUBLIC_TASK = "public_task", "A task in the public interest"
        LEGITIMATE_INTERESTS = "legitimate_interests", "Legitimate interests, weighed in writing"
        DEROGATION = "derogation", "A derogation from the confidentiality of communications"
        OTHER = "other", "Another law, named in the note"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="legal_bases")
    # ISO 3166-1, or EU for the whole of the Union.
    jurisdiction = models.CharField(max_length=2)
    basis = models.CharField(max_length=30, choices=Basis.choices)
    note = models.CharField(max_length=500, blank=True)
    document = models.CharField(max_length=200, help_text="Where the assessment or the opinion is kept")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The last day, itself included")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(LegalBasisQuerySet)()

    class Meta:
        verbose_name = "legal basis"
        verbose_name_plural = "legal bases"
        ordering: ClassVar[list[str]] = ["jurisdiction", "-valid_from", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="legal_basis_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(jurisdiction__regex=r"^[A-Z]{2}$"), name="legal_basis_two_letters"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawn_by=None)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="legal_basis_withdrawn_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display()} ({self.jurisdiction})"

    def about(self) -> About:
        return About(object_type="legal_basis", object_id=str(self.pk), licensee_id=self.licensee_id)
