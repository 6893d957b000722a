"""The sweep erases what is due and nothing else, records it, and lets nobody wait."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from referrals.models import Packet
from referrals.preservation import hold_for
from retention import sweep
from retention.models import Due, Terms
from retention.sweep import call_again, erase_due
from retention.tasks import erase_what_is_due
from retention.tests.ageing import is_erased, let_pass, look_now, sweep_once
from review.models import Case
from review.queue import claim
from review.tests.acts import dismiss
from scoring.ingest import accept
from scoring.models import (
    Conversation,
    ConversationState,
    DataKey,
    Erasure,
    IndexKey,
    Message,
    PreservationHold,
)
from scoring.outbox import score_pending
from scoring.tests.sending import incoming
from tests.factories import make_conversation, make_score
from tests.people import TESTS

Kind = Due.Kind


@pytest.fixture
def unflagged(northwind: Licensee) -> Conversation:
    """Scored, and nothing came of it."""
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.1)
    return conversation


def entries(verb: str = Verb.EVIDENCE_ERASED) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb).order_by("at"))


def test_text_that_nothing_came_of_goes_after_its_hours(unflagged: Conversation):
    due = Due.objects.get()
    assert (due.kind, due.judged_under) == (Kind.NEW, None)
    assert due.look_at is not None and due.look_at > timezone.now()
    assert erase_due() == 0
    let_pass(unflagged, hours=47)
    due = sweep_once(unflagged)
    assert not is_erased(unflagged)
    assert due.kind == Kind.UNFLAGGED and due.look_at is not None and due.look_at > timezone.now()
    let_pass(unflagged, hours=49)
    due = sweep_once(unflagged)

    assert is_erased(unflagged)
    assert (due.kind, due.look_at) == (Kind.DONE, None)
    [entry] = entries()
    assert (entry.actor, entry.licensee_id, entry.case_reference) == (
        "machine:retention",
        unflagged.licensee_id,
        "",
    )
    assert entry.payload == {
        "rule": "unflagged",
        "term": "48 hours after the last message",
        "conversations": [unflagged.pk],
        "messages": 8,
        "versions": 0,
        "identities": 0,
    }


def test_one_entry_for_many_that_nothing_came_of(northwind: Licensee, lakeside: Licensee):
    for licensee in (northwind, lakeside):
        for number in range(3):
            one = make_conversation(licensee, external_id=f"c{number}")
            make_score(one, probability=0.1)
            let_pass(one, hours=60)
    assert erase_due() == 6
    assert sorted(len(entry.payload["conversations"]) for entry in entries()) == [3, 3]
    assert erase_due() == 0


def test_what_is_open_stays_and_what_was_dismissed_goes_after_its_days(case: Case, mara: User):
    conversation = case.conversation
    let_pass(conversation, days=400)
    assert sweep_once(conversation).kind == Kind.OPEN
    claim(case_id=case.pk, by=mara)
    let_pass(conversation, days=400)
    assert sweep_once(conversation).kind == Kind.OPEN
    assert not is_erased(conversation)


def test_a_dismissed_case_goes_after_its_days_and_its_story_says_so(case: Case, mara: User):
    dismiss(case, mara)
    let_pass(case.conversation, days=29)
    assert sweep_once(case.conversation).kind == Kind.DISMISSED
    assert not is_erased(case.conversation)
    let_pass(case.conversation, days=31)
    sweep_once(case.conversation)
    assert is_erased(case.conversation)
    [entry] = entries()
    assert (entry.case_reference, entry.payload["rule"]) == (case.reference, "dismissed")


def test_what_waits_to_be_scored_or_seen_stays(northwind: Licensee):
    conversation = make_conversation(northwind)
    let_pass(conversation, days=9)
    assert sweep_once(conversation).kind == Kind.UNSCORED
    make_score(conversation, probability=0.95)  # flagged, and intake has not come by
    assert sweep_once(conversation).kind == Kind.UNSCORED
    assert not is_erased(conversation)


def test_a_hold_keeps_what_was_referred_and_its_end_lets_it_go(sealed_packet: Packet, otto: User):
    case = sealed_packet.approval.escalation.case
    conversation = case.conversation
    let_pass(conversation, days=300)
    assert sweep_once(conversation).kind == Kind.REFERRED
    with transaction.atomic():
        PreservationHold.objects.create(
            conversation=conversation,
            packet_key=sealed_packet.data_key,
            until=timezone.now() + timedelta(days=2),
            basis="A test",
            placed_by=TESTS.actor_name,
        )
    let_pass(conversation, days=400)
    due = sweep_once(conversation)
    assert due.kind == Kind.HELD
    assert due.look_at == PreservationHold.objects.get().until
    assert not is_erased(conversation)


def test_what_was_referred_goes_with_its_packet_when_nothing_holds_it(sealed_packet: Packet):
    case = sealed_packet.approval.escalation.case
    let_pass(case.conversation, days=366)
    sweep_once(case.conversation)
    assert is_erased(case.conversation)
    assert DataKey.objects.get(pk=sealed_packet.data_key_id).destroyed_at is not None
    [entry] = entries()
    assert (entry.payload["rule"], entry.payload["packets"]) == ("referred", 1)


def test_new_terms_are_seen_without_waiting_for_the_old_ones(unflagged: Conversation, adam: User):
    let_pass(unflagged, hours=10)
    sweep_once(unflagged)
    assert call_again() == 0
    figures = Terms.objects.in_force(unflagged.licensee).figures | {"unflagged_hours": 5}
    Terms.objects.create(licensee=unflagged.licensee, set_by=adam, reason="Shorter", **figures)
    assert call_again() == 1
    assert erase_due() == 1
    assert is_erased(unflagged)
    assert Erasure.objects.get().term == "5 hours after the last message"
    assert call_again() == 0


def test_states_go_on_for_their_days_and_then_go_too(northwind: Licensee, champion: Any):
    accept(licensee=northwind, items=[incoming(messages=4)], by=TESTS)
    score_pending()
    conversation = Conversation.objects.get()
    let_pass(conversation, hours=60)
    due = sweep_once(conversation)
    assert due.kind == Kind.STATES and due.look_at is not None and due.look_at > timezone.now()
    assert ConversationState.objects.count() == 1
    let_pass(conversation, days=91)
    due = sweep_once(conversation)
    assert (due.kind, due.look_at) == (Kind.DONE, None)
    assert not ConversationState.objects.exists()
    # The index of accounts lives on; it encrypts nothing.
    assert [key.pk for key in DataKey.objects.exclude(wrapped=None)] == [IndexKey.objects.get().data_key_id]
    assert [entry.payload for entry in entries(Verb.STATES_FORGOTTEN)] == [
        {"conversations": [conversation.pk]}
    ]


def test_a_conversation_that_goes_on_is_looked_at_again(northwind: Licensee, unflagged: Conversation):
    let_pass(unflagged, hours=60)
    sweep_once(unflagged)
    accept(licensee=northwind, items=[incoming(messages=1, first=9)], by=TESTS)
    due = Due.objects.get()
    assert due.kind == Kind.NEW and due.look_at is not None
    assert sweep_once(unflagged).kind == Kind.UNSCORED
    Conversation.objects.update(scored_revision=2)
    let_pass(unflagged, hours=60)
    sweep_once(unflagged)
    assert Erasure.objects.count() == 2
    assert not Message.objects.filter(erasure=None).exists()


@pytest.mark.parametrize("step", ["_take", "_locked", "_judge", "_act", "record_erasures", "_write_down"])
def test_a_sweep_that_dies_anywhere_has_done_nothing(
    unflagged: Conversation, step: str, monkeypatch: pytest.MonkeyPatch
):
    let_pass(unflagged, hours=60)
    real = getattr(sweep, step)

    def dying(*arguments: Any, **named: Any) -> Any:
        real(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sweep, step, dying)
        with pytest.raises(KeyboardInterrupt):
            erase_due()
    assert not is_erased(unflagged)
    assert not entries() and not Erasure.objects.exists()
    erase_what_is_due()
    assert is_erased(unflagged)
    assert len(entries()) == 1


def test_what_is_long_goes_alone(northwind: Licensee, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sweep, "MESSAGES_AT_ONCE", 10)
    made = [make_conversation(northwind, external_id=f"c{number}") for number in range(3)]
    for one in made:
        make_score(one, probability=0.1)
        let_pass(one, hours=60)
    erase_due()
    assert [is_erased(one) for one in made] == [True, False, False]
    for one in made:
        look_now(one)
        erase_due()
    assert all(is_erased(one) for one in made)


def test_the_statements_do_not_grow_with_what_is_due(northwind: Licensee):
    counts = []
    for size in (2, 12):
        for number in range(size):
            one = make_conversation(northwind, external_id=f"{size}-{number}")
            make_score(one, probability=0.1)
            let_pass(one, hours=60)
        with CaptureQueriesContext(connection) as asked:
            assert erase_due() == size
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 45


def test_the_holds_that_a_delivery_places_are_those_that_are_found(delivery: Any, otto: User):
    with transaction.atomic():
        delivery.arrived_at = timezone.now()
        hold_for(delivery, by=otto)
    conversation = delivery.packet.approval.escalation.case.conversation
    let_pass(conversation, days=400)
    assert sweep_once(conversation).kind == Kind.HELD
