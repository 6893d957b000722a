"""The challenger scores what the champion scored, after the champion's results are safe: for comparison only.

It never flags, opens no case and is told to nobody. Whatever goes wrong with it is logged by type, counted, and over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction

from licensees.models import Policy
from scoring import registry
from scoring.bulk import insert_objects
from scoring.keeping import keep_states, policies_of
from scoring.models import ModelVersion, ShadowScore
from scoring.pipeline import Judgement, Model
from scoring.progress import Progress
from scoring.unread import Leased, Piece

Opened = tuple[Leased, Sequence[Piece]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Shadowed:
    """One conversation after the challenger read it."""

    progress: Progress
    judgement: Judgement


def shadow(opened: Sequence[Opened], version: ModelVersion, model: Model) -> None:
    """Score conversations that were opened for the champion; a fault of one is no other's."""
    judged = [one for one in (_judged(each, version, model) for each in opened) if one is not None]
    policies = policies_of(leased.conversation for leased, _ in opened)
    kept = len(judged) if _is_kept(judged, version, policies) else _kept_alone(judged, version, policies)
    if kept < len(opened):
        registry.count_shadow_faults(version, len(opened) - kept)


def _judged(opened: Opened, version: ModelVersion, model: Model) -> Shadowed | None:
    leased, pieces = opened
    progress = Progress(leased, model, leased.usable.get(version.pk))
    try:
        for piece in pieces:
            progress.take(piece)
        return Shadowed(progress, progress.judge())
    except Exception as fault:
        _log(fault, leased)
        return None


def _kept_alone(judged: Sequence[Shadowed], version: ModelVersion, policies: dict[int, Policy]) -> int:
    return sum(_is_kept([one], version, policies) for one in judged)


def _is_kept(judged: Sequence[Shadowed], version: ModelVersion, policies: dict[int, Policy]) -> bool:
    try:
        with transaction.atomic():
            insert_objects([_score(one, version, policies) for one in judged])
            keep_states([one.progress for one in judged], version)
    except Exception as fault:
        if len(judged) == 1:
            _log(fault, judged[0].progress.leased)
        return False
    return True


def _score(one: Shadowed, version: ModelVersion, policies: dict[int, Policy]) -> ShadowScore:
    leased, probability = one.progress.leased, one.judgement.probability
    threshold = policies[leased.conversation.licensee_id].flag_threshold
    return ShadowScore(
        conversation_id=leased.conversation.pk,
        revision=leased.lease.revision,
        model=version,
        probability=probability,
        abstained=one.judgement.abstained or "",
        would_flag=probability is not None and probability >= threshold,
    )


def _log(fault: Any, leased: Leased) -> None:
    # The type only: the message of an exception may quote the conversation.
    log.warning("challenger failed", conversation=leased.conversation.pk, fault=type(fault).__name__)
