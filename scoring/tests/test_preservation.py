"""While a preservation hold is in force the database refuses every way to delete the evidence, whoever asks."""

from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.transitions import NotPossible
from licensees.models import Licensee
from scoring.models import Conversation, DataKey, Message, MessageRevision, Participant, PreservationHold
from scoring.preservation import extend_hold, held_until, place_hold
from tests.factories import make_conversation
from tests.people import TESTS


def hold(conversation: Conversation, *, days: float = 365, packet_key_id: int | None = None) -> None:
    with transaction.atomic():
        place_hold(
            conversation=conversation,
            until=timezone.now() + timedelta(days=days),
            basis="A test",
            by=TESTS,
            about=conversation.about(),
            packet_key_id=packet_key_id,
        )


@pytest.fixture
def held(northwind: Licensee) -> Conversation:
    conversation = make_conversation(northwind)
    message = conversation.messages.get(number=3)
    MessageRevision.objects.create(
        message=message, version=1, text_sealed=message.text_sealed, received_at=timezone.now()
    )
    hold(conversation)
    return conversation


def refused(act: object) -> None:
    with pytest.raises(DatabaseError, match="a preservation hold keeps"), transaction.atomic():
        act()  # type: ignore[operator]


def test_every_deletion_path_is_refused(held: Conversation) -> None:
    messages = Message.objects.filter(conversation=held)
    keys = DataKey.objects.filter(pk=held.data_key_id)
    refused(held.delete)
    refused(Conversation.objects.filter(pk=held.pk).delete)
    refused(messages.delete)
    refused(MessageRevision.objects.filter(message__in=messages).delete)
    refused(Participant.objects.filter(conversation=held).delete)
    refused(lambda: messages.update(text_sealed=b""))
    refused(lambda: keys.update(wrapped=None, destroyed_at=timezone.now()))
    assert held.messages.count() == 8
    assert DataKey.objects.get(pk=held.data_key_id).wrapped is not None


def test_the_key_of_a_packet_that_was_sent_is_kept_as_well(northwind: Licensee) -> None:
    other = make_conversation(northwind, external_id="packet")
    hold(make_conversation(northwind), packet_key_id=other.data_key_id)
    keys = DataKey.objects.filter(pk=other.data_key_id)
    refused(lambda: keys.update(wrapped=None, destroyed_at=timezone.now()))


@pytest.mark.django_db(transaction=True)
def test_the_owner_of_the_tables_is_refused_too(
    northwind: Licensee, owner_connection: psycopg.Connection
) -> None:
    hold(make_conversation(northwind))
    for statement in ("DELETE FROM scoring_message", "TRUNCATE scoring_conversation CASCADE"):
        with pytest.raises(psycopg.errors.RaiseException, match=r"preservation hold|append-only"):
            owner_connection.execute(statement)
    assert Message.objects.count() == 8


def test_an_edit_is_still_taken_and_a_key_may_be_wrapped_anew(held: Conversation) -> None:
    message = held.messages.get(number=1)
    refused(lambda: held.messages.filter(number=1).update(text_sealed=b"another", version=2))
    MessageRevision.objects.create(
        message=message, version=1, text_sealed=message.text_sealed, received_at=timezone.now()
    )
    held.messages.filter(number=1).update(text_sealed=b"another", version=2)
    DataKey.objects.filter(pk=held.data_key_id).update(wrapped=b"wrapped anew", wrapped_by="file:new")


def test_what_is_not_held_or_no_longer_can_be_deleted(northwind: Licensee, held: Conversation) -> None:
    free, over = (make_conversation(northwind, external_id=name) for name in ("free", "over"))
    hold(over, days=-1)
    assert [held_until(one.pk) is None for one in (free, over, held)] == [True, True, False]
    for conversation in (free, over):
        conversation.delete()
    assert list(Conversation.objects.all()) == [held]
    assert PreservationHold.objects.filter(conversation_id=over.pk).count() <= 1


def test_a_hold_is_extended_with_a_reason_and_never_shortened(held: Conversation) -> None:
    before = held_until(held.pk)
    assert before is not None

    def extend(days: int, reason: str) -> None:
        with transaction.atomic():
            extend_hold(
                conversation=held,
                until=before + timedelta(days=days),
                reason=reason,
                by=TESTS,
                about=held.about(),
            )

    for days, reason, sentence in [(-1, "A long reason", "Choose a later day"), (1, "Short", "Say why")]:
        with pytest.raises(NotPossible, match=sentence):
            extend(days, reason)
    assert held_until(held.pk) == before
    extend(30, "The police asked for more time.")
    assert held_until(held.pk) == before + timedelta(days=30)
