"""The challenger beside the champion on the same traffic, by count only: nobody's conversation can be told from it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from scoring.models import Conversation, ModelVersion, ShadowScore
from scoring.stability import SCORE_EDGES

DAYS = 28
# One row for each kind of conversation, not for each conversation, so what comes back is small. A conversation would be
# a case on the day on which it is flagged first; its newest pair of scores gives its bins.
KINDS = """
    WITH pair AS (
      SELECT shadow.conversation_id, shadow.revision, shadow.scored_at, score.flagged AS by_champion,
             shadow.would_flag AS by_challenger, score.probability AS champion, shadow.probability AS challenger
        FROM scoring_shadowscore shadow
        JOIN scoring_score score ON score.conversation_id = shadow.conversation_id AND score.revision = shadow.revision
       WHERE shadow.model_id = %(challenger)s AND score.model_id = %(champion)s AND shadow.scored_at >= %(since)s
    ), conversation AS (
      SELECT (min(scored_at) FILTER (WHERE by_champion) AT TIME ZONE 'UTC')::date AS champion_day,
             (min(scored_at) FILTER (WHERE by_challenger) AT TIME ZONE 'UTC')::date AS challenger_day,
             (array_agg(champion ORDER BY revision DESC))[1] AS champion,
             (array_agg(challenger ORDER BY revision DESC))[1] AS challenger
        FROM pair GROUP BY conversation_id
    )
    SELECT champion_day, challenger_day, width_bucket(champion, %(edges)s::float8[]),
           width_bucket(challenger, %(edges)s::float8[]), count(*)
      FROM conversation GROUP BY 1, 2, 3, 4
"""


class Kind(NamedTuple):
    """How many conversations went the same way; a bin is None where that model abstained."""

    champion_day: date | None
    challenger_day: date | None
    champion_bin: int | None
    challenger_bin: int | None
    conversations: int


@dataclass(frozen=True)
class Comparison:
    """What both said of the same conversations since a day; counts of conversations throughout."""

    since: datetime
    conversations: int = 0
    both: int = 0
    only_champion: int = 0
    only_challenger: int = 0
    abstained_champion: int = 0
    abstained_challenger: int = 0
    days: dict[date, tuple[int, int]] = field(default_factory=dict)
    champion_scores: list[int] = field(default_factory=list)
    challenger_scores: list[int] = field(default_factory=list)

    @property
    def neither(self) -> int:
        return self.conversations - self.both - self.only_champion - self.only_challenger

    @property
    def agreed(self) -> int:
        return self.both + self.neither


def compare(champion: ModelVersion, challenger: ModelVersion, *, days: int = DAYS) -> Comparison:
    """What both scored in the last `days`, or since the challenger began, from midnight in UTC."""
    since = _began(challenger, days)
    facts: dict[str, Any] = {
        "champion": champion.pk,
        "challenger": challenger.pk,
        "since": since,
        "edges": list(SCORE_EDGES),
    }
    with connection.cursor() as cursor:
        cursor.execute(KINDS, facts)
        return _summed(since, [Kind(*row) for row in cursor.fetchall()])


def _began(challenger: ModelVersion, days: int) -> datetime:
    now = timezone.now()
    earliest = now - timedelta(days=days - 1)
    rows = ShadowScore.objects.filter(model=challenger, scored_at__gte=earliest)
    first = rows.aggregate(first=Min("scored_at"))["first"] or now
    return first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _summed(since: datetime, kinds: list[Kind]) -> Comparison:
    return Comparison(
        since=since,
        conversations=_count(kinds),
        both=_count(kind for kind in kinds if kind.champion_day and kind.challenger_day),
        only_champion=_count(kind for kind in kinds if kind.champion_day and not kind.challenger_day),
        only_challenger=_count(kind for kind in kinds if kind.challenger_day and not kind.champion_day),
        abstained_champion=_count(kind for kind in kinds if kind.champion_bin is None),
        abstained_challenger=_count(kind for kind in kinds if kind.challenger_bin is None),
        days=_days(since, kinds),
        champion_scores=_bins((kind.champion_bin, kind.conversations) for kind in kinds),
        challenger_scores=_bins((kind.challenger_bin, kind.conversations) for kind in kinds),
    )


def _count(kinds: Iterable[Kind]) -> int:
    return sum(kind.conversations for kind in kinds)


def _days(since: datetime, kinds: list[Kind]) -> dict[date, tuple[int, int]]:
    """{day: (cases that the champion would open, cases that the challenger would)}, without holes."""
    champion, challenger = Counter[date](), Counter[date]()
    for kind in kinds:
        if kind.champion_day:
            champion[kind.champion_day] += kind.conversations
        if kind.challenger_day:
            challenger[kind.challenger_day] += kind.conversations
    passed = (timezone.now() - since).days
    every = [since.date() + timedelta(days=number) for number in range(passed + 1)]
    return {day: (champion[day], challenger[day]) for day in every}


def _bins(counted: Iterable[tuple[int | None, int]]) -> list[int]:
    """width_bucket counts from 1, and gives one more than there are bins for the last upper edge itself."""
    bins = [0] * (len(SCORE_EDGES) - 1)
    for place, count in counted:
        if place is not None:
            bins[min(place, len(bins)) - 1] += count
    return bins


# Decisions belong to a later app, so they are reached through the names of their relations: by name, never by import.


def decisions(challenger: ModelVersion, since: datetime) -> dict[str, tuple[int, int]]:
    """{disposition: (decisions on conversations that the challenger would flag too, on those it would not)}.

    Only what the champion flags becomes a case, so of what the challenger alone would flag nobody has judged anything.
    """
    seen = ShadowScore.objects.filter(model=challenger, scored_at__gte=since)
    too = _decided(seen.filter(would_flag=True).values("conversation"))
    every = _decided(seen.values("conversation"))
    return {
        disposition: (too.get(disposition, 0), count - too.get(disposition, 0))
        for disposition, count in every.items()
    }


def _decided(conversations: Any) -> dict[str, int]:
    # Without those that were taken back. In one filter: all is said of the same decision.
    decided = Conversation.objects.filter(
        pk__in=conversations, cases__decisions__isnull=False, cases__decisions__withdrawal=None
    ).order_by()
    return dict(
        decided.values_list("cases__decisions__disposition").annotate(
            count=Count("cases__decisions", distinct=True)
        )
    )
