"""Flagged scores that intake has not looked at yet: a queue, so that its work grows with new scores only."""

from typing import Any, ClassVar

from django.db import models

from scoring.models import Score


class UnseenScore(models.Model):
    """Put here by a trigger on the scores (migration 0002), in the score's own transaction; taken away by intake.

    Not `id > last`: ids commit out of order. Not a mark on the score: scoring does not know who reads it.
    """

    score = models.OneToOneField(Score, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"unseen score {self.score_id}"
