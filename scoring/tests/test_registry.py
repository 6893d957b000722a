"""Models: what was registered is what scores, and a person says which."""

import pytest

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from scoring import registry
from scoring.models import ModelArtifact, ModelVersion
from scoring.pipeline import Model
from tests.people import TESTS


def test_the_same_bytes_are_the_same_model(sample_model: Model, db):
    first = registry.register(model=sample_model, name="a", card={}, by=TESTS)
    assert registry.register(model=sample_model, name="a", card={}, by=TESTS) == first
    assert AuditEvent.objects.filter(verb=Verb.MODEL_REGISTERED).count() == 1


def test_changed_bytes_do_not_load(sample_model: Model, champion: ModelVersion):
    ModelArtifact.objects.update(data=b"x" + sample_model.to_bytes())
    registry._load.cache_clear()
    with pytest.raises(registry.ModelDamaged):
        registry.champion()


def test_promoting_retires_the_former_champion_and_can_be_taken_back(champion: ModelVersion, adam: User):
    other = ModelVersion.objects.create(name="other", digest="f" * 64)
    registry.promote(model_id=other.pk, by=adam)
    states = dict(ModelVersion.objects.values_list("pk", "state"))
    assert states == {champion.pk: "retired", other.pk: "champion"}
    registry.promote(model_id=champion.pk, by=adam)
    assert ModelVersion.objects.get(state="champion") == champion


def test_the_champion_cannot_be_promoted_again(champion: ModelVersion, adam: User):
    events = AuditEvent.objects.count()
    with pytest.raises(NotPossible, match="already the one that scores"):
        registry.promote(model_id=champion.pk, by=adam)
    assert AuditEvent.objects.count() == events
