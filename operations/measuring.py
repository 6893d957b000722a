"""Measures all figures at one moment: statements that indexes serve, sent together."""

from collections.abc import Iterator
from typing import Any

import redis
from django.db import connection, transaction

from accounts.row_scope import system_scope
from licensees.rate_limits import redis_in_haste
from licensees.together import Statement, ask
from operations.figures import FIGURES, Reading

# (statement, its figures): a row may begin with the value of the label.
STATEMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        """
        SELECT lane.name, count(waiting.id), coalesce(extract(epoch FROM now() - min(opened_at)), 0),
               count(*) FILTER (WHERE due_at < now())
          FROM (VALUES ('imminent'), ('standard')) AS lane (name)
          LEFT JOIN review_case AS waiting
            ON waiting.lane = lane.name AND waiting.state = 'waiting'
           AND waiting.practice_of_id IS NULL AND NOT waiting.in_test
         GROUP BY lane.name ORDER BY lane.name
        """,
        ("cases_waiting", "case_age", "cases_overdue"),
    ),
    (
        """
        SELECT count(DISTINCT person_id) FILTER (WHERE ends_at > now()),
               count(*) FILTER (WHERE began_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')
          FROM review_pause WHERE began_at > now() - interval '2 days'
        """,
        ("moderators_resting", "caps_hit"),
    ),
    (
        """
        SELECT count(*), greatest(0, coalesce(extract(epoch FROM now() - min(score_after)), 0)),
               count(*) FILTER (WHERE scoring_attempts >= 3)
          FROM scoring_conversation WHERE scored_revision < revision
        """,
        ("conversations_unscored", "scoring_lag", "conversations_failing"),
    ),
    (
        """
        SELECT exit.name, count(waiting.id), coalesce(extract(epoch FROM now() - min(waiting.submitted_at)), 0)
          FROM (VALUES ('imminent_threat'), ('suspected_exploitation')) AS exit (name)
          LEFT JOIN (SELECT version.* FROM referrals_escalationversion AS version
                       JOIN referrals_escalation AS escalation
                         ON escalation.id = version.escalation_id AND escalation.version_count = version.number
                      WHERE escalation.state = 'requested') AS waiting ON waiting.exit = exit.name
         GROUP BY exit.name ORDER BY exit.name
        """,
        ("escalations_waiting", "escalation_age"),
    ),
    ("SELECT count(*) FROM referrals_delivery WHERE state IN ('unknown', 'failed')", ("deliveries_stuck",)),
    (
        """
        SELECT count(*) FILTER (WHERE delivery.state = 'waiting'),
               coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE delivery.state = 'waiting')), 0),
               count(*) FILTER (WHERE delivery.state = 'given_up')
          FROM platforms_eventdelivery AS delivery JOIN platforms_event AS event ON event.id = delivery.event_id
         WHERE delivery.state IN ('waiting', 'given_up')
        """,
        ("events_waiting", "event_age", "events_given_up"),
    ),
    (
        "SELECT count(*) FROM platforms_webhook WHERE state = 'disabled' AND disabled_because = 'gone'",
        ("webhooks_gone",),
    ),
    (
        """
        SELECT count(*), coalesce(extract(epoch FROM now() - min(at)), 0)
          FROM audit_auditpending AS pending JOIN audit_auditevent AS event ON event.id = pending.event_id
        """,
        ("entries_pending", "seal_lag"),
    ),
    ("SELECT count(*) FROM audit_checkpointdispatch WHERE problem <> ''", ("third_parties_behind",)),
    (
        "SELECT greatest(0, coalesce(extract(epoch FROM now() - min(look_at)), 0)) FROM retention_due",
        ("erasure_lag",),
    ),
    (
        """
        SELECT pg_database_size(current_database()), count(*),
               100 * count(*) / current_setting('max_connections')::int,
               coalesce(extract(epoch FROM now() - min(xact_start)), 0)
          FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
        """,
        ("database_size", "database_connections", "database_connections_share", "oldest_transaction"),
    ),
)
# Longer than any of them takes; where one does, the page says so and nothing waits for it.
PATIENCE = "SET LOCAL statement_timeout = '10s'"


@system_scope("counts and ages of everything, and nothing of anything")
def measure() -> list[Reading]:
    """In the order of `FIGURES`."""
    questions = {names[0]: Statement(sql, {}, _columns(names)) for sql, names in STATEMENTS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        answers = ask(**questions)
    found = [reading for _, names in STATEMENTS for reading in _read(answers[names[0]], names)]
    found.append(Reading(FIGURES["broker_away"], float(_is_broker_away())))
    order = list(FIGURES)
    return sorted(found, key=lambda reading: order.index(reading.figure.name))


def _columns(names: tuple[str, ...]) -> int:
    """One more where the rows begin with the value of a label."""
    return len(names) + bool(FIGURES[names[0]].label)


def _read(rows: list[Any], names: tuple[str, ...]) -> Iterator[Reading]:
    for row in rows:
        of, values = (row[0], row[1:]) if len(row) > len(names) else ("", row)
        for name, value in zip(names, values, strict=True):
            yield Reading(FIGURES[name], float(value), of)


def _is_broker_away() -> bool:
    try:
        return not redis_in_haste().ping()
    except (redis.RedisError, OSError):
        return True
