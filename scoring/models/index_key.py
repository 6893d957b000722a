"""The key of a licensee's blind index, under which accounts are found by their exact id."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from licensees.models import Licensee
from scoring.models.data_key import DataKey


class IndexKey(models.Model):
    """The newest indexes from its making on; an older one still finds what it indexed until that is indexed anew."""

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    # Wrapped like every key here: the database never sees it.
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # When another took its place; and when nothing was left that it had indexed, and it was destroyed.
    replaced_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["licensee"], condition=models.Q(replaced_at=None), name="index_key_one_in_use"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None) | models.Q(replaced_at__isnull=False),
                name="index_key_replaced_before_retired",
            ),
        ]

    def __str__(self) -> str:
        return f"index key {self.pk}"
