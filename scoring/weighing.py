"""What each stretch of a conversation weighed in its newest judged score, and which of its turns are flagged.

A turn is flagged where the machine found a characteristic worth showing, or where it is one of the strongest and
weighed much beside the very strongest. What a long conversation weighed is kept with its score (`scoring.weights`); of
others the ratings are read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scoring.explanation import MOST_MESSAGES
from scoring.explanation_words import Totals, WeighedTurn
from scoring.models.score import CONTRIBUTION_SQL

WEIGHTY_SHARE = 0.33
# So many turns at most are flagged for their weight alone: where hundreds weigh alike none stands out.
MOST_WEIGHTY = 40
COLUMNS = 120
# What is kept is used only for the very ratings that it sums up: not after another model read them, nor after a
# rewriting. Where it is, no rating is read: the condition holds for no row, and is asked once.
WEIGHED = f"""
    WITH score AS (
      SELECT * FROM scoring_score
       WHERE conversation_id = %(conversation)s AND probability IS NOT NULL ORDER BY revision DESC LIMIT 1
    ), kept AS (
      SELECT weights.told
        FROM scoring_conversationweights weights
        JOIN score ON score.revision = weights.revision AND score.model_id = weights.model_id
        JOIN scoring_conversation conversation ON conversation.id = weights.conversation_id
             AND conversation.rated_by_id = weights.model_id
             AND conversation.rewritten_revision <= weights.revision
       WHERE weights.conversation_id = %(conversation)s
    ), turn AS (
      SELECT message.number, message.sender_id, rating.ratings, {CONTRIBUTION_SQL} AS contribution
        FROM scoring_message message
        LEFT JOIN score ON true
        LEFT JOIN scoring_messagerating rating ON rating.message_id = message.id
              AND rating.model_id = score.model_id AND message.number <= score.message_count
       WHERE message.conversation_id = %(conversation)s AND NOT EXISTS (SELECT FROM kept)
    ), beyond AS (
      SELECT coalesce((SELECT contribution FROM turn WHERE contribution > 0
                        ORDER BY contribution DESC OFFSET %(weighty)s LIMIT 1), 0) AS contribution
    ), judged AS (
      SELECT *, ratings <> '{{}}' OR (contribution > (SELECT contribution FROM beyond) AND
                contribution >= %(share)s * (SELECT max(contribution) FROM turn)) AS flagged
        FROM turn
    ), stretch AS (
      SELECT (number - 1) / greatest(1, ((SELECT max(number) FROM turn) + %(columns)s - 1) / %(columns)s) AS place,
             sender_id, min(number) AS number, coalesce(max(contribution), 0) AS contribution,
             count(*) FILTER (WHERE flagged) AS flagged,
             coalesce(sum(contribution) FILTER (WHERE flagged), 0) AS weight
        FROM judged GROUP BY 1, 2 ORDER BY 1, 2
    ), strongest AS (
      SELECT number, contribution, ratings FROM turn WHERE contribution > 0
       ORDER BY contribution DESC, number LIMIT %(most)s
    )
    SELECT (SELECT told::json FROM kept), (SELECT contribution FROM beyond), max(contribution),
           (SELECT json_agg(json_build_array(place, sender_id, number, contribution, flagged, weight)) FROM stretch),
           (SELECT json_agg(json_build_array(number, contribution, ratings)) FROM strongest),
           sum(contribution) FILTER (WHERE contribution > 0), sum(contribution) FILTER (WHERE contribution < 0),
           count(*) FILTER (WHERE contribution > 0), count(*) FILTER (WHERE contribution < 0)
      FROM turn
"""  # noqa: S608 - the expression of scoring/models/score.py only
WEIGHED_COLUMNS = 9
# The flagged turns of the newest judged score, for conditions on their numbers and an order to be added. What makes a
# turn flagged is `Weighing.is_weighty` and the rule above; they are walked in the order of the index.
FLAGGED = f"""
    WITH weighed (told, beyond, strongest) AS ({WEIGHED}), least AS (
      SELECT coalesce((told ->> 'beyond')::float8, beyond) AS beyond,
             %(share)s * coalesce((told ->> 'strongest')::float8, strongest) AS share
        FROM weighed
    )
    SELECT message.number
      FROM scoring_message message
      JOIN scoring_score score ON message.number <= score.message_count AND score.id = (
           SELECT id FROM scoring_score
            WHERE conversation_id = %(conversation)s AND probability IS NOT NULL ORDER BY revision DESC LIMIT 1)
      JOIN scoring_messagerating rating ON rating.message_id = message.id AND rating.model_id = score.model_id
     CROSS JOIN LATERAL (SELECT {CONTRIBUTION_SQL} AS contribution) weighs
     WHERE message.conversation_id = %(conversation)s
       AND (ratings <> '{{}}' OR (contribution > (SELECT beyond FROM least)
                                  AND contribution >= (SELECT share FROM least)))
