"""Erasing takes what a conversation says and leaves what was counted; a conversation that goes on has another key."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from licensees.models import Licensee
from scoring.erasing import Doomed, erase, forget_states
from scoring.evidence import open_account_id, open_identity, open_note, seal_note
from scoring.key_providers import EvidenceErased
from scoring.models import (
    Conversation,
    ConversationState,
    DataKey,
    Erasure,
    IndexKey,
    Message,
    MessageRating,
    MessageRevision,
    Participant,
    Score,
)
from scoring.outbox import score_pending
from scoring.tests.sending import Platform, at, conversation, message, texts_of
from scoring.vault import open_data_key
from tests.people import TESTS


@pytest.fixture
def platform(northwind: Licensee) -> Platform:
    return Platform(northwind)


def conversation_row() -> Conversation:
    return Conversation.objects.select_related("data_key", "next_key").get()


def erased(*, keeps_states: bool = False) -> Erasure:
    with transaction.atomic():
        row = Conversation.objects.select_for_update(of=("self",)).select_related("data_key").get()
        doomed = Doomed(row, Erasure.Rule.UNFLAGGED, "48 hours after the last message", keeps_states)
        [erasure] = erase([doomed], by=TESTS)
    return erasure


def person(name: str) -> dict[str, Any]:
    return {"id": name, "display_name": f"Named {name}"}


def test_texts_versions_and_identities_go_and_counts_stay(platform: Platform):
    platform.send(conversation(participants=[person("u0"), person("u1")]))
    platform.send(conversation(messages=[message(1, text="Another wording", edited_at=at(9))]))
    before = conversation_row()
    digests = list(Message.objects.order_by("pk").values_list("content_digest", flat=True))

    erasure = erased()

    assert (erasure.messages, erasure.versions, erasure.identities) == (2, 1, 2)
    assert erasure.sentence.endswith("no case came of it, and 48 hours after the last message had passed.")
    assert {bytes(one.text_sealed) for one in Message.objects.all()} == {b""}
    assert {one.erasure_id for one in Message.objects.all()} == {erasure.pk}
    assert not MessageRevision.objects.exists()
    assert not Participant.objects.exclude(identity_sealed=None).exists()
    assert list(Message.objects.order_by("pk").values_list("content_digest", flat=True)) == digests
    key = DataKey.objects.get(pk=before.data_key_id)
    assert key.wrapped is None and key.destroyed_at is not None
    with pytest.raises(EvidenceErased, match="It cannot be read again"):
        open_data_key(key)
    assert texts_of() == ["", ""]


def test_a_second_erasure_of_the_same_finds_nothing(platform: Platform):
    platform.send(conversation())
    erased()
    with transaction.atomic():
        row = conversation_row()
        assert erase([Doomed(row, Erasure.Rule.UNFLAGGED)], by=TESTS) == []
    assert Erasure.objects.count() == 1


def test_a_conversation_that_goes_on_has_another_key(platform: Platform):
    platform.send(conversation(participants=[person("u0")]))
    first = conversation_row().data_key_id
    erased()

    answer = platform.send(conversation(messages=4, participants=[person("u1")]))

    assert answer.json()["conversations"][0]["messages_accepted"] == 2
    assert answer.json()["conversations"][0]["messages_duplicate"] == 2
    row = conversation_row()
    assert row.data_key_id != first and row.data_key.wrapped is not None and row.next_key is None
    assert texts_of()[:2] == ["", ""] and texts_of()[2].endswith("number 3")
    people = {open_account_id(row, one): open_identity(row, one) for one in row.participants.all()}
    assert people == {"u0": {}, "u1": {"display_name": "Named u1"}}


def test_what_was_erased_is_not_taken_in_again_and_its_later_edit_is(platform: Platform):
    platform.send(conversation())
    erased()
    key = conversation_row().data_key_id

    again = platform.send(
        conversation(messages=[message(1), message(2, text="Other words", deleted_at=at(7))])
    )
    assert again.status_code == 202
    assert texts_of() == ["", ""]
    edit = platform.send(conversation(messages=[message(1, text="Edited since", edited_at=at(8))]))

    assert edit.json()["conversations"][0]["messages_accepted"] == 1
    assert texts_of() == ["Edited since", ""]
    assert conversation_row().data_key_id != key
    one, other = Message.objects.order_by("number")
    assert (one.erasure_id, one.version) == (None, 2)
    assert other.erasure_id is not None and other.deleted_at is not None
    assert not MessageRevision.objects.exists()
    assert platform.send(conversation(messages=[message(1, sender="u1")])).status_code == 409


def test_a_second_erasure_takes_what_came_since(platform: Platform):
    platform.send(conversation())
    first = erased()
    platform.send(conversation(messages=3))
    second = erased()
    marks = list(Message.objects.order_by("number").values_list("erasure_id", flat=True))
    assert marks == [first.pk, first.pk, second.pk]
    assert second.messages == 1


def test_the_models_go_on_from_what_they_counted(platform: Platform, champion: Any):
    platform.send(conversation(messages=6))
    score_pending()
    rated = list(MessageRating.objects.order_by("pk").values_list("evidence", flat=True))
    [score] = Score.objects.all()
    erased(keeps_states=True)
    assert conversation_row().next_key is not None

    platform.send(conversation(messages=7))
    score_pending()

    assert conversation_row().next_key is None
    last = Score.objects.order_by("-revision").first()
    assert last is not None and (last.message_count, last.pk != score.pk) == (7, True)
    assert list(MessageRating.objects.order_by("pk").values_list("evidence", flat=True))[:6] == rated
    [state] = ConversationState.objects.all()
    assert state.messages == 7


def test_a_model_without_a_state_reads_what_is_left_and_forgets_no_rating(platform: Platform, champion: Any):
    platform.send(conversation(messages=6))
    score_pending()
    rated = list(MessageRating.objects.order_by("pk").values_list("evidence", flat=True))
    erased()
    assert not ConversationState.objects.exists()

    platform.send(conversation(messages=7))
    score_pending()

    assert conversation_row().scored_revision == 2
    assert list(MessageRating.objects.order_by("pk").values_list("evidence", flat=True))[:6] == rated


def test_states_are_forgotten_with_their_key(platform: Platform, champion: Any):
    platform.send(conversation())
    score_pending()
    erased(keeps_states=True)
    row = conversation_row()
    assert row.next_key is not None
    with transaction.atomic():
        forget_states([row])
    assert not ConversationState.objects.exists()
    # The index of accounts lives on; it encrypts nothing.
    assert [key.pk for key in DataKey.objects.exclude(wrapped=None)] == [IndexKey.objects.get().data_key_id]
    assert platform.send(conversation(messages=3)).status_code == 202


def test_a_note_of_before_is_said_to_be_erased_also_when_the_conversation_goes_on(platform: Platform):
    platform.send(conversation())
    sealed = seal_note(conversation_row(), column="note", row="1", note="A private word")
    erasure = erased()
    assert open_note(conversation_row(), column="note", row="1", sealed=sealed) == erasure.sentence
    platform.send(conversation(messages=3))
    assert open_note(conversation_row(), column="note", row="1", sealed=sealed) == erasure.sentence


def test_an_erased_message_can_hold_no_text(platform: Platform):
    platform.send(conversation())
    erased()
    with pytest.raises(DatabaseError, match="message_erased_is_empty"), transaction.atomic():
        Message.objects.filter(number=1).update(text_sealed=b"something")
