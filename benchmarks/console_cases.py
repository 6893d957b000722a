"""What benchmarks/console.py measures on: a million open cases copied in bulk from one real one, and two conversations
of neutral messages with a case each."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from accounts.models import User
from accounts.roles import Role
from audit.record import Machine
from licensees.assignments import assign
from licensees.models import Licensee
from licensees.onboarding import create_licensee
from licensees.samples import bring_live
from review.intake import open_cases
from review.models import Case
from scoring.incoming import IncomingConversation, IncomingMessage, IncomingParticipant
from scoring.ingest import accept
from scoring.models import Conversation, MessageRating, ModelVersion, Score

BY = Machine("benchmark")
BEGAN_AT = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
TEXT = "A neutral remark about the weather, of about the length that people write in a chat."
LICENSEES = 4
EVERY_FLAGGED = 25  # one message in so many


def licensees() -> list[Licensee]:
    made = [
        create_licensee(
            name=f"Company {number}",
            slug=f"company-{number}",
            code=f"C{chr(64 + number)}",
            jurisdiction="GB",
            contact_email="safety@company.example",
            by=BY,
        )
        for number in range(1, LICENSEES + 1)
    ]
    return [bring_live(one, by=BY, why="To be measured.") for one in made]


def moderators(count: int, serving: list[Licensee], *, called: str) -> list[User]:
    """People who moderate for all of these licensees."""
    people = [
        User.objects.create_person(
            email=f"{called}{number}@example.org",
            name=f"Person {number}",
            password=None,
            roles=[Role.MODERATOR],
        )
        for number in range(count)
    ]
    for person in people:
        for licensee in serving:
            assign(person=person, licensee=licensee, role=Role.MODERATOR, by=BY)
    return people


def case_of(licensee: Licensee, *, messages: int) -> Case:
    """A case whose conversation came in through the API's own path; its score is set by hand."""
    name = f"of-{messages}"
    accept(licensee=licensee, items=[_incoming(name, messages)], by=BY)
    score = _score(Conversation.objects.get(licensee=licensee, external_id=name))
    open_cases()
    return Case.objects.get(opened_by_score=score)


def _incoming(name: str, messages: int) -> IncomingConversation:
    return IncomingConversation(
        id=name,
        messages=tuple(
            IncomingMessage(
                id=f"{name}-{number}",
                sender=f"u{number % 2}",
                sent_at=BEGAN_AT + timedelta(minutes=number * 7),
                text=TEXT,
            )
            for number in range(messages)
        ),
        participants=(
            IncomingParticipant(id="u0", declared_age_band="adult"),
            IncomingParticipant(id="u1", declared_age_band="13_15"),
        ),
    )


def _score(conversation: Conversation) -> Score:
    """As the worker would store it, with a rating for each message, some of them flagged."""
    model, _ = ModelVersion.objects.get_or_create(
        digest=hashlib.sha256(b"benchmark").hexdigest(), defaults={"name": "set by hand"}
    )
    MessageRating.objects.bulk_create(
        MessageRating(
            message_id=message_id,
            conversation=conversation,
            model=model,
            evidence=-0.01 if number % EVERY_FLAGGED else 1.5,
            weight=40,
            ratings={} if number % EVERY_FLAGGED else {"age_probe": 0.8},
        )
        for message_id, number in conversation.messages.values_list("pk", "number")
    )
    Conversation.objects.filter(pk=conversation.pk).update(scored_revision=conversation.revision)
    return Score.objects.create(
        conversation=conversation,
        revision=conversation.revision,
        message_count=conversation.message_count,
        model=model,
        probability=0.91,
        highest=0.91,
        band=Score.Band.HIGH,
        flagged=True,
        threshold=0.5,
        imminent_threshold=0.97,
        base=-1.0,
        logit=2.3,
        whole_factor=1.0,
        characteristics={"age_probe": 0.8},
    )


# --- A million more of one -------------------------------------------------------------------------


