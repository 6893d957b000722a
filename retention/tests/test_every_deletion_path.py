"""While a hold stands every way to be rid of the evidence is tried, and what it says can still be read after each.

The ways are made from the models and from the verbs, not listed by hand: a new table with sealed words is either
written once, or guarded, or this fails.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from audit.append_only import AppendOnlyError
from audit.transitions import NotPossible
from licensees.models import Licensee
from referrals.models import Packet
from retention.sweep import erase_due
from retention.tests.ageing import let_pass, look_now
from scoring.erasing import Doomed, destroy_keys, erase
from scoring.evidence import open_texts
from scoring.models import (
    BulkChunk,
    Conversation,
    ConversationState,
    DataKey,
    Erasure,
    Message,
    MessageRevision,
    Participant,
    PreservationHold,
    UserReport,
)
from scoring.vault import new_data_key, open_data_key
from tests.factories import TEXTS
from tests.people import TESTS

GUARD = "refuse_deletion_under_hold"
# Sealed, and no evidence: numbers that a model counted, and what is on its way in.
NO_EVIDENCE = {ConversationState, BulkChunk}
REFUSALS = (DatabaseError, ProtectedError, AppendOnlyError, NotPossible)


def guarded() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if any(trigger.name == GUARD for trigger in getattr(model._meta, "triggers", []))
    ]


def sealed_columns(model: type[models.Model]) -> list[str]:
    binary = [field.column for field in model._meta.concrete_fields if isinstance(field, models.BinaryField)]
    return [name for name in binary if name.endswith("_sealed") or name == "wrapped"]


def test_every_table_with_sealed_words_of_a_conversation_is_guarded_or_written_once():
    words = {
        model for model in apps.get_models() if model._meta.app_label == "scoring" and sealed_columns(model)
    }
    open_to_deletion = words - set(guarded()) - NO_EVIDENCE
    assert {model for model in open_to_deletion if not getattr(model, "append_only", False)} == set()
    assert set(guarded()) == {Conversation, Participant, Message, MessageRevision, UserReport, DataKey}


Way = tuple[str, Callable[[], Any]]


def orm_ways(held: dict[type[models.Model], Any]) -> Iterator[Way]:
    for model, row in held.items():
        rows = model._default_manager.filter(pk=row.pk)
        yield f"{model.__name__}.delete", row.delete
        yield f"{model.__name__} queryset", rows.delete
        yield f"{model.__name__} without the collector", lambda rows=rows: rows._raw_delete("default")
        for column in sealed_columns(model):
            yield f"{model.__name__}.{column} emptied", lambda rows=rows, c=column: rows.update(**{c: b""})
    yield "the licensee", held[Conversation].licensee.delete


def raw_ways(held: dict[type[models.Model], Any]) -> Iterator[tuple[str, str]]:
    """As SQL, for whoever may send it."""
    for model, row in held.items():
        table, key = model._meta.db_table, row.pk
        yield f"DELETE {table}", f"DELETE FROM {table} WHERE id = {key}"  # noqa: S608
        yield f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"
        for column in sealed_columns(model):
            field = model._meta.get_field(column)
            values = [
                "''",
                *(["NULL"] if field.null else []),
                *(["'\\x00'"] if column == "text_sealed" else []),
            ]
            for value in values:
                destroyed = ", destroyed_at = now()" if column == "wrapped" else ""
                statement = f"UPDATE {table} SET {column} = {value}{destroyed} WHERE id = {key}"  # noqa: S608
                yield f"{table}.{column} = {value}", statement
    yield "TRUNCATE licensees", "TRUNCATE licensees_licensee CASCADE"
    yield "DELETE licensee", f"DELETE FROM licensees_licensee WHERE id = {held[Conversation].licensee_id}"  # noqa: S608
    other, _ = new_data_key(licensee_id=held[Conversation].licensee_id)
    other.save()
    statement = f"UPDATE scoring_conversation SET data_key_id = {other.pk} WHERE id = {held[Conversation].pk}"  # noqa: S608
    yield "another key", statement


def verbs(held: dict[type[models.Model], Any], packet: Packet) -> Iterator[Way]:
    conversation = held[Conversation]

    def swept() -> None:
        let_pass(conversation, days=4_000)
        look_now(conversation)
        erase_due()

    def erased() -> None:
        with transaction.atomic():
            row = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
            erase([Doomed(row, Erasure.Rule.UNFLAGGED)], by=TESTS)

    yield "the sweep", swept
    yield "erase", erased
    yield "destroy_keys", lambda: destroy_keys([conversation.data_key_id])
    yield "destroy_keys of the packet", lambda: destroy_keys([packet.data_key_id])


@pytest.mark.django_db(transaction=True)
def test_no_way_is_open_while_a_hold_stands(
    sealed_packet: Packet, owner_connection: psycopg.Connection, northwind: Licensee
):
    conversation = sealed_packet.approval.escalation.case.conversation
    message = conversation.messages.get(number=3)
    revision = MessageRevision.objects.create(
        message=conversation.messages.get(number=1), version=9, text_sealed=b"x", received_at=timezone.now()
    )
    Participant.objects.filter(conversation=conversation).update(identity_sealed=b"sealed")
    report = UserReport.objects.create(
        conversation=conversation, reason="other", comment_sealed=b"sealed", digest=b"d", revision=1
    )
    PreservationHold.objects.create(
        conversation=conversation,
        packet_key_id=sealed_packet.data_key_id,
        until=timezone.now() + timedelta(days=9),
        basis="A test",
        placed_by=TESTS.actor_name,
    )
    held: dict[type[models.Model], Any] = {
        Conversation: Conversation.objects.get(pk=conversation.pk),
        Participant: conversation.participants.get(position=0),
        Message: message,
        MessageRevision: revision,
        UserReport: report,
        DataKey: DataKey.objects.get(pk=conversation.data_key_id),
    }
    tried = []

    def check(way: str) -> None:
        tried.append(way)
        row = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
        messages = list(row.messages.order_by("number"))
        assert list(open_texts(row, messages).values()) == list(TEXTS), way
        assert MessageRevision.objects.filter(pk=revision.pk, text_sealed=b"x").exists(), way
        assert row.participants.filter(identity_sealed=b"sealed").count() == 2, way
        assert UserReport.objects.filter(pk=report.pk, comment_sealed=b"sealed").exists(), way
        open_data_key(DataKey.objects.get(pk=sealed_packet.data_key_id))

    for way, act in [*orm_ways(held), *verbs(held, sealed_packet)]:
        try:
            with transaction.atomic():
                act()
        except REFUSALS:
            pass
        else:
            assert way == "the sweep", f"{way} was not refused"
        check(way)
    for way, statement in raw_ways(held):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        check(f"application: {way}")
        with pytest.raises(psycopg.Error), owner_connection.transaction():
            owner_connection.execute(statement)
        check(f"owner: {way}")
    assert len(tried) > 50
