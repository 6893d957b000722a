"""What a person does about a delivery: release it, let it go on, start anew, record that it arrived, give it up.

Every caller is a view that a person posted to. Nothing here sends: the row is written, and a worker is told to look.
"""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.coverage import wait_for_checkpoint
from audit.record import record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from referrals import journal
from referrals.acknowledging import acknowledge
from referrals.delivery_permissions import check_may_act_on, check_may_deliver
from referrals.delivery_policies import (
    check_can_be_acknowledged,
    check_can_be_given_up,
    check_can_be_released,
    check_can_go_on,
    check_can_start_anew,
    check_endpoint_allowed,
    check_feedback,
    check_words,
)
from referrals.feedback import seal_feedback
from referrals.models import Delivery, DeliveryFeedback, Packet, Recipient
from referrals.permissions import check_may_download, get_packet_for
from referrals.requests import begin_request
from referrals.routing import check_one_clearing_house, was_test
from referrals.transports.download import open_archive
from referrals.transports.encryption import check_has_keys, encrypted_for
from referrals.transports.interface import Kind, Unfit
from scoring.doorbell import ring
from scoring.preservation import extend_hold

State = Delivery.State
TASK = "referrals.tasks.send_released"
PERSON = "person"


# --- Taking it by hand -----------------------------------------------------------------------------


def download(*, packet_id: int, by: User) -> bytes:
    """The sealed archive, byte for byte as it was sealed. Who took it is committed before it is handed out."""
    packet = _when_sealed(packet_id, by)
    with transaction.atomic():
        check_may_download(by, packet)
        archive = open_archive(packet)
        _hand_out(packet, by=by, transport=Recipient.Transport.DOWNLOAD, digest_after=packet.archive_digest)
    return archive


def download_encrypted(*, packet_id: int, by: User) -> bytes:
    """The sealed archive, encrypted to the keys of the recipient that it was approved for."""
    packet = _when_sealed(packet_id, by)
    with transaction.atomic():
        check_may_download(by, packet)
        recipient = _recipient_of(packet)
        try:
            check_has_keys(recipient)
            data = encrypted_for(recipient, open_archive(packet))
        except Unfit as reason:
            raise NotPossible(str(reason), about=packet.about()) from None
        digest = hashlib.sha256(data).hexdigest()
        _hand_out(packet, by=by, transport=Recipient.Transport.ENCRYPTED_FILE, digest_after=digest)
    return data


def _when_sealed(packet_id: int, by: User) -> Packet:
    """Nothing leaves the house before a signed checkpoint covers its approval and its sealing."""
    packet = get_packet_for(by, packet_id)
    wait_for_checkpoint(packet.about())
    return packet


def _hand_out(packet: Packet, *, by: User, transport: str, digest_after: str) -> None:
    recipient = _recipient_of(packet)
    delivery = Delivery.objects.create(
        packet=packet,
        recipient=recipient,
        transport=transport,
        released_by=by,
        archive_digest=packet.archive_digest,
        is_test=was_test(packet, recipient),
        recipient_revision=recipient.revision,
    )
    payload = {
        "delivery": delivery.pk,
        "archive_digest": packet.archive_digest,
        "digest_after": digest_after,
        "way": transport,
    }
    verb = Verb.PACKET_DOWNLOADED
    now = timezone.now()
    transition(delivery, to=State.DELIVERED, by=by, verb=verb, payload=payload, arrived_at=now)


# --- Releasing -------------------------------------------------------------------------------------


def release_packet(*, packet_id: int, by: User, seen_revision: int, priority: int | None = None) -> Delivery:
    """Row first: a worker that never comes, or comes late, finds it. By checklist it lies in a person's hands."""
    packet = _when_sealed(packet_id, by)
    with transaction.atomic():
        check_may_deliver(by, packet)
        recipient = Recipient.objects.select_for_update().get(pk=_recipient_of(packet).pk)
        check_can_be_released(packet, recipient, seen_revision=seen_revision, priority=priority)
        delivery = Delivery.objects.create(
            packet=packet,
            recipient=recipient,
            transport=recipient.transport,
            archive_digest=packet.archive_digest,
            released_by=by,
            is_test=recipient.is_test,
            priority=priority,
            recipient_revision=recipient.revision,
        )
        facts = {
            "archive_digest": packet.archive_digest,
            "recipient": recipient.pk,
            "recipient_revision": recipient.revision,
            "way": recipient.transport,
            "is_test": recipient.is_test,
            "priority": priority,
        }
        journal.write(delivery, step="release", kind=Kind.RELEASED, by=by, facts=facts)
        verb = Verb.DELIVERY_RELEASED
        if not recipient.is_sent:
            return transition(delivery, to=State.WITH_PERSON, by=by, verb=verb, payload=facts)
        record(verb, by=by, about=delivery.about(), payload=facts)
    ring(TASK)
    return delivery


