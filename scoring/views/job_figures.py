"""A job in figures: how far, how quick, how long still. Counts only, never what was sent."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.words import in_words
from scoring.models import BulkJob

State = BulkJob.State


@dataclass(frozen=True)
class JobFigures:
    job: BulkJob

    @property
    def percent(self) -> int:
        """Whole only when it is done."""
        if self.job.state == State.DONE:
            return 100
        return min(99, round(100 * self.job.lines_done / self.job.lines)) if self.job.lines else 0

    @property
    def figure(self) -> str:
        return f"{self.job.lines_done:,} of {self.job.lines:,} lines"

    @property
    def bar(self) -> dict[str, Any]:
        return {"label": self.job.get_state_display(), "percent": self.percent, "figure": self.figure}

    @property
    def seconds(self) -> float:
        """Since it began; where it is over, until then. A pause counts as well."""
        if self.job.began_at is None:
            return 0
        end = self.job.finished_at or timezone.now()
        return max(0.1, (end - self.job.began_at).total_seconds())

    @property
    def rate(self) -> str:
        """Messages a second, so far."""
        done = self.job.messages_accepted + self.job.messages_duplicate
        return f"{done / self.seconds:,.0f} messages a second" if self.seconds and done else "not known yet"

    @property
    def remaining(self) -> str:
        if self.job.state != State.RUNNING:
            return ""
        if not self.seconds or not self.job.lines_done:
            return "not known yet"
        left = self.seconds * (self.job.lines - self.job.lines_done) / self.job.lines_done
        return f"about {in_words(timedelta(seconds=left))}"

    @property
    def facts(self) -> list[dict[str, str]]:
        job = self.job
        return [
            {"label": "Licensee", "value": job.licensee.name},
            {"label": "Priority", "value": job.get_priority_display()},
            {"label": "Size", "value": f"{job.bytes / 1_000_000:,.1f} MB", "note": f"{job.lines:,} lines"},
            {"label": "Rate", "value": self.rate},
            *([{"label": "Remaining", "value": self.remaining}] if self.remaining else []),
        ]

    @property
    def counts(self) -> list[tuple[str, int, int, int | str]]:
        """(what, accepted, duplicate, refused)"""
        job = self.job
        conversations = (
            job.conversations_accepted,
            job.conversations_duplicate,
            job.conversations_refused,
        )
        return [
            ("Conversations", *conversations),
            ("Messages", job.messages_accepted, job.messages_duplicate, "–"),
        ]

    @property
    def may(self) -> frozenset[str]:
        """The acts that its state allows."""
        acts = {
            State.RECEIVING: {"cancel"},
            State.RUNNING: {"pause", "cancel"},
            State.PAUSED: {"resume", "cancel"},
        }
        return frozenset(acts.get(State(self.job.state), set()))
