"""Users' reports that intake has not looked at yet: a queue, as that of the scores is."""

from typing import Any, ClassVar

from django.db import models

from scoring.models import UserReport


class UnseenReport(models.Model):
    """Put here by a trigger on the reports, in the report's own transaction; taken away by intake."""

    report = models.OneToOneField(UserReport, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"unseen report {self.report_id}"