"""  # noqa: S608 - the expression of scoring/models/score.py only


@dataclass(frozen=True)
class Weighing:
    """The whole conversation as its newest judged score weighed it."""

    # (first turn, strongest contribution and not under 0) of each stretch, in order.
    columns: Sequence[tuple[int, float]] = ()
    strongest: float = 0.0
    # What the strongest turn contributed that is not among the MOST_WEIGHTY; 0 where there are no more.
    beyond: float = 0.0
    flagged: int = 0
    # The account whose flagged turns contributed most; nobody's guilt, only where to look.
    heaviest_sender_id: int | None = None
    # Those that raised the score most, strongest first.
    turns: tuple[WeighedTurn, ...] = ()
    totals: Totals = field(default_factory=Totals)

    def is_weighty(self, contribution: float) -> bool:
        """Whether a turn that contributed so much is flagged for its weight alone."""
        return contribution > self.beyond and contribution >= WEIGHTY_SHARE * self.strongest

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": [[number, round(contribution, 6)] for number, contribution in self.columns],
            "strongest": self.strongest,
            "beyond": self.beyond,
            "flagged": self.flagged,
            "heaviest": self.heaviest_sender_id,
            "turns": [[one.number, one.contribution, one.ratings] for one in self.turns],
            "totals": [*map(float, (self.totals.raised, self.totals.lowered)), *self._counts()],
        }

    def _counts(self) -> tuple[int, int]:
        return self.totals.raising, self.totals.lowering

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Weighing":
        return cls(
            columns=[(number, contribution) for number, contribution in told["columns"]],
            strongest=told["strongest"],
            beyond=told["beyond"],
            flagged=told["flagged"],
            heaviest_sender_id=told["heaviest"],
            turns=turns_of(told["turns"]),
            totals=Totals(*told["totals"]),
        )


def facts(conversation_id: int) -> dict[str, Any]:
    """The parameters of WEIGHED."""
    return {
        "conversation": conversation_id,
        "share": WEIGHTY_SHARE,
        "columns": COLUMNS,
        "weighty": MOST_WEIGHTY,
        "most": MOST_MESSAGES,
    }


def weighing_of(row: Sequence[Any]) -> Weighing:
    """What the one row of WEIGHED says."""
    told, beyond, strongest, stretches, turns, raised, lowered, raising, lowering = row
    if told is not None:
        return Weighing.from_json(told)
    numbers: dict[int, int] = {}
    contributions: dict[int, float] = defaultdict(float)
    weights: dict[int, float] = defaultdict(float)
    flagged = 0
    for place, sender_id, number, contribution, count, weight in stretches or ():
        numbers[place] = min(numbers.get(place, number), number)
        contributions[place] = max(contributions[place], contribution)
        if count:
            weights[sender_id] += weight
            flagged += count
    return Weighing(
        columns=[(numbers[place], contributions[place]) for place in sorted(numbers)],
        strongest=max(0.0, strongest or 0.0),
        beyond=beyond,
        flagged=flagged,
        heaviest_sender_id=heaviest(weights),
        turns=turns_of(turns or ()),
        totals=Totals(raised or 0.0, lowered or 0.0, raising, lowering),
    )


def heaviest(weights: dict[int, float]) -> int | None:
    return max(weights, key=lambda sender_id: (weights[sender_id], -sender_id)) if weights else None


def turns_of(rows: Iterable[Sequence[Any]]) -> tuple[WeighedTurn, ...]:
    """The platform's own ids are not needed to say why, so they are not kept here."""
    return tuple(WeighedTurn(number, "", contribution, ratings) for number, contribution, ratings in rows)
