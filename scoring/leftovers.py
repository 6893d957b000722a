"""Forgets what nobody needs any more: old shadow scores, and states of models that neither score nor are compared."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from scoring.models import ConversationState, ModelVersion, ShadowScore

SHADOW_DAYS = 90
# A statement of this size ends well within the statement timeout.
ROWS_AT_ONCE = 5_000
State = ModelVersion.State


def forget_old_shadows() -> int:
    """Answers how many rows went. Decisions on what was compared take weeks, so rows stay for three months."""
    return _delete(ShadowScore.objects.filter(scored_at__lt=timezone.now() - timedelta(days=SHADOW_DAYS)))


def forget_unused_states() -> int:
    """States of the champion, of the challenger and of the model that a roll-back would bring back stay. A model that
    comes back later reads each conversation once more when it next changes."""
    in_use = ModelVersion.objects.filter(state__in=(State.CHAMPION, State.CHALLENGER))
    kept = {pk for pair in in_use.values_list("pk", "predecessor_id") for pk in pair if pk is not None}
    return _delete(ConversationState.objects.exclude(model__in=kept))


def _delete(rows: QuerySet[Any]) -> int:
    """In parts of their own, so that no transaction lasts and what was deleted stays so."""
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
