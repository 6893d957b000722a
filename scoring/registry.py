"""Registered models: digest checked before loading; which one scores and which is compared is a person's act."""

import hashlib
from functools import lru_cache
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F

from accounts.models import User
from audit.record import Actor, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from scoring.models import ModelArtifact, ModelEvaluation, ModelVersion
from scoring.pipeline import Model, ModelFileError

State = ModelVersion.State
# Champion, challenger, and one that explains an older score.
LOADED_AT_ONCE = 3

log = structlog.get_logger(__name__)


class NoChampion(Exception):
    """No model was promoted yet, so nothing can be scored; conversations wait."""


class ModelDamaged(Exception):
    """The stored bytes are not those that were registered."""


# --- What people do ----------------------------------------------------------------------------


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


def keep_evaluation(*, model_id: int, card: dict[str, Any], corpus_digest: str, by: Actor) -> ModelEvaluation:
    """Keep what an evaluation run measured: `card` as JSON holds counts and figures, never text."""
    with transaction.atomic():
        version = ModelVersion.objects.get(pk=model_id)
        evaluation = ModelEvaluation.objects.create(
            model=version, card=card, corpus_digest=corpus_digest, created_by=by.actor_name
        )
        payload = {"evaluation": evaluation.pk, "corpus_digest": corpus_digest}
        record(Verb.MODEL_EVALUATED, by=by, about=version.about(), payload=payload)
    return evaluation


def promote(*, model_id: int, by: User) -> ModelVersion:
    """Make this the model that scores from now on; the former champion retires and can be promoted again."""
    with transaction.atomic():
        versions = _locked()
        former = _in_state(versions, State.CHAMPION)
        return _replace(former, versions[model_id], by=by, verb=Verb.MODEL_PROMOTED, predecessor=former)


def roll_back(*, model_id: int, by: User) -> ModelVersion:
    """Let the champion before this one score again. `model_id` is the champion that the person saw, so that two
    people who roll back at once go back one step and not two."""
    with transaction.atomic():
        versions = _locked()
        seen = versions[model_id]
        if seen.state != State.CHAMPION:
            raise NotPossible(
                "This model does not score any more. Reload the page to see which one does.",
                about=seen.about(),
            )
        former = versions.get(seen.predecessor_id or 0)
        if former is None:
            raise NotPossible(
                "No model scored before this one, so there is none to bring back. Promote another instead.",
                about=seen.about(),
            )
        return _replace(seen, former, by=by, verb=Verb.MODEL_ROLLED_BACK)


def name_challenger(*, model_id: int, by: User) -> ModelVersion:
    """Let this model score the same traffic beside the champion, for comparison: nobody's case depends on it."""
    with transaction.atomic():
        versions = _locked()
        chosen, other = versions[model_id], _in_state(versions, State.CHALLENGER)
        if chosen.state == State.CHAMPION:
            raise NotPossible(
                "This model scores already. Choose another to compare it with.", about=chosen.about()
            )
        if other is not None:
            raise NotPossible(f"{other} is the challenger. Withdraw it first.", about=chosen.about())
        return transition(
            chosen,
            to=State.CHALLENGER,
            by=by,
            verb=Verb.MODEL_CHALLENGER_NAMED,
            payload={"digest": chosen.digest},
            shadow_faults=0,
        )


def withdraw_challenger(*, model_id: int, by: User) -> ModelVersion:
    """End the comparison. What was compared so far can still be looked at."""
    with transaction.atomic():
        chosen = _locked()[model_id]
        if chosen.state != State.CHALLENGER:
            raise NotPossible(
                "This model is not the challenger, so there is nothing to withdraw.", about=chosen.about()
            )
        return transition(
            chosen,
            to=State.RETIRED,
            by=by,
            verb=Verb.MODEL_CHALLENGER_WITHDRAWN,
            payload={"digest": chosen.digest},
        )


def _locked() -> dict[int, ModelVersion]:
    """All models, which are few, in one order: two people who choose at once take turns. Scores may go on being
    stored, since their foreign keys need only that the model's key stays."""
    rows = ModelVersion.objects.select_for_update(no_key=True).defer("card").order_by("pk")
    return {version.pk: version for version in rows}


def _in_state(versions: dict[int, ModelVersion], state: State) -> ModelVersion | None:
    return next((version for version in versions.values() if version.state == state), None)


def _replace(
    former: ModelVersion | None, chosen: ModelVersion, *, by: User, verb: Verb, **changes: Any
) -> ModelVersion:
    if chosen.state == State.CHAMPION:
        raise NotPossible("This model is already the one that scores.", about=chosen.about())
    if former is not None:
        transition(former, to=State.RETIRED, by=by, verb=verb)
    return transition(
        chosen, to=State.CHAMPION, by=by, verb=verb, payload={"digest": chosen.digest}, **changes
    )


# --- What the machine asks ---------------------------------------------------------------------


def champion() -> tuple[ModelVersion, Model]:
    """The model that scores; loaded once per process and digest."""
    version = _version(State.CHAMPION)
    if version is None:
        raise NoChampion("No model is champion: train one (manage.py train_model) and promote it.")
    return version, _load(version.pk, version.digest)


def challenger() -> tuple[ModelVersion, Model] | None:
    """The model that is compared, if there is one and its bytes are whole. It may never hold up the champion."""
    version = _version(State.CHALLENGER)
    model = None if version is None else _load_if_whole(version.pk)
    return None if version is None or model is None else (version, model)


def count_shadow_faults(version: ModelVersion, count: int) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(shadow_faults=F("shadow_faults") + count)


def model_of(model_id: int) -> Model | None:
    """The model that gave an older score, to explain it; None if its bytes are not those that were registered."""
    return _load_if_whole(model_id)


def _version(state: State) -> ModelVersion | None:
    return ModelVersion.objects.defer("card").filter(state=state).first()


@lru_cache(maxsize=8)
def _load_if_whole(model_id: int) -> Model | None:
    digest = ModelVersion.objects.values_list("digest", flat=True).get(pk=model_id)
    try:
        return _load(model_id, digest)
    except (ModelDamaged, ModelFileError, ModelArtifact.DoesNotExist) as damage:
        log.error("model cannot be used", model=model_id, damage=type(damage).__name__)
        return None


@lru_cache(maxsize=LOADED_AT_ONCE)
def _load(model_id: int, digest: str) -> Model:
    artifact = bytes(ModelArtifact.objects.values_list("data", flat=True).get(pk=model_id))
    if hashlib.sha256(artifact).hexdigest() != digest:
        raise ModelDamaged(
            f"Model {model_id} is not the one that was registered as {digest[:8]}; do not use it."
        )
    return Model.from_bytes(artifact)
