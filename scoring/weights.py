"""Keeps what a long flagged conversation weighs beside its score, at the cost of what is new in it.

`Sums` do not depend on how a score weighs evidence: they are only added to. A score then weighs all messages alike but
those of its window and its peaks, a hundred at most; these and the strongest of the others are read one by one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from scoring.bulk import put_rows
from scoring.explanation import MOST_MESSAGES
from scoring.explanation_words import Totals
from scoring.models import Conversation, ConversationWeights, Message, MessageRating, Score
from scoring.models.score import weighed_apart
from scoring.weighing import MOST_WEIGHTY, Weighing, heaviest, turns_of

# Shorter ones are read from their ratings as quickly.
LONG = 200
# A stretch doubles its length when there would be more of them.
MOST_STRETCHES = 160
KEPT_COLUMNS = ("conversation_id", "model_id", "revision", "messages", "sums", "told")
NEW = """
    SELECT (message.number - 1) / %s, message.sender_id, max(evidence),
           count(*) FILTER (WHERE ratings <> '{}'), coalesce(sum(evidence) FILTER (WHERE ratings <> '{}'), 0),
           coalesce(sum(evidence) FILTER (WHERE evidence > 0), 0),
           coalesce(sum(evidence) FILTER (WHERE evidence < 0), 0),
           count(*) FILTER (WHERE evidence > 0), count(*) FILTER (WHERE evidence < 0)
      FROM scoring_message message
      JOIN scoring_messagerating rating ON rating.message_id = message.id AND rating.model_id = %s
     WHERE message.conversation_id = %s AND message.number > %s AND message.number <= %s
     GROUP BY 1, 2
