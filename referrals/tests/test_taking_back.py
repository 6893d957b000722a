"""A retraction at the CyberTipline: /retract where the report is still open there, a plain sentence where it is not."""

import pytest
from django.utils import timezone

from accounts.models import User
from audit.transitions import NotPossible
from referrals import archive, delivering
from referrals.cybertip_standin import Fault, ReportState, StandIn
from referrals.following import begin
from referrals.formats.cybertip_check import read_xml
from referrals.models import Delivery, Escalation, Packet, Recipient
from referrals.packet_layout import CYBERTIP
from referrals.sending import send_released
from referrals.tests.conftest import approved_by
from referrals.tests.deliveries import now_due, story
from referrals.tests.test_following import submitted
from referrals.transports.download import open_archive

State, Relation = Delivery.State, Escalation.Relation
WHY = "The two accounts were mixed up when it was asked for."


def followed_by(packet: Packet, relation: str, mara: User, otto: User, to: Recipient) -> Packet:
    escalation = begin(packet_id=packet.pk, by=mara, relation=relation, grounds=WHY)
    return approved_by(submitted(Escalation.objects.get(pk=escalation.pk), mara, to), otto)


def released(packet: Packet, otto: User, to: Recipient) -> Delivery:
    return delivering.release_packet(packet_id=packet.pk, by=otto, seen_revision=to.revision)


def files_of(packet: Packet) -> dict[str, bytes]:
    members = archive.read(open_archive(packet)).members
    return {name.partition("/")[2]: data for name, data in members}


def test_an_open_report_is_taken_back(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn, mara: User, otto: User
) -> None:
    """The first one stopped half-way: a report is open there, and nobody finished it."""
    standin.switch("upload", Fault.DONE_DROPPED)
    send_released()
    (report,) = standin.in_state(ReportState.OPEN)
    packet = followed_by(delivery.packet, Relation.RETRACTS, mara, otto, clearing_house)
    assert CYBERTIP not in files_of(packet)
    retraction = released(packet, otto, clearing_house)
    send_released()
    retraction.refresh_from_db()
    assert story(retraction) == ["release released", "retract intended", "retract done"]
    assert (retraction.state, retraction.reference) == (State.ACKNOWLEDGED, str(report.number))
    assert standin.in_state(ReportState.RETRACTED) == [report]
    # The delivery that it takes back neither goes on nor starts anew; a person gives it up.
    for verb in (delivering.go_on, delivering.start_anew):
        with pytest.raises(NotPossible, match="This packet was retracted"):
            verb(delivery_id=delivery.pk, by=otto, reason="Let us try it once more.")
    delivering.give_up(delivery_id=delivery.pk, by=otto, reason="It was taken back.")
    assert not standin.in_state(ReportState.FINISHED)


def test_a_finished_report_is_not_taken_back_and_the_page_says_what_to_do(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn, mara: User, otto: User
) -> None:
    send_released()
    (report,) = standin.in_state(ReportState.FINISHED)
    packet = followed_by(delivery.packet, Relation.RETRACTS, mara, otto, clearing_house)
    with pytest.raises(NotPossible) as refusal:
        released(packet, otto, clearing_house)
    assert f"Report {report.number} is finished at {clearing_house}" in refusal.value.sentence
    assert "bring it to their contact (desk@recipient.example)" in refusal.value.sentence
    # By hand: it is downloaded, and the reference that they give is recorded.
    delivering.download(packet_id=packet.pk, by=otto)
    by_hand = Delivery.objects.get(packet=packet)
    delivering.mark_arrived(
        delivery_id=by_hand.pk,
        by=otto,
        reference="mail of 24 November",
        arrived_at=timezone.now(),
        reason="Their desk confirmed it by mail.",
    )
    assert Delivery.objects.get(pk=by_hand.pk).state == State.ACKNOWLEDGED
    assert "retract" not in standin.calls


def test_a_report_that_was_finished_after_all_says_so(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn, mara: User, otto: User
) -> None:
    """Nobody here knew whether it was finished: their server says so, and nothing is reported as taken back."""
    standin.switch("finish", Fault.DONE_DROPPED)
    send_released()
    packet = followed_by(delivery.packet, Relation.RETRACTS, mara, otto, clearing_house)
    retraction = released(packet, otto, clearing_house)
    send_released()
    retraction.refresh_from_db()
    assert retraction.state == State.FAILED
    last = retraction.journal.order_by("number").last()
    assert last is not None
    assert "takes no finished report back" in last.sentence
    delivering.give_up(delivery_id=retraction.pk, by=otto, reason="It goes by hand instead.")


def test_nothing_was_opened_there(
    sealed_packet: Packet, clearing_house: Recipient, mara: User, otto: User
) -> None:
    delivering.download(packet_id=sealed_packet.pk, by=otto)
    packet = followed_by(sealed_packet, Relation.RETRACTS, mara, otto, clearing_house)
    with pytest.raises(NotPossible, match="No report was opened at Stand-in of the CyberTipline"):
        released(packet, otto, clearing_house)


def test_a_worker_that_dies_does_not_take_back_twice(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn, mara: User, otto: User
) -> None:
    standin.switch("upload", Fault.DONE_DROPPED)
    send_released()
    packet = followed_by(delivery.packet, Relation.RETRACTS, mara, otto, clearing_house)
    retraction = released(packet, otto, clearing_house)
    standin.switch("retract", Fault.DONE_DROPPED)
    send_released()
    retraction.refresh_from_db()
    assert retraction.state == State.UNKNOWN
    delivering.go_on(delivery_id=retraction.pk, by=otto, reason="Their page shows it retracted.")
    now_due(retraction)
    send_released()
    retraction.refresh_from_db()
    assert retraction.state == State.ACKNOWLEDGED
    assert len(standin.in_state(ReportState.RETRACTED)) == 1


def test_a_supplement_is_a_report_that_names_the_first(
    delivery: Delivery, clearing_house: Recipient, standin: StandIn, mara: User, otto: User
) -> None:
    send_released()
    packet = followed_by(delivery.packet, Relation.SUPPLEMENTS, mara, otto, clearing_house)
    supplement = released(packet, otto, clearing_house)
    send_released()
    supplement.refresh_from_db()
    first, second = standin.in_state(ReportState.FINISHED)
    assert (supplement.state, supplement.reference) == (State.ACKNOWLEDGED, str(second.number))
    named = read_xml(second.document).findtext("personOrUserReported/priorCTReports")
    assert named == str(first.number)
