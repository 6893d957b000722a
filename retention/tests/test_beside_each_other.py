"""The sweep beside itself, beside ingestion, a claim, an escalation and a hold: each happens wholly, in some order."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from retention.models import Due
from retention.sweep import erase_due
from retention.tests.ageing import is_erased, let_pass, look_now
from review.intake import open_cases
from review.models import Case
from review.queue import claim
from review.tests.racing import race
from scoring.evidence import open_texts
from scoring.ingest import accept
from scoring.models import Conversation, Erasure, Message, PreservationHold
from scoring.preservation import place_hold
from scoring.tests.sending import incoming
from tests.factories import make_case, make_conversation, make_score
from tests.people import TESTS

pytestmark = pytest.mark.django_db(transaction=True)


def old(licensee: Licensee, name: str = "c1", *, probability: float = 0.1) -> Conversation:
    conversation = make_conversation(licensee, external_id=name)
    make_score(conversation, probability=probability)
    let_pass(conversation, hours=60)
    return conversation


def test_four_sweeps_at_once_erase_each_once(northwind: Licensee):
    made = [old(northwind, f"c{number}") for number in range(12)]
    answers = race(*[lambda: erase_due(limit=5)] * 4)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    while erase_due():
        pass
    assert all(is_erased(one) for one in made)
    assert Erasure.objects.count() == 12


def test_a_message_that_comes_at_the_same_instant_is_never_lost(northwind: Licensee):
    for round_ in range(4):
        conversation = old(northwind, f"c{round_}")
        answers = race(
            erase_due,
            lambda name=f"c{round_}": accept(
                licensee=northwind, items=[incoming(name, messages=1, first=9)], by=TESTS
            ),
        )
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        row = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
        came = Message.objects.get(conversation=row, number=9)
        assert "number 9" in open_texts(row, [came])[came.pk]
        earlier = list(row.messages.filter(number__lt=9).values_list("erasure_id", flat=True))
        assert len(set(earlier)) == 1
        due = Due.objects.get(conversation=row)
        assert due.look_at is not None


def test_a_flag_that_opens_a_case_at_the_same_instant_keeps_its_text(northwind: Licensee, mara: User):
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.95)
    let_pass(conversation, hours=60)
    race(erase_due, open_cases, erase_due)
    case = Case.objects.get()
    assert not is_erased(conversation)
    look_now(conversation)
    race(erase_due, lambda: claim(case_id=case.pk, by=mara), erase_due)
    assert not is_erased(conversation)
    assert Case.objects.get().state == Case.State.IN_REVIEW


def test_whoever_holds_a_case_locked_is_not_waited_for(northwind: Licensee, mara: User):
    case = make_case(northwind)
    Case.objects.filter(pk=case.pk).update(state="decided", closed_at=timezone.now() - timedelta(days=99))
    let_pass(case.conversation, days=99)

    def sweeping() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        return erase_due()

    with transaction.atomic():
        Case.objects.lock(case.pk)
        [answer] = race(sweeping)
        assert answer == 1
        assert not is_erased(case.conversation)
    look_now(case.conversation)
    erase_due()
    assert is_erased(case.conversation)


def test_a_hold_placed_at_the_same_instant_comes_first_or_after_and_never_between(northwind: Licensee):
    for round_ in range(4):
        conversation = old(northwind, f"c{round_}")

        def hold(conversation: Conversation = conversation) -> Any:
            with transaction.atomic():
                return place_hold(
                    conversation=conversation,
                    until=timezone.now() + timedelta(days=9),
                    basis="A test",
                    by=TESTS,
                    about=conversation.about(),
                )

        answers = race(erase_due, hold)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        erasure = Erasure.objects.filter(conversation=conversation).first()
        assert PreservationHold.objects.filter(conversation_id=conversation.pk).exists()
        assert is_erased(conversation) == (erasure is not None)