"""


@dataclass
class Sums:
    """Evidence by stretch and by account, before any score weighs it."""

    length: int = 1
    # The highest evidence of each stretch of `length` messages, or 0: what lowers the score draws nothing.
    highest: list[float] = field(default_factory=list)
    # {account: how many of its messages are rated, and their evidence}
    rated: dict[int, tuple[int, float]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def to_json(self) -> dict[str, Any]:
        rated = [[sender, count, evidence] for sender, (count, evidence) in self.rated.items()]
        totals = _numbers(self.totals)
        return {"length": self.length, "highest": self.highest, "rated": rated, "totals": totals}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Sums":
        rated = {sender: (count, evidence) for sender, count, evidence in kept["rated"]}
        return cls(kept["length"], kept["highest"], rated, Totals(*kept["totals"]))

    def make_room(self, messages: int) -> None:
        """Two stretches become one until there are few enough for so many messages."""
        while -(-messages // self.length) > MOST_STRETCHES:
            self.highest = [max(self.highest[place : place + 2]) for place in range(0, len(self.highest), 2)]
            self.length *= 2
        self.highest += [0.0] * (-(-messages // self.length) - len(self.highest))

    def add(self, score: Score, *, after: int) -> None:
        """The messages of the score that follow the first `after`."""
        self.make_room(score.message_count)
        one = self.totals
        named = [self.length, score.model_id, score.conversation_id, after, score.message_count]
        for place, sender, highest, count, evidence, *totals in _rows(NEW, named):
            self.highest[place] = max(self.highest[place], highest)
            if count:
                before, sum_before = self.rated.get(sender, (0, 0.0))
                self.rated[sender] = (before + count, sum_before + evidence)
            one = Totals(*(have + more for have, more in zip(_numbers(one), totals, strict=True)))
        self.totals = one


@dataclass(frozen=True)
class Weighed:
    """A message that is looked at by itself. `is_apart`: this score weighs it in its own way."""

    is_apart: bool
    number: int
    sender_id: int
    evidence: float
    ratings: Mapping[str, float]
    contribution: float


def keep_weights(
    scores: Sequence[Score], conversations: Mapping[int, Conversation], rated_again: Collection[int]
) -> None:
    """For the long ones that are flagged, or were; the conversations are locked, and their ratings stored.

    `rated_again`: conversations whose earlier messages were read anew, so that nothing of the sums holds.
    """
    long_ones = [one for one in scores if one.message_count > LONG and one.probability is not None]
    if not long_ones:
        return
    kept = ConversationWeights.objects.in_bulk([one.conversation_id for one in long_ones])
    rows = []
    for score in long_ones:
        before = kept.get(score.conversation_id)
        if before is None and not score.flagged:
            continue
        goes_on = (
            before is not None
            and score.conversation_id not in rated_again
            and before.model_id == score.model_id
            and conversations[score.conversation_id].rewritten_revision <= before.revision
        )
        sums = Sums.from_json(before.sums) if before and goes_on else Sums()
        sums.add(score, after=before.messages if before and goes_on else 0)
        told = Jsonb(_weighed(score, sums).to_json())
        named = (score.conversation_id, score.model_id, score.revision, score.message_count)
        rows.append((*named, Jsonb(sums.to_json()), told))
    put_rows(ConversationWeights, KEPT_COLUMNS, rows, key=["conversation_id"])


def _weighed(score: Score, sums: Sums) -> Weighing:
    """What this score makes of the sums."""
    looked_at = _looked_at(score)
    apart = [one for one in looked_at if one.is_apart]
    columns = [score.whole_factor * highest for highest in sums.highest]
    for one in apart:
        place = (one.number - 1) // sums.length
        columns[place] = max(columns[place], one.contribution)
    raising = sorted(
        (one for one in looked_at if one.contribution > 0), key=lambda one: (-one.contribution, one.number)
    )
    weighing = Weighing(
        columns=[(place * sums.length + 1, contribution) for place, contribution in enumerate(columns)],
        strongest=max(columns, default=0.0),
        beyond=raising[MOST_WEIGHTY].contribution if len(raising) > MOST_WEIGHTY else 0.0,
        turns=turns_of((one.number, one.contribution, one.ratings) for one in raising[:MOST_MESSAGES]),
        totals=_totals(sums.totals, apart, score.whole_factor),
    )
    return _with_flagged(weighing, score.whole_factor, sums, looked_at)


def _looked_at(score: Score) -> list[Weighed]:
    """Those of its window and its peaks, and as many of the others as may be flagged for their weight, and one more."""
    apart = set(weighed_apart(score))
    others = MessageRating.objects.filter(conversation_id=score.conversation_id, model_id=score.model_id)
    others = others.filter(evidence__gt=0).exclude(pk__in=apart).order_by("-evidence")
    strongest = list(others.values_list("pk", flat=True)[: MOST_WEIGHTY + 1])
    # Found by their ids alone, without a join: told the conversation, the planner may read all of its messages.
    chosen = [*apart, *strongest]
    places = {pk: place for pk, *place in _by_id(Message, chosen, "number", "sender_id")}
    found = []
    for pk, evidence, ratings in _by_id(MessageRating, chosen, "evidence", "ratings"):
        number, sender = places[pk]
        if number <= score.message_count:
            contribution = score.contribution(number, evidence)
            found.append(Weighed(pk in apart, number, sender, evidence, ratings, contribution))
    return found


def _by_id(model: type[Message] | type[MessageRating], chosen: Sequence[int], *columns: str) -> list[Any]:
    return list(model.objects.filter(pk__in=chosen).values_list("pk", *columns))


def _with_flagged(weighing: Weighing, whole: float, sums: Sums, looked_at: Sequence[Weighed]) -> Weighing:
    """And how many turns are flagged, and whose contributed most."""
    flagged = sum(count for count, _ in sums.rated.values())
    weights = {sender: whole * evidence for sender, (_, evidence) in sums.rated.items()}
    for one in looked_at:
        if one.ratings:
            weights[one.sender_id] += one.contribution - whole * one.evidence
        elif weighing.is_weighty(one.contribution):
            flagged += 1
            weights[one.sender_id] = weights.get(one.sender_id, 0.0) + one.contribution
    return replace(weighing, flagged=flagged, heaviest_sender_id=heaviest(weights))


def _totals(plain: Totals, apart: Sequence[Weighed], whole: float) -> Totals:
    """Those apart were counted with their evidence; they count with what they contributed."""
    change = [0.0, 0.0, 0, 0]
    for one in apart:
        counted, counts = whole * one.evidence, one.contribution
        change[0] += max(0.0, counts) - max(0.0, counted)
        change[1] += min(0.0, counts) - min(0.0, counted)
        change[2] += (counts > 0) - (one.evidence > 0)
        change[3] += (counts < 0) - (one.evidence < 0)
    raised, lowered = whole * plain.raised + change[0], whole * plain.lowered + change[1]
    return Totals(raised, lowered, plain.raising + int(change[2]), plain.lowering + int(change[3]))


def _numbers(totals: Totals) -> tuple[float, float, int, int]:
    return totals.raised, totals.lowered, totals.raising, totals.lowering


def _rows(statement: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
