"""Registered models: digest checked before loading, one champion, promoted by a person only."""

import hashlib
from functools import lru_cache
from typing import Any

import structlog
from django.db import transaction

from accounts.models import User
from audit.record import Actor, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from scoring.models import ModelArtifact, ModelVersion
from scoring.pipeline import Model, ModelFileError

log = structlog.get_logger(__name__)


class NoChampion(Exception):
    """No model was promoted yet, so nothing can be scored; conversations wait."""


class ModelDamaged(Exception):
    """The stored bytes are not those that were registered."""


def register(*, model: Model, name: str, card: dict[str, Any], by: Actor) -> ModelVersion:
    """Store the model's bytes under their SHA-256. The same bytes again are the same model."""
    artifact = model.to_bytes()
    digest = hashlib.sha256(artifact).hexdigest()
    with transaction.atomic():
        version, is_new = ModelVersion.objects.get_or_create(
            digest=digest,
            defaults={
                "name": name,
                "card": card,
                "is_demonstration": model.demonstration,
            },
        )
        if is_new:
            ModelArtifact.objects.create(version=version, data=artifact)
            record(Verb.MODEL_REGISTERED, by=by, about=version.about(), payload={"digest": digest})
    return version


def promote(*, model_id: int, by: User) -> ModelVersion:
    """Make this the model that scores from now on; the former champion retires and can be promoted again."""
    with transaction.atomic():
        # All candidates in one order, so that two people promoting at once do not deadlock.
        versions = {
            version.pk: version
            for version in ModelVersion.objects.select_for_update()
            .filter(pk__in=[model_id, *_champion_ids()])
            .order_by("pk")
        }
        chosen = versions[model_id]
        if chosen.state == ModelVersion.State.CHAMPION:
            raise NotPossible("This model is already the one that scores.", about=chosen.about())
        for version in versions.values():
            if version.state == ModelVersion.State.CHAMPION:
                transition(version, to=ModelVersion.State.RETIRED, by=by, verb=Verb.MODEL_PROMOTED)
        return transition(
            chosen,
            to=ModelVersion.State.CHAMPION,
            by=by,
            verb=Verb.MODEL_PROMOTED,
            payload={"digest": chosen.digest},
        )


def champion() -> tuple[ModelVersion, Model]:
    """The model that scores; loaded once per process and digest."""
    version = ModelVersion.objects.defer("card").filter(state=ModelVersion.State.CHAMPION).first()
    if version is None:
        raise NoChampion("No model is champion: train one (manage.py train_model) and promote it.")
    return version, _load(version.pk, version.digest)


def model_of(model_id: int) -> Model | None:
    """The model that gave an older score, to explain it; None if its bytes are not those that were registered."""
    return _load_if_whole(model_id)


@lru_cache(maxsize=8)
def _load_if_whole(model_id: int) -> Model | None:
    digest = ModelVersion.objects.values_list("digest", flat=True).get(pk=model_id)
    try:
        return _load(model_id, digest)
    except (ModelDamaged, ModelFileError, ModelArtifact.DoesNotExist) as damage:
        log.error("model cannot explain its scores", model=model_id, damage=type(damage).__name__)
        return None


@lru_cache(maxsize=2)
def _load(model_id: int, digest: str) -> Model:
    artifact = bytes(ModelArtifact.objects.values_list("data", flat=True).get(pk=model_id))
    if hashlib.sha256(artifact).hexdigest() != digest:
        raise ModelDamaged(
            f"Model {model_id} is not the one that was registered as {digest[:8]}; do not use it."
        )
    return Model.from_bytes(artifact)


def _champion_ids() -> list[int]:
    champions = ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION)
    return list(champions.values_list("pk", flat=True))
