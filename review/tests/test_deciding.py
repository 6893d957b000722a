"""Deciding: the judgement of what one has read, once, by whoever holds the case."""

from functools import partial

import pytest
from django.db.models import F

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Claim, Decision
from review.notes import open_decision_note
from review.queue import claim, claim_next
from review.tests.acts import dismiss, escalated, in_days, rescored
from review.tests.racing import race
from review.workflow import decide, refer_case, return_case
from scoring.models import Conversation
from tests.factories import make_case

Disposition = Decision.Disposition


def test_a_decision_closes_the_case_and_ends_the_claim(case: Case, mara: User):
    decision = dismiss(case, mara)

    case.refresh_from_db()
    assert case.state == Case.State.DECIDED
    assert case.closed_at == decision.decided_at
    assert Claim.objects.get().ending == Claim.Ending.DECIDED
    event = AuditEvent.objects.get(verb=Verb.CASE_DECIDED)
    assert event.payload["disposition"] == Disposition.NO_ACTION
    assert event.payload["reason"] == Decision.Reason.PEERS


def test_it_notes_the_revision_and_the_band_that_were_judged(case: Case, mara: User):
    rescored(case.conversation, probability=0.99)

    decision = dismiss(case, mara)

    assert (decision.conversation_revision, decision.band) == (2, "imminent")


def test_the_private_note_is_sealed(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    decision = decide(
        case_id=case.pk,
        by=mara,
        disposition=Disposition.MONITOR,
        monitor_until=in_days(7),
        note="a private word",
        seen_revision=1,
    )

    decision = Decision.objects.select_related("case__conversation__data_key").get(pk=decision.pk)
    assert b"a private word" not in bytes(decision.note_sealed)
    assert open_decision_note(decision) == "a private word"
    assert not AuditEvent.objects.filter(entry__contains="a private word").exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"disposition": Disposition.NO_ACTION}, "No action needs the reason why the flag was mistaken"),
        ({"disposition": Disposition.MONITOR, "reason": "peers"}, "No action needs the reason"),
        ({"disposition": Disposition.PLATFORM_ACTION}, "A platform action names what the platform shall do"),
        ({"disposition": Disposition.MONITOR, "platform_action": "warn"}, "A platform action names"),
    ],
)
def test_an_incomplete_decision_is_refused(case: Case, mara: User, said: dict, sentence: str):
    claim(case_id=case.pk, by=mara)

    with pytest.raises(NotPossible) as refusal:
        decide(case_id=case.pk, by=mara, seen_revision=1, **said)

    assert refusal.value.sentence.startswith(sentence)
    _nothing_moved(case)


@pytest.mark.parametrize(
    ("arrived", "sentence"),
    [
        (3, "3 messages arrived since you opened this case. Read them, then decide."),
        (1, "1 message arrived since you opened this case. Read it, then decide."),
        (0, "A message was changed since you opened this case. Read it, then decide."),
    ],
)
def test_what_was_written_meanwhile_must_be_read_first(case: Case, mara: User, arrived: int, sentence: str):
    claim(case_id=case.pk, by=mara)
    Conversation.objects.update(revision=F("revision") + 1, message_count=F("message_count") + arrived)

    with pytest.raises(NotPossible) as refusal:
        decide(
            case_id=case.pk,
            by=mara,
            disposition=Disposition.MONITOR,
            monitor_until=in_days(7),
            seen_revision=1,
            seen_messages=8,
        )

    assert refusal.value.sentence == sentence
    _nothing_moved(case)


def test_a_decided_case_is_not_decided_again(case: Case, mara: User, ines: User):
    dismiss(case, mara)

    with pytest.raises(NotPossible, match=r"Mara decided this case at .* Take another from the queue\."):
        decide(
            case_id=case.pk,
            by=ines,
            disposition=Disposition.MONITOR,
            monitor_until=in_days(7),
            seen_revision=1,
        )
    assert Decision.objects.count() == 1


def test_an_escalation_waits_for_a_second_person(case: Case, mara: User, ines: User):
    decision = escalated(case, mara)

    case.refresh_from_db()
    assert case.state == Case.State.ESCALATED
    assert case.closed_at is None
    assert decision.disposition == Disposition.ESCALATE
    with pytest.raises(NotPossible, match="waits for a second person's answer"):
        claim(case_id=case.pk, by=ines)


def test_a_returned_case_waits_for_another_judgement(case: Case, mara: User, otto: User, ines: User):
    escalated(case, mara)

    assert return_case(case=case, by=otto, reason="declined").state == Case.State.WAITING
    event = AuditEvent.objects.get(verb=Verb.CASE_RETURNED)
    assert (event.actor, event.reason) == (otto.actor_name, "declined")
    assert claim_next(by=ines) == case


def test_a_referred_case_is_closed(case: Case, mara: User, otto: User):
    escalated(case, mara)

    referred = refer_case(case=case, by=otto)

    assert referred.state == Case.State.REFERRED
    assert referred.closed_at is not None
    assert AuditEvent.objects.filter(verb=Verb.CASE_REFERRED, case_reference=case.reference).count() == 1


def test_a_case_that_was_not_escalated_cannot_be_referred(case: Case, otto: User):
    with pytest.raises(NotPossible, match="This cannot go from “waiting” to “referred”"):
        refer_case(case=case, by=otto)
    case.refresh_from_db()
    assert case.state == Case.State.WAITING


@pytest.mark.django_db(transaction=True)
def test_the_same_key_pressed_twice_decides_once(northwind: Licensee, mara: User):
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)
        act = partial(
            decide,
            case_id=case.pk,
            by=mara,
            disposition=Disposition.MONITOR,
            monitor_until=in_days(7),
            seen_revision=1,
        )

        answers = race(act, act)

        assert sum(isinstance(answer, NotPossible) for answer in answers) == 1, answers
        assert Decision.objects.filter(case=case).count() == 1


def _nothing_moved(case: Case) -> None:
    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW
    assert not Decision.objects.exists()
    assert Claim.objects.get().ended_at is None
    assert not AuditEvent.objects.filter(verb=Verb.CASE_DECIDED).exists()
