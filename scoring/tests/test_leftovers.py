"""What only served a comparison, or a model that is out of use, goes by itself; what may be needed stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from scoring import leftovers, registry
from scoring.models import ConversationState, ModelVersion, ShadowScore
from scoring.tasks import forget_leftovers
from tests.factories import make_conversation

pytestmark = pytest.mark.django_db


def make_model(name: str) -> ModelVersion:
    return ModelVersion.objects.create(name=name, digest=name.ljust(64, "0"))


def test_shadow_scores_go_when_they_are_too_old_to_compare(northwind: Licensee):
    model = make_model("one")
    for number, days in enumerate([1, leftovers.SHADOW_DAYS + 1]):
        ShadowScore.objects.create(
            conversation=make_conversation(northwind, external_id=f"c{number}"),
            revision=1,
            model=model,
            abstained="too_short",
            scored_at=timezone.now() - timedelta(days=days),
        )
    assert leftovers.forget_old_shadows() == 1
    assert ShadowScore.objects.get().conversation.external_id == "c0"


def test_states_stay_of_what_scores_is_compared_or_may_come_back(
    northwind: Licensee, adam: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leftovers, "ROWS_AT_ONCE", 1)
    models = [make_model(name) for name in ("oldest", "former", "champion", "challenger", "registered")]
    for model in models[:3]:
        registry.promote(model_id=model.pk, by=adam)
    registry.name_challenger(model_id=models[3].pk, by=adam)
    conversation = make_conversation(northwind)
    for model in models:
        ConversationState.objects.create(
            conversation=conversation, model=model, revision=1, messages=8, data=b""
        )
    forget_leftovers()
    kept = set(ConversationState.objects.values_list("model__name", flat=True))
    assert kept == {"former", "champion", "challenger"}
