"""Delivery to the stand-in under every fault: never two finished reports, no silent loss, no blind repetition."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals import sending
from referrals.cybertip_standin import Fault, ReportState, StandIn
from referrals.cybertip_standin_http import Server
from referrals.delivering import give_up, go_on, mark_arrived, release_packet, start_anew
from referrals.delivery_policies import FINISH_UNKNOWN, NO_SECOND_SUBMIT
from referrals.formats.cybertip_check import read_xml
from referrals.journal import words_of
from referrals.models import Delivery, Escalation, Packet, Recipient
from referrals.sending import send_released
from referrals.standing import standings, undelivered
from referrals.tests.conftest import approved_by, ask
from referrals.tests.deliveries import Clock, now_due, story, write_secret
from review.models import Case
from scoring.models import PreservationHold

State = Delivery.State
WHY = "Looked at their page together with Ines."
ALL = ["release released"]
ALL += [f"{step} {kind}" for step in ("submit",) for kind in ("intended", "done")]
ALL += [f"{step} {kind}" for step in ("upload", "file_info") * 2 for kind in ("intended", "done")]
ALL += ["finish intended", "finish done"]


@pytest.fixture(autouse=True)
def short_calls(settings: Any) -> None:
    settings.ARTEMIS_DELIVERY_SECONDS = 1


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def finished(standin: StandIn) -> list[int]:
    return [report.number for report in standin.in_state(ReportState.FINISHED)]


# --- The straight way ------------------------------------------------------------------------------


def test_a_released_packet_becomes_one_finished_report(delivery: Delivery, standin: StandIn) -> None:
    assert send_released() == 1
    arrived = fresh(delivery)
    (report,) = standin.in_state(ReportState.FINISHED)
    assert (arrived.state, arrived.reference) == (State.ACKNOWLEDGED, str(report.number))
    assert story(delivery) == ALL
    receipt = arrived.receipts.get()
    assert f"<reportId>{report.number}</reportId>" in receipt.answer
    assert receipt.answer_digest == hashlib.sha256(receipt.answer.encode()).hexdigest()
    assert send_released() == 0
    assert len(standin.calls) == 6


def test_what_is_sent_are_the_bytes_that_were_approved(
    delivery: Delivery, sealed_packet: Packet, standin: StandIn
) -> None:
    send_released()
    (report,) = standin.in_state(ReportState.FINISHED)
    by_name = {file.name.rpartition("-")[2]: file for file in report.files.values()}
    archive = next(file for file in report.files.values() if file.name.endswith(".zip"))
    assert archive.sha256 == sealed_packet.archive_digest
    table = read_xml(by_name["transcript.csv"].details)
    assert table.findtext("fileViewedByEsp") == "true"
    assert table.findtext("originalFileHash") == by_name["transcript.csv"].sha256
    assert read_xml(archive.details).findtext("fileViewedByEsp") is None
    submitted = delivery.journal.get(step="submit", kind="intended").facts["sha256"]
    assert hashlib.sha256(report.document).hexdigest() == submitted


def test_from_the_receipt_on_the_evidence_is_held_for_a_year(delivery: Delivery) -> None:
    send_released()
    hold = PreservationHold.objects.get()
    arrived = fresh(delivery)
    assert hold.conversation_id == delivery.packet.approval.escalation.case.conversation_id
    assert hold.packet_key_id == delivery.packet.data_key_id
    assert arrived.arrived_at is not None
    assert hold.until == arrived.arrived_at.replace(year=arrived.arrived_at.year + 1)
    assert hold.basis.startswith("18 USC 2258A(h)(1)")


def test_nothing_is_sent_that_nobody_released(sealed_packet: Packet, standin: StandIn) -> None:
    assert send_released() == 0
    assert standin.calls == []


def test_the_trail_names_every_hand(delivery: Delivery) -> None:
    send_released()
    events = AuditEvent.objects.filter(object_type="delivery").order_by("case_sequence")
    assert [(event.verb, event.actor) for event in events] == [
        (Verb.DELIVERY_RELEASED, delivery.released_by.actor_name),
        (Verb.DELIVERY_BEGUN, "machine:courier"),
        (Verb.DELIVERY_ACKNOWLEDGED, "machine:courier"),
        (Verb.EVIDENCE_HELD, "machine:courier"),
    ]


# --- Releasing -------------------------------------------------------------------------------------


def test_only_a_supervisor_releases(
    sealed_packet: Packet, clearing_house: Recipient, mara: User, kai: User
) -> None:
    for person in (mara, kai):
        with pytest.raises(NotAllowed):
            release_packet(packet_id=sealed_packet.pk, by=person, seen_revision=clearing_house.revision)
    assert not Delivery.objects.exists()


def test_a_packet_is_released_once_to_a_recipient(delivery: Delivery, ines: User) -> None:
    with pytest.raises(NotPossible) as refusal:
        release_packet(packet_id=delivery.packet_id, by=ines, seen_revision=0)
    assert refusal.value.sentence.startswith("Otto released it to Stand-in of the CyberTipline already.")
    assert Delivery.objects.count() == 1


def test_a_changed_recipient_is_read_before_anything_goes_there(
    sealed_packet: Packet, clearing_house: Recipient, otto: User
) -> None:
    Recipient.objects.filter(pk=clearing_house.pk).update(revision=1)
    with pytest.raises(NotPossible, match="was changed since you opened this page"):
        release_packet(packet_id=sealed_packet.pk, by=otto, seen_revision=0)
    assert not Delivery.objects.exists()


def test_a_recipient_that_changed_after_the_release_gets_nothing(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn
) -> None:
    Recipient.objects.filter(pk=clearing_house.pk).update(revision=1)
    send_released()
    assert fresh(delivery).state == State.FAILED
    assert standin.calls == []


def test_production_needs_the_environment_as_well(
    case: Case, clearing_house: Recipient, mara: User, otto: User, settings: Any
) -> None:
    Recipient.objects.filter(pk=clearing_house.pk).update(is_test=False)
    sealed_packet = approved_by(ask(case, mara, clearing_house), otto)
    with pytest.raises(NotPossible, match="delivers to test endpoints only"):
        release_packet(packet_id=sealed_packet.pk, by=otto, seen_revision=0)
    settings.ARTEMIS_PRODUCTION_DELIVERY = True
    delivery = release_packet(packet_id=sealed_packet.pk, by=otto, seen_revision=0)
    assert not delivery.is_test


# --- Every fault switch ----------------------------------------------------------------------------

CALLS = ["submit", "upload", "fileinfo", "finish"]
STEPS = {"fileinfo": "file_info"}
REFUSING = [
    Fault.ERROR_AS_200,
    Fault.ERROR_AS_400,
    Fault.UNAUTHORISED_WITH_BODY,
    Fault.UNAUTHORISED_WITHOUT_BODY,
]
LOSING = [Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.DROPPED_BEFORE]
LOSING_WHAT_IS_DONE = [Fault.DONE_TIMEOUT, Fault.DONE_TRUNCATED, Fault.DONE_DROPPED]


def go_wrong(delivery: Delivery, standin: StandIn, call: str, fault: Fault, *, state: str, kind: str) -> None:
    """It stops, says so, and nothing more is sent however often a worker looks."""
    standin.switch(call, fault)
    send_released()
    assert fresh(delivery).state == state, fault
    assert story(delivery)[-1] == f"{STEPS.get(call, call)} {kind}"
    calls = len(standin.calls)
    now_due(delivery)
    assert send_released() == 0
    assert len(standin.calls) == calls


@pytest.mark.parametrize("call", CALLS)
def test_whatever_goes_wrong_stops_and_starting_anew_leaves_one_finished_report(
    call: str, delivery: Delivery, standin: StandIn, otto: User
) -> None:
    losing = LOSING if call == "finish" else [*LOSING, *LOSING_WHAT_IS_DONE]
    for fault in REFUSING:
        go_wrong(delivery, standin, call, fault, state=State.FAILED, kind="refused")
        start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    for fault in losing:
        go_wrong(delivery, standin, call, fault, state=State.UNKNOWN, kind="unknown")
        start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert fresh(delivery).state == State.ACKNOWLEDGED
    assert finished(standin) == [int(fresh(delivery).reference)]
    # Only reports whose number never came back stay open there, to expire.
    assert len(standin.in_state(ReportState.OPEN)) == (3 if call == "submit" else 0)


@pytest.mark.parametrize("fault", LOSING_WHAT_IS_DONE)
def test_a_finish_that_was_done_is_found_by_going_on(
    fault: Fault, delivery: Delivery, standin: StandIn, otto: User
) -> None:
    go_wrong(delivery, standin, "finish", fault, state=State.UNKNOWN, kind="unknown")
    with pytest.raises(NotPossible) as refusal:
        give_up(delivery_id=delivery.pk, by=otto, reason=WHY)
    assert refusal.value.sentence == FINISH_UNKNOWN
    go_on(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert fresh(delivery).state == State.ACKNOWLEDGED
    assert finished(standin) == [int(fresh(delivery).reference)]
    assert standin.calls.count("submit") == 1


def test_a_finish_that_was_done_is_found_by_starting_anew(
    delivery: Delivery, standin: StandIn, otto: User
) -> None:
    go_wrong(delivery, standin, "finish", Fault.DONE_DROPPED, state=State.UNKNOWN, kind="unknown")
    start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert story(delivery)[-1] == "retract arrived"
    assert fresh(delivery).state == State.ACKNOWLEDGED
    assert finished(standin) == [int(fresh(delivery).reference)]
    assert standin.calls.count("submit") == 1


def test_the_opening_of_a_report_is_never_let_go_on(delivery: Delivery, standin: StandIn, otto: User) -> None:
    standin.switch("submit", Fault.DONE_TIMEOUT)
    send_released()
    with pytest.raises(NotPossible) as refusal:
        go_on(delivery_id=delivery.pk, by=otto, reason=WHY)
    assert refusal.value.sentence == NO_SECOND_SUBMIT
    assert standin.calls == ["submit"]


def test_an_orphan_expires_and_is_never_finished(
    delivery: Delivery, standin: StandIn, clock: Clock, otto: User
) -> None:
    standin.switch("submit", Fault.DONE_TIMEOUT)
    send_released()
    start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert len(standin.in_state(ReportState.OPEN)) == 1
    clock.ahead = timedelta(hours=25)
    assert len(standin.in_state(ReportState.EXPIRED)) == 1
    assert len(finished(standin)) == 1


def test_a_person_may_record_that_it_arrived(delivery: Delivery, standin: StandIn, otto: User) -> None:
    standin.switch("finish", Fault.DONE_TIMEOUT)
    send_released()
    (number,) = finished(standin)
    mark_arrived(
        delivery_id=delivery.pk, by=otto, reference=str(number), arrived_at=timezone.now(), reason=WHY
    )
    assert fresh(delivery).state == State.ACKNOWLEDGED
    assert fresh(delivery).receipts.get().recorded_by == otto
    assert PreservationHold.objects.count() == 1
    assert send_released() == 0


def test_a_damaged_file_is_not_finished(delivery: Delivery, standin: StandIn, otto: User) -> None:
    standin.switch("upload", Fault.WRONG_MD5)
    send_released()
    assert fresh(delivery).state == State.FAILED
    last = delivery.journal.latest("number")
    assert (
        last.sentence == "The file arrived damaged: their MD5 differs from ours. The report was not finished."
    )
    start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert len(standin.in_state(ReportState.RETRACTED)) == 1
    assert len(finished(standin)) == 1


def test_a_report_that_expired_meanwhile_is_said_so(
    delivery: Delivery, standin: StandIn, clock: Clock, otto: User
) -> None:
    standin.switch("upload", Fault.DROPPED_BEFORE)
    send_released()
    clock.ahead = timedelta(hours=25)
    go_on(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert fresh(delivery).state == State.FAILED
    assert "deleted unfinished" in delivery.journal.latest("number").sentence
    start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert fresh(delivery).state == State.ACKNOWLEDGED


def test_what_a_person_writes_is_sealed_and_not_in_the_trail(delivery: Delivery, otto: User) -> None:
    fault = "The desk said that blue bicycles are not theirs."
    give_up(delivery_id=delivery.pk, by=otto, reason=fault)
    entry = delivery.journal.latest("number")
    assert words_of(delivery, entry) == fault
    assert entry.sentence == ""
    assert b"bicycles" not in bytes(entry.words_sealed)
    assert not AuditEvent.objects.filter(entry__contains="bicycles").exists()


def test_what_was_only_released_or_given_up_has_not_left_the_house(delivery: Delivery, otto: User) -> None:
    escalations = Escalation.objects.filter(pk=delivery.packet.approval.escalation_id)
    assert undelivered(escalations).exists()
    give_up(delivery_id=delivery.pk, by=otto, reason=WHY)
    assert undelivered(escalations).exists()
    assert standings(escalations)[escalations.get().pk].due_at is not None


def test_what_arrived_has_left_the_house(delivery: Delivery) -> None:
    send_released()
    escalations = Escalation.objects.filter(pk=delivery.packet.approval.escalation_id)
    assert not undelivered(escalations).exists()
    assert standings(escalations)[escalations.get().pk].due_at is None


# --- Servers that are not there ----------------------------------------------------------------------


def test_a_server_that_is_not_reached_is_tried_later_and_then_a_person_looks(
    delivery: Delivery, server: Server, settings: Any
) -> None:
    settings.ARTEMIS_DELIVERY_TRIES = 2
    server.close()
    send_released()
    waiting = fresh(delivery)
    assert (waiting.state, waiting.tries) == (State.RELEASED, 1)
    assert waiting.look_after > timezone.now()
    now_due(delivery)
    send_released()
    assert fresh(delivery).state == State.FAILED
    assert story(delivery)[1:] == ["submit intended", "submit not_sent"] * 2


def test_a_login_that_is_missing_or_open_to_others_sends_nothing(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn
) -> None:
    write_secret(clearing_house, "login", "a:b").chmod(0o644)
    send_released()
    assert fresh(delivery).state == State.FAILED
    assert "Others may read" in delivery.journal.latest("number").sentence
    assert standin.calls == []


def test_a_worker_that_was_taken_over_writes_no_state_but_keeps_its_answer(
    delivery: Delivery, standin: StandIn, otto: User
) -> None:
    """It was slow, not dead: what it learnt late is in the journal, and the report is not orphaned."""
    lease = sending.take()
    assert lease is not None
    transport = sending._transport(lease)
    step = sending._next_step(lease, transport)
    assert step == "submit"
    now_due(delivery)
    send_released()
    assert fresh(delivery).state == State.UNKNOWN
    answer = transport.make(step, sending._read(lease))
    assert not sending._settled(lease, step, answer)
    assert fresh(delivery).state == State.UNKNOWN
    go_on(delivery_id=delivery.pk, by=otto, reason=WHY)
    send_released()
    assert fresh(delivery).state == State.ACKNOWLEDGED
    assert standin.calls.count("submit") == 1


def test_a_packet_that_did_not_arrive_still_waits_for_somebody(
    delivery: Delivery, standin: StandIn, otto: User
) -> None:
    """Nothing ends silently: neither a failed delivery nor one that was given up counts as brought."""
    escalations = Escalation.objects.all()
    assert undelivered(escalations).exists()
    standin.switch("submit", Fault.ERROR_AS_400)
    send_released()
    assert undelivered(escalations).exists()
    give_up(delivery_id=delivery.pk, by=otto, reason=WHY)
    assert undelivered(escalations).exists()
    release_packet(packet_id=delivery.packet_id, by=otto, seen_revision=0)
    send_released()
    assert not undelivered(escalations).exists()
