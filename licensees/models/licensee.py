"""An organisation that runs a chat function and is licensed to use the technique."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models.application import Application


class Licensee(models.Model):
    class State(models.TextChoices):
        APPLIED = "applied", "Applied"
        DECLINED = "declined", "Declined"
        VETTED = "vetted", "Vetted"
        AGREED = "agreed", "Agreement signed"
        TEST = "test", "In test"
        LIVE = "live", "Live"
        SUSPENDED = "suspended", "Suspended"
        ENDED = "ended", "Ended"

    # Its keys work, and what they send is scored; in test it goes to practice.
    ACCEPTING: ClassVar[frozenset[str]] = frozenset({State.TEST, State.LIVE})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.APPLIED, State.VETTED): frozenset({Verb.LICENSEE_VETTED}),
        (State.APPLIED, State.DECLINED): frozenset({Verb.LICENSEE_DECLINED}),
        (State.VETTED, State.DECLINED): frozenset({Verb.LICENSEE_DECLINED}),
        (State.VETTED, State.AGREED): frozenset({Verb.AGREEMENT_SIGNED}),
        (State.AGREED, State.TEST): frozenset({Verb.LICENSEE_TEST_BEGUN}),
        (State.TEST, State.LIVE): frozenset({Verb.LICENSEE_WENT_LIVE}),
        (State.TEST, State.SUSPENDED): frozenset({Verb.LICENSEE_SUSPENDED}),
        (State.LIVE, State.SUSPENDED): frozenset({Verb.LICENSEE_SUSPENDED}),
        (State.SUSPENDED, State.LIVE): frozenset({Verb.LICENSEE_RESUMED}),
        (State.SUSPENDED, State.TEST): frozenset({Verb.LICENSEE_RESUMED}),
        (State.AGREED, State.ENDED): frozenset({Verb.LICENSEE_ENDED}),
        (State.TEST, State.ENDED): frozenset({Verb.LICENSEE_ENDED}),
        (State.SUSPENDED, State.ENDED): frozenset({Verb.LICENSEE_ENDED}),
    }

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    # Begins every case reference, as NW in NW-2031-5.
    code = models.CharField(max_length=6, unique=True)
    jurisdiction = models.CharField(max_length=2, help_text="ISO 3166-1 country of establishment")
    contact_email = models.EmailField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.APPLIED)
    # A number-independent interpersonal communications service that people in the European Union use.
    is_interpersonal_in_eu = models.BooleanField(default=False, db_default=False)
    # Empty while it never was; then where it comes back to after a suspension.
    went_live_at = models.DateTimeField(null=True, editable=False)
    # Where it came in by the public form.
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, null=True, related_name="licensee", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        default_permissions: ClassVar[tuple[str, ...]] = ()
        # Object permissions (django-guardian): who serves which licensee, see licensees/assignments.py.
        permissions: ClassVar[list[Any]] = [
            ("moderate", "May moderate for this licensee"),
            ("supervise", "May supervise for this licensee"),
            ("audit", "May read the trail of this licensee"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z]{2,6}$"),
                name="licensee_code_letters",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="live") | models.Q(went_live_at__isnull=False),
                name="licensee_live_since",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def accepts(self) -> bool:
        return self.state in self.ACCEPTING

    def about(self) -> About:
        return About(object_type="licensee", object_id=str(self.pk), licensee_id=self.pk)