def go_on(*, delivery_id: int, by: User, reason: str) -> Delivery:
    """The step that failed, or whose outcome is unknown, is made once more with the same report."""
    delivery = _release_again(delivery_id, by, reason, verb=Verb.DELIVERY_ASKED_AGAIN)
    ring(TASK)
    return delivery


def start_anew(*, delivery_id: int, by: User, reason: str) -> Delivery:
    """Whatever was left open there is taken back first, and only then is another report opened."""
    delivery = _release_again(delivery_id, by, reason, verb=Verb.DELIVERY_STARTED_ANEW)
    ring(TASK)
    return delivery


def _release_again(delivery_id: int, by: User, reason: str, *, verb: Verb) -> Delivery:
    is_new = verb == Verb.DELIVERY_STARTED_ANEW
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        (check_can_start_anew if is_new else check_can_go_on)(delivery)
        check_words(delivery, reason)
        check_endpoint_allowed(delivery.recipient, delivery.packet)
        check_one_clearing_house(delivery.packet, delivery.recipient)
        attempt = delivery.attempt + is_new
        delivery = transition(
            delivery,
            to=State.RELEASED,
            by=by,
            verb=verb,
            payload={"attempt": attempt, "archive_digest": delivery.archive_digest},
            attempt=attempt,
            tries=0,
            look_after=timezone.now(),
            recipient_revision=delivery.recipient.revision,
        )
        journal.write(
            delivery, step="release", kind=Kind.RELEASED, by=by, words=reason, facts={"anew": is_new}
        )
        return delivery


# --- Afterwards ------------------------------------------------------------------------------------


def mark_arrived(
    *, delivery_id: int, by: User, reference: str, arrived_at: datetime, reason: str
) -> Delivery:
    """A person looked, or was told: the recipient has it, under this reference. From now on the evidence is held."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        check_can_be_acknowledged(delivery, reference=reference, arrived_at=arrived_at)
        check_words(delivery, reason)
        facts = {"reference": reference.strip(), "arrived_at": arrived_at.isoformat()}
        journal.write(delivery, step=PERSON, kind=Kind.NOTED, by=by, words=reason, facts=facts)
        return acknowledge(delivery, reference=reference.strip(), arrived_at=arrived_at, by=by)


def note(*, delivery_id: int, by: User, words: str, item: str = "") -> None:
    """A line of the journal by a person: an item of the checklist that is done, or what they found."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        check_words(delivery, words)
        # The words of an item are ours; what a person wrote is sealed.
        entry = journal.write(
            delivery,
            step=item or PERSON,
            kind=Kind.NOTED,
            by=by,
            facts={"item": item},
            sentence=words if item else "",
            words="" if item else words,
        )
        payload = {"entry": entry.number, "item": item}
        record(Verb.DELIVERY_NOTED, by=by, about=delivery.about(), payload=payload)


def give_up(*, delivery_id: int, by: User, reason: str) -> Delivery:
    """Neutral: the packet stays as it is, and can be delivered again or by another way."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        check_can_be_given_up(delivery)
        check_words(delivery, reason)
        journal.write(delivery, step=PERSON, kind=Kind.NOTED, by=by, words=reason)
        return transition(
            delivery,
            to=State.GIVEN_UP,
            by=by,
            verb=Verb.DELIVERY_GIVEN_UP,
            payload={"archive_digest": delivery.archive_digest},
        )


def record_feedback(*, delivery_id: int, by: User, outcome: str, words: str) -> DeliveryFeedback:
    """What the recipient said, kept with the case; it changes neither packet nor decision."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        check_feedback(delivery, words)
        sealed, row = seal_feedback(delivery, words)
        feedback = DeliveryFeedback.objects.create(
            delivery=delivery, outcome=outcome, words_sealed=sealed, row=row, recorded_by=by
        )
        payload = {"feedback": feedback.pk, "outcome": outcome}
        record(Verb.FEEDBACK_RECORDED, by=by, about=delivery.about(), payload=payload)
        if outcome == DeliveryFeedback.Outcome.MORE_ASKED:
            begin_request(feedback, delivery, by=by)
        return feedback


def keep_longer(*, delivery_id: int, by: User, until: datetime, reason: str) -> None:
    """Extend the preservation hold of what was delivered."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(delivery_id)
        check_may_act_on(by, delivery)
        conversation = delivery.packet.approval.escalation.case.conversation
        extend_hold(conversation=conversation, until=until, reason=reason, by=by, about=delivery.about())


def _recipient_of(packet: Packet) -> Recipient:
    return packet.approval.escalation.current.recipient
