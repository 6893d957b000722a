"""Stores what the champion made of the leased conversations: score, evidence, state, weekly counters and the mark that
says done, all in one transaction under the conversations' locks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from licensees.models import Policy
from scoring import arrivals, drift
from scoring.arrivals import Raised, highest_after
from scoring.bulk import insert_objects, put_rows
from scoring.drift import Counted
from scoring.evidence import seal_state
from scoring.leases import is_wanted, lock, mark_done
from scoring.models import Conversation, ConversationState, MessageRating, ModelVersion, Score
from scoring.pipeline import Judgement, band
from scoring.progress import Progress
from scoring.weights import keep_weights

RATING_COLUMNS = ("message_id", "conversation_id", "model_id", "evidence", "weight", "ratings")
STATE_COLUMNS = ("conversation_id", "model_id", "revision", "messages", "data")
# A score by its place in the history of a conversation.
AT_REVISION = """
    SELECT score.* FROM unnest(%s::bigint[], %s::int[]) AS named (conversation_id, revision)
      JOIN scoring_score score USING (conversation_id, revision)
"""


@dataclass(frozen=True)
class Judged:
    """One conversation after the champion read it."""

    progress: Progress
    judgement: Judgement

    @property
    def conversation_id(self) -> int:
        return self.progress.leased.lease.conversation_id


def keep(judged: Sequence[Judged], version: ModelVersion) -> list[Judged]:
    """Answers those that were kept. The others were scored by somebody else meanwhile, or rewritten, which made them
    pending once more: nothing of them is stored."""
    policies = policies_of(one.progress.leased.conversation for one in judged)
    with transaction.atomic():
        rows = lock([one.progress.leased.lease for one in judged])
        kept = [one for one in judged if _may_keep(one, rows.get(one.conversation_id), version)]
        before = _scores_before([rows[one.conversation_id] for one in kept])
        scores = [
            _score(
                one, version, policies[rows[one.conversation_id].licensee_id], before.get(one.conversation_id)
            )
            for one in kept
        ]
        insert_objects(scores)
        _keep_evidence(kept, version)
        keep_states([one.progress for one in kept], version)
        mark_done([(one.progress.leased.lease, rows[one.conversation_id]) for one in kept], version)
        keep_weights(scores, rows, {one.conversation_id for one in kept if one.progress.before is None})
        arrivals.count(_raised(scores, rows, before))
        drift.count(version, _counted(kept, scores, before, version))
    return kept


def policies_of(conversations: Any) -> dict[int, Policy]:
    """The thresholds that each licensee has in force at this moment."""
    licensee_ids = {conversation.licensee_id for conversation in conversations}
    return {licensee_id: Policy.objects.in_force(licensee_id) for licensee_id in licensee_ids}


def _may_keep(one: Judged, row: Conversation | None, version: ModelVersion) -> bool:
    """What goes on from earlier messages needs that these still carry this model's evidence: another champion may have
    read them since."""
    if row is None or not is_wanted(one.progress.leased.lease, row):
        return False
    return one.progress.before is None or row.rated_by_id == version.pk


def _scores_before(rows: Sequence[Conversation]) -> dict[int, Score]:
    pairs = [[row.pk for row in rows], [row.scored_revision for row in rows]]
    return {score.conversation_id: score for score in Score.objects.raw(AT_REVISION, pairs)}


def _score(one: Judged, version: ModelVersion, policy: Policy, before: Score | None) -> Score:
    lease = one.progress.leased.lease
    return Score(
        conversation_id=lease.conversation_id,
        revision=lease.revision,
        message_count=lease.message_count,
        model=version,
        threshold=policy.flag_threshold,
        imminent_threshold=policy.imminent_threshold,
        highest=highest_after(before, one.judgement.probability),
        **_judgement(one.judgement, policy),
    )


def _judgement(judgement: Judgement, policy: Policy) -> dict[str, Any]:
    probability = judgement.probability
    if probability is None:
        return {"abstained": judgement.abstained}
    return {
        "probability": probability,
        "band": band(probability, policy.flag_threshold, policy.imminent_threshold),
        "flagged": probability >= policy.flag_threshold,
        "characteristics": dict(judgement.characteristics),
        "base": judgement.base,
        "logit": judgement.logit,
        "whole_factor": judgement.whole_factor,
        "window_factor": judgement.window_factor,
        "window_first": judgement.window_first,
        "window_last": judgement.window_last,
        "peaks": {str(number): extra for number, extra in judgement.peaks.items()},
    }


def _keep_evidence(kept: Sequence[Judged], version: ModelVersion) -> None:
    rows = [
        (message_id, one.conversation_id, version.pk, evidence, weight, ratings)
        for one in kept
        for message_id, evidence, weight, ratings in one.progress.evidence
    ]
    put_rows(MessageRating, RATING_COLUMNS, rows, key=["message_id"])


def keep_states(progress: Sequence[Progress], version: ModelVersion) -> None:
    """A later state is never overwritten by an earlier one."""
    rows = []
    for one in progress:
        conversation, state = one.leased.conversation, one.reached
        sealed = seal_state(conversation, model_id=version.pk, state=state.to_bytes())
        rows.append((conversation.pk, version.pk, one.leased.lease.revision, state.messages, sealed))
    put_rows(ConversationState, STATE_COLUMNS, rows, key=["conversation_id", "model_id"], newer="revision")


def _raised(
    scores: Sequence[Score], rows: dict[int, Conversation], before: dict[int, Score]
) -> Iterator[Raised]:
    for score in scores:
        earlier = before.get(score.conversation_id)
        yield Raised(rows[score.conversation_id].licensee_id, score, earlier.highest if earlier else None)


def _counted(
    kept: Sequence[Judged], scores: Sequence[Score], before: dict[int, Score], version: ModelVersion
) -> list[Counted]:
    return [
        _count_of(one, score, before.get(one.conversation_id), version)
        for one, score in zip(kept, scores, strict=True)
    ]


def _count_of(one: Judged, score: Score, before: Score | None, version: ModelVersion) -> Counted:
    """What is new since this model read the conversation last, also where it had to read all of it again."""
    leased, now = one.progress.leased, one.progress.reached
    then = leased.states.get(version.pk)
    return Counted(
        licensee_id=leased.conversation.licensee_id,
        score=score,
        before=before,
        messages=max(0, now.messages - (then.messages if then else 0)),
        words=max(0, now.amount.words - (then.amount.words if then else 0)),
        known_words=max(0, now.amount.known_words - (then.amount.known_words if then else 0)),
    )
