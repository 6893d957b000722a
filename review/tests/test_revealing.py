"""Text is shown to whoever holds the claim, message by message, and never before that is recorded."""

from functools import partial

import pytest

from accounts.access import NotAllowed
from accounts.models import User
from audit import record as audit_record
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review import revealing
from review.models import Case, Decision, Reveal
from review.queue import claim, release
from review.tests.acts import escalated, in_days, read_notes
from review.tests.racing import race
from review.workflow import decide, return_case, reveal
from scoring.evidence import open_texts
from tests.factories import TEXTS, make_case


def test_it_answers_the_texts_and_records_which(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)

    assert reveal(case_id=case.pk, numbers=[5, 3], by=mara) == {3: TEXTS[2], 5: TEXTS[4]}
    seen = Reveal.objects.filter(case=case, revealed_by=mara)
    assert sorted(seen.values_list("message__number", flat=True)) == [3, 5]
    event = AuditEvent.objects.get(verb=Verb.EVIDENCE_VIEWED)
    assert sorted(event.payload["messages"]) == sorted(seen.values_list("message_id", flat=True))
    assert event.case_reference == case.reference


def test_it_is_recorded_before_anything_is_decrypted(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    claim(case_id=case.pk, by=mara)
    recorded_by_then = []

    def watched(*arguments):
        recorded_by_then.append(AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).exists())
        return open_texts(*arguments)

    monkeypatch.setattr(revealing, "open_texts", watched)
    reveal(case_id=case.pk, numbers=[1], by=mara)

    assert recorded_by_then == [True]


def test_if_it_cannot_be_recorded_nothing_is_decrypted(
    case: Case, mara: User, monkeypatch: pytest.MonkeyPatch
):
    claim(case_id=case.pk, by=mara)

    def broken(*_, **__):
        raise audit_record.OutsideTransaction("The trail is full.")

    def forbidden(*_):
        raise AssertionError("Text was decrypted without a record.")

    monkeypatch.setattr(revealing, "record", broken)
    monkeypatch.setattr(revealing, "open_texts", forbidden)
    with pytest.raises(audit_record.OutsideTransaction):
        reveal(case_id=case.pk, numbers=[1], by=mara)

    assert not Reveal.objects.exists()


def test_seeing_it_again_is_recorded_again_and_counts_once(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1], by=mara)
    reveal(case_id=case.pk, numbers=[1, 2], by=mara)

    assert Reveal.objects.count() == 2
    assert AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count() == 2


def test_without_the_claim_it_is_refused(case: Case, mara: User):
    with pytest.raises(NotPossible) as refusal:
        reveal(case_id=case.pk, numbers=[1], by=mara)

    assert refusal.value.sentence == "You have not claimed this case. Claim it, then nobody else works on it."
    assert not Reveal.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).exists()


def test_after_the_release_it_is_refused(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1], by=mara)
    release(case_id=case.pk, by=mara)

    with pytest.raises(NotPossible):
        reveal(case_id=case.pk, numbers=[1], by=mara)


def test_a_supervisor_of_the_licensee_reads_without_a_claim(case: Case, otto: User):
    assert reveal(case_id=case.pk, numbers=[1], by=otto) == {1: TEXTS[0]}
    assert AuditEvent.objects.get(verb=Verb.EVIDENCE_VIEWED).actor == otto.actor_name


@pytest.mark.parametrize("person", ["kai", "june", "adam"])
def test_nobody_else_reads_anything(case: Case, person: str, request: pytest.FixtureRequest):
    with pytest.raises(NotAllowed):
        reveal(case_id=case.pk, numbers=[1], by=request.getfixturevalue(person))

    assert not Reveal.objects.exists()


def test_a_turn_that_is_not_there_is_refused_as_a_whole(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)

    with pytest.raises(NotPossible, match="This conversation has no turn 99"):
        reveal(case_id=case.pk, numbers=[1, 99], by=mara)
    assert not Reveal.objects.exists()


def test_a_long_conversation_is_not_revealed_at_one_go(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)

    with pytest.raises(NotPossible, match="At most 200 turns are revealed at once"):
        reveal(case_id=case.pk, numbers=range(1, 202), by=mara)


def test_erased_text_is_said_to_be_erased(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    data_key = case.conversation.data_key
    data_key.wrapped, data_key.destroyed_at = None, case.opened_at
    data_key.save()

    with pytest.raises(NotPossible, match="The text of this conversation was erased at"):
        reveal(case_id=case.pk, numbers=[1], by=mara)


def test_reading_a_private_note_is_recorded_as_reading_evidence(case: Case, mara: User, ines: User):
    claim(case_id=case.pk, by=mara)
    decision = decide(
        case_id=case.pk,
        by=mara,
        disposition=Decision.Disposition.MONITOR,
        monitor_until=in_days(7),
        note="Seen twice this week.",
        seen_revision=1,
    )

    assert b"Seen twice" not in bytes(decision.note_sealed)
    assert read_notes(case_id=case.pk, by=ines) == {("decision", decision.pk): "Seen twice this week."}
    event = AuditEvent.objects.get(verb=Verb.EVIDENCE_VIEWED)
    assert event.payload == {"decision_notes": [decision.pk]}


def test_a_returned_case_is_masked_for_the_next_person(
    case: Case, mara: User, northwind: Licensee, otto: User
):
    escalated(case, mara)
    return_case(case=case, by=otto, reason="declined")

    with pytest.raises(NotPossible):
        reveal(case_id=case.pk, numbers=[1], by=mara)


@pytest.mark.django_db(transaction=True)
def test_pressing_reveal_twice_at_once_counts_once(northwind: Licensee, mara: User):
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    act = partial(reveal, case_id=case.pk, numbers=[1, 2], by=mara)

    assert race(act, act) == [{1: TEXTS[0], 2: TEXTS[1]}] * 2
    assert Reveal.objects.count() == 2
