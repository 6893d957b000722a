"""An account is found by its exact id through a keyed index, which changes its key while everything runs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from review.finding import find_cases
from scoring.blind_index import index_anew, is_account, replace_key, retire_keys
from scoring.incoming import IncomingMessage
from scoring.ingest import accept
from scoring.models import Conversation, DataKey, IndexKey, Participant
from scoring.tests.sending import incoming
from tests.factories import make_case
from tests.people import TESTS


def found(licensee: Licensee, account: str) -> int:
    return Participant.objects.filter(
        Q(conversation__licensee=licensee) & is_account([licensee.pk], account)
    ).count()


def test_what_comes_in_is_indexed_under_its_licensees_own_key(northwind: Licensee, lakeside: Licensee):
    for licensee in (northwind, lakeside):
        accept(licensee=licensee, items=[incoming()], by=TESTS)
    rows = list(Participant.objects.filter(position=0).order_by("pk"))
    assert len({bytes(row.account_index) for row in rows}) == 2
    assert {len(row.account_index) for row in rows} == {32}
    assert [found(licensee, "u0") for licensee in (northwind, lakeside)] == [1, 1]
    assert [found(northwind, other) for other in ("u", "U0", "u0 ", "")] == [0, 0, 0, 0]
    assert IndexKey.objects.count() == 2


def test_a_second_call_uses_the_key_of_the_first(northwind: Licensee):
    accept(licensee=northwind, items=[incoming("c1")], by=TESTS)
    accept(licensee=northwind, items=[incoming("c2")], by=TESTS)
    assert IndexKey.objects.count() == 1
    assert found(northwind, "u0") == 2


def test_it_is_the_index_that_is_asked_and_the_id_stands_nowhere_in_clear(northwind: Licensee):
    known = "somebody-very-special"
    accept(licensee=northwind, items=[replace(incoming(), messages=spoken_by(known))], by=TESTS)
    [row] = Participant.objects.values()
    assert known.encode() not in b"".join(
        bytes(value) for value in row.values() if isinstance(value, bytes | memoryview)
    )
    assert known not in str(row)
    assert found(northwind, known) == 1
    Participant.objects.update(external_id_sealed=None)
    assert found(northwind, known) == 1


def spoken_by(account: str) -> tuple[IncomingMessage, ...]:
    return tuple(replace(message, sender=account) for message in incoming().messages)


def test_the_palette_finds_by_it(northwind: Licensee, mara: User):
    case = make_case(northwind)
    Participant.objects.filter(conversation=case.conversation).update(external_id_sealed=None)
    assert find_cases(text="u1", by=mara) == [case]
    assert find_cases(text="u2", by=mara) == []


def test_more_is_known_again_under_an_older_key_and_a_newer_one(northwind: Licensee, adam: User):
    """In the day in which both are in use an account is never two."""
    accept(licensee=northwind, items=[incoming(messages=2)], by=TESTS)
    replace_key(licensee=northwind, by=adam)
    [outcome] = accept(licensee=northwind, items=[incoming(messages=4)], by=TESTS)
    assert (outcome.messages_accepted, outcome.messages_duplicate) == (2, 2)
    assert Participant.objects.count() == 2
    list(index_anew(licensee=northwind))
    [outcome] = accept(licensee=northwind, items=[incoming(messages=6)], by=TESTS)
    assert (outcome.messages_accepted, outcome.messages_duplicate) == (2, 4)
    assert Participant.objects.count() == 2


def test_of_what_was_erased_the_older_index_stays(northwind: Licensee, adam: User):
    make_case(northwind)
    Participant.objects.update(external_id_sealed=None)
    replace_key(licensee=northwind, by=adam)
    assert sum(index_anew(licensee=northwind)) == 0
    IndexKey.objects.exclude(replaced_at=None).update(replaced_at=timezone.now() - timedelta(days=2))
    assert retire_keys(licensee=northwind, by=adam) == 0
    assert found(northwind, "u0") == 1


def test_another_key_finds_the_same_at_every_step(northwind: Licensee, adam: User):
    accept(licensee=northwind, items=[incoming("c1")], by=TESTS)
    make_case(northwind, external_id="c2")
    before = set(Participant.objects.values_list("account_index", flat=True))
    assert found(northwind, "u0") == 2
    old = IndexKey.objects.get()
    replace_key(licensee=northwind, by=adam)
    accept(licensee=northwind, items=[incoming("c3")], by=TESTS)
    assert found(northwind, "u0") == 3
    assert sum(index_anew(licensee=northwind)) == 4
    assert found(northwind, "u0") == 3
    assert before.isdisjoint(set(Participant.objects.values_list("account_index", flat=True)))
    assert retire_keys(licensee=northwind, by=adam) == 0
    IndexKey.objects.filter(pk=old.pk).update(replaced_at=timezone.now() - timedelta(days=2))
    assert retire_keys(licensee=northwind, by=adam) == 1
    assert DataKey.objects.get(pk=old.data_key_id).wrapped is None
    assert found(northwind, "u0") == 3
    assert sum(index_anew(licensee=northwind)) == 0


def test_the_command_indexes_under_another_key(
    northwind: Licensee, adam: User, capsys: pytest.CaptureFixture[str]
):
    make_case(northwind)
    call_command("index_accounts", "--new", "--by", adam.email)
    assert "Northwind: 2 accounts indexed, 0 old keys destroyed." in capsys.readouterr().out
    assert set(Participant.objects.values_list("index_key__replaced_at", flat=True)) == {None}
    assert Conversation.objects.count() == 1
