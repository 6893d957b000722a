"""An organisation that runs a chat function and is licensed to use the technique."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb


class Licensee(models.Model):
    class State(models.TextChoices):
        PREPARED = "prepared", "Being prepared"
        LIVE = "live", "Live"
        SUSPENDED = "suspended", "Suspended"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.PREPARED, State.LIVE): frozenset({Verb.LICENSEE_WENT_LIVE}),
        (State.LIVE, State.SUSPENDED): frozenset({Verb.LICENSEE_SUSPENDED}),
        (State.SUSPENDED, State.LIVE): frozenset({Verb.LICENSEE_RESUMED}),
    }

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    # Begins every case reference, as NW in NW-2031-5.
    code = models.CharField(max_length=6, unique=True)
    jurisdiction = models.CharField(max_length=2, help_text="ISO 3166-1 country of establishment")
    contact_email = models.EmailField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.PREPARED)
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
        ]

    def __str__(self) -> str:
        return self.name

    def about(self) -> About:
        return About(object_type="licensee", object_id=str(self.pk), licensee_id=self.pk)
