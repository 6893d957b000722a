"""Acts that several tests of platforms begin with."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from platforms.asking import CLOCKS_APART, ask_platforms
from platforms.models import Event, UnreadDecision
from review.models import Case, Decision
from review.policies import TAKEN_BACK_WITHIN
from review.queue import claim
from review.tests.acts import revision_of
from review.workflow import decide

BLOCK = {"disposition": "platform_action", "platform_action": "block"}
WARN = {"disposition": "platform_action", "platform_action": "warn"}
NOTHING = {"disposition": "no_action", "reason": "peers"}


def acted_on(case: Case, by: User, subjects: Sequence[int] = (0,), **said: Any) -> Decision:
    claim(case_id=case.pk, by=by)
    said = said or BLOCK
    named = subjects if said["disposition"] == "platform_action" else ()
    return decide(case_id=case.pk, by=by, seen_revision=revision_of(case), subjects=named, **said)


def seconds_pass(monkeypatch: Any, seconds: float | None = None) -> None:
    """The clock goes on: by what it takes until nothing can be taken back."""
    ahead = timedelta(seconds=seconds) if seconds else TAKEN_BACK_WITHIN + CLOCKS_APART + timedelta(seconds=1)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + ahead)


def asked(monkeypatch: Any) -> list[Event]:
    """All events, once the seconds of the last decision are over."""
    with monkeypatch.context() as later:
        seconds_pass(later)
        ask_platforms()
    assert not UnreadDecision.objects.exists()
    return list(Event.objects.order_by("number"))
