"""All figures at one moment, kept for two days, so that the page can draw them."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

KEPT_FOR = timedelta(days=2)


class Sample(models.Model):
    """`values`: {the key of a reading: its value}."""

    at = models.DateTimeField(default=timezone.now, unique=True)
    values = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at"]

    def __str__(self) -> str:
        return f"sample of {self.at:%Y-%m-%d %H:%M}"
