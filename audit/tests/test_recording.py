"""An act is recorded in its own transaction, or not at all."""

import hashlib
import json
from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import User
from audit.models import AuditEvent, AuditPending
from audit.record import About, Machine, OutsideTransaction, canonical_entry, record
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.onboarding import suspend

ABOUT = About(object_type="thing", object_id="1")
CASE = About(object_type="case", object_id="1", case_reference="NW-1")
TESTS = Machine("tests")


def write(about: About = ABOUT, **payload: object) -> AuditEvent:
    return record(Verb.CASE_CLAIMED, by=TESTS, about=about, payload=payload)


def roll_back(act: Callable[[], object]) -> None:
    with transaction.atomic():
        act()
        raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction() -> None:
    with pytest.raises(OutsideTransaction) as refusal:
        write()
    assert str(refusal.value) == "case:claimed must be recorded inside the transaction of the act itself."
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_record_goes_with_its_act_when_that_is_rolled_back(northwind: Licensee, adam: User) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(RuntimeError):
        roll_back(lambda: suspend(licensee_id=northwind.pk, by=adam, reason="Trial"))
    northwind.refresh_from_db()
    assert northwind.state == Licensee.State.LIVE
    assert AuditEvent.objects.count() == AuditPending.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_an_act_that_was_rolled_back_leaves_no_gap_in_its_case() -> None:
    with transaction.atomic():
        write(CASE)
    with pytest.raises(RuntimeError):
        roll_back(lambda: write(CASE))
    with transaction.atomic():
        write(CASE)
    numbers = AuditEvent.objects.order_by("case_sequence").values_list("case_sequence", flat=True)
    assert list(numbers) == [1, 2]


@pytest.mark.django_db
def test_the_entry_is_the_canonical_form_of_all_the_columns() -> None:
    written = write(CASE, threshold=0.7, whole=1.0, words="ä “quoted”", list=[3, 1], empty=None)
    event = AuditEvent.objects.get(pk=written.pk)
    assert canonical_entry(event) == event.entry
    derived = {"entry", "leaf_hash"}
    columns = {field.column for field in AuditEvent._meta.concrete_fields} - derived
    assert set(json.loads(event.entry)) == columns


@pytest.mark.django_db
def test_the_database_computes_the_leaf_hash() -> None:
    event = write()
    event.refresh_from_db()
    assert bytes(event.leaf_hash) == hashlib.sha256(b"\x00" + event.entry.encode()).digest()


@pytest.mark.django_db
def test_every_entry_waits_for_a_checkpoint() -> None:
    event = write()
    assert AuditPending.objects.filter(event_id=event.pk).exists()


@pytest.mark.django_db
def test_two_like_acts_have_different_hashes() -> None:
    first, second = write(), write()
    assert bytes(first.nonce) != bytes(second.nonce)
    assert first.entry != second.entry