def copy_case(case: Case, *, count: int, into: list[Licensee]) -> None:
    """Copy a waiting case, its score, its conversation and its key `count` times, spread over licensees and due times.

    What is not changed here is as in the original, so a column that is added later needs no line.
    """
    whose = sql.SQL("(ARRAY[{}])[1 + n %% {}]").format(
        sql.SQL(", ").join(sql.Literal(licensee.pk) for licensee in into), sql.Literal(len(into))
    )
    conversation = case.conversation
    imminent = sql.SQL("n %% 100 = 0")
    # Due within the next day, in an order that has nothing to do with the order on disk.
    due = sql.SQL("now() + (abs(hashint8(n))::float8 / 2147483648) * interval '24 hours'")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SET synchronous_commit = off")
        owner.execute("ALTER TABLE scoring_score DISABLE TRIGGER USER")
        key = _copy(owner, "scoring_datakey", conversation.data_key_id, count, {"licensee_id": whose})
        talk = _copy(
            owner,
            "scoring_conversation",
            conversation.pk,
            count,
            {
                "licensee_id": whose,
                "data_key_id": _id_after(key),
                "external_id": sql.SQL("'copy-' || n"),
            },
        )
        score = _copy(
            owner, "scoring_score", case.opened_by_score_id, count, {"conversation_id": _id_after(talk)}
        )
        _copy(
            owner,
            "review_case",
            case.pk,
            count,
            {
                "licensee_id": whose,
                "conversation_id": _id_after(talk),
                "opened_by_score_id": _id_after(score),
                "reference": sql.SQL("'CX-' || n"),
                "lane": sql.SQL("CASE WHEN {} THEN 'imminent' ELSE 'standard' END").format(imminent),
                "lane_order": sql.SQL("CASE WHEN {} THEN 0 ELSE {} END").format(
                    imminent, sql.Literal(case.lane_order)
                ),
                "due_at": due,
                "opened_at": sql.SQL("{} - interval '24 hours'").format(due),
            },
        )
        # The foreign keys are checked now, while nobody waits.
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE scoring_score ENABLE TRIGGER USER")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def copy_rows(table: str, template: int, count: int, follows: Mapping[str, int]) -> None:
    """Copy one row `count` times, unwatched by triggers; `follows`: columns that go up with the copies, from after
    what is given."""
    changes = {name: _id_after(first) for name, first in follows.items()}
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        _copy(owner, table, template, count, changes)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def score_again(times: int, *, revision: int) -> None:
    """Every score of this revision is followed by others like it, until there are so many of each conversation."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SET synchronous_commit = off")
        owner.execute("ALTER TABLE scoring_score DISABLE TRIGGER USER")
        copied = [name for name in _columns(owner, "scoring_score") if name not in ("id", "revision")]
        statement = sql.SQL(
            "INSERT INTO scoring_score (revision, {columns}) SELECT {revision} + n, {columns}"
            " FROM scoring_score, generate_series(1, {more}) n WHERE revision = {revision}"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, copied)),
            revision=sql.Literal(revision),
            more=sql.Literal(times - 1),
        )
        owner.execute(statement, [])
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE scoring_score ENABLE TRIGGER USER")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def _columns(owner: psycopg.Connection, table: str) -> list[str]:
    asked = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
    )
    return [row[0] for row in owner.execute(asked, [table])]


def _id_after(last: int) -> sql.Composable:
    return sql.SQL("{} + n").format(sql.Literal(last))


def _copy(
    owner: psycopg.Connection, table: str, template: int, count: int, changes: Mapping[str, sql.Composable]
) -> int:
    """Answers the last id that was there before: the copies follow it, in their order."""
    columns = _columns(owner, table)
    newest = sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table))
    ((last,),) = owner.execute(newest).fetchall()
    changed = {"id": _id_after(last), **changes}
    values = [changed.get(name, sql.SQL("t.{}").format(sql.Identifier(name))) for name in columns]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, {count}) n"
        " WHERE t.id = {template}"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
        count=sql.Literal(count),
        template=sql.Literal(template),
    )
    owner.execute(statement, [])
    owner.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, last + count])
    return int(last)
