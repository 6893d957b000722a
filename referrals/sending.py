"""Carries out what a person released, and nothing else: lease, write down, do, write down.

A delivery's row is the outbox. Before each step its intention is committed; a worker that dies leaves it standing,
and then nobody repeats the step: what became of it is unknown, and a person is shown what is known.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.record import Machine
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from referrals import archive, journal
from referrals.acknowledging import acknowledge
from referrals.delivery_policies import check_recipient_unchanged
from referrals.follow_policies import check_not_retracted
from referrals.models import Delivery, Recipient
from referrals.taking_back import takes_back
from referrals.transports.choice import TRANSPORTS
from referrals.transports.cybertip import FINISH, RETRACT
from referrals.transports.download import open_archive
from referrals.transports.interface import (
    Answer,
    Kind,
    Line,
    Parcel,
    Setting,
    Transport,
    Unfit,
    done_in,
)

State = Delivery.State
COURIER = Machine("courier")
BREAK = timedelta(seconds=20)
DIED = (
    "The worker ended during this step, before an answer came: it may have been done there, or it may not. "
    "Nothing was repeated."
)

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker, or a person, took over meanwhile: this one writes no state any more."""


@dataclass(frozen=True)
class Lease:
    delivery_id: int
    number: int


def send_released() -> int:
    """Everything that is due now; answers how many deliveries were looked at."""
    looked = 0
    while (lease := take()) is not None:
        looked += 1
        try:
            carry(lease)
        except LeaseLost:
            log.warning("a delivery was taken over", delivery=lease.delivery_id)
    return looked


def take() -> Lease | None:
    """The oldest that is due: a released one, or one whose worker's lease ran out."""
    due = Q(
        transport__in=Recipient.SENT,
        state__in=[State.RELEASED, State.SENDING],
        look_after__lte=timezone.now(),
    )
    with transaction.atomic():
        rows = Delivery.objects.filter(due).order_by("look_after", "pk")
        found = rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True).first()
        if found is None:
            return None
        delivery = Delivery.objects.lock(found)
        lease = delivery.lease + 1
        if delivery.state == State.RELEASED:
            payload = {"archive_digest": delivery.archive_digest, "attempt": delivery.attempt}
            transition(
                delivery,
                to=State.SENDING,
                by=COURIER,
                verb=Verb.DELIVERY_BEGUN,
                payload=payload,
                lease=lease,
                look_after=_lease_end(),
            )
        else:
            delivery.lease, delivery.look_after = lease, _lease_end()
            delivery.save(update_fields=["lease", "look_after"])
        return Lease(delivery.pk, lease)


def carry(lease: Lease) -> None:
    """Step after step until it has arrived, or until a person has to look."""
    if _was_left_unanswered(lease):
        return
    try:
        transport = _transport(lease)
    except (Unfit, NotPossible) as reason:
        _fail(lease, getattr(reason, "sentence", str(reason)))
        return
    while (step := _next_step(lease, transport)) is not None:
        answer = _made(transport, step, _read(lease))
        if not _settled(lease, step, answer):
            return
    _arrive(lease, transport)


# --- One step ------------------------------------------------------------------------------------


def _next_step(lease: Lease, transport: Transport) -> str | None:
    """Choose the next step and write down that it is about to happen, in one transaction."""
    with transaction.atomic():
        delivery = _locked(lease)
        lines = journal.read(delivery)
        done = done_in(lines, delivery.attempt)
        steps = transport.steps(lines)
        step = next((one for one in steps if one not in done), None)
        if step is not None:
            facts = {**transport.intention(step, lines), journal.STEPS: len(steps)}
            journal.write(delivery, step=step, kind=Kind.INTENDED, by=COURIER, facts=facts)
            delivery.look_after = _lease_end()
            delivery.save(update_fields=["look_after"])
        return step


def _made(transport: Transport, step: str, lines: list[Line]) -> Answer:
    """A fault of ours in the middle of a step says as little about the other side as a dead worker."""
    try:
        return transport.make(step, lines)
    except Exception as fault:
        log.exception("a step of a delivery broke", step=step.partition(" ")[0])
        return Answer(Kind.UNKNOWN, f"A fault of this installation ({type(fault).__name__}) broke the step.")


def _settled(lease: Lease, step: str, answer: Answer) -> bool:
    """Write the answer down, and whether the next step may follow. An answer that comes too late is kept as well."""
    with transaction.atomic():
        delivery = Delivery.objects.lock(lease.delivery_id)
        lines = journal.read(delivery)
        attempt = next(line.attempt for line in reversed(lines) if line.step == step)
        journal.write(
            delivery,
            step=step,
            kind=answer.kind,
            by=COURIER,
            sentence=answer.sentence,
            facts=answer.facts,
            attempt=attempt,
        )
        if not _is_held(delivery, lease):
            return False
        if answer.kind == Kind.NOT_SENT:
            _postpone(delivery, answer.sentence)
        elif answer.kind == Kind.UNKNOWN:
            _move(delivery, State.UNKNOWN, Verb.DELIVERY_LOST_SIGHT, step)
        elif answer.kind == Kind.REFUSED:
            _move(delivery, State.FAILED, Verb.DELIVERY_FAILED, step)
        elif answer.kind == Kind.ARRIVED or step == FINISH or _is_last_taken_back(delivery, lines, step):
            reference = str(answer.facts.get("report_id", ""))
            acknowledge(
                delivery, reference=reference, arrived_at=timezone.now(), by=COURIER, answer=answer.raw
            )
            return False
        return answer.kind == Kind.DONE


def _is_last_taken_back(delivery: Delivery, lines: list[Line], step: str) -> bool:
    """For a retraction, that each report was taken back is the receipt."""
    reports = takes_back(delivery.packet)
    if reports is None or delivery.transport != Recipient.Transport.CYBERTIP:
        return False
    done = {*done_in(lines, delivery.attempt), step}
    return all(f"{RETRACT} {number}" in done for number in reports)


def _arrive(lease: Lease, transport: Transport) -> None:
    """Every step is done, and none of them was a receipt: it lies there, and nobody has said that they have it."""
    with transaction.atomic():
        delivery = _locked(lease)
        after = [line.facts.get("digest_after") for line in journal.read(delivery) if line.kind == Kind.DONE]
        payload = {"archive_digest": delivery.archive_digest, "digest_after": after[-1] if after else None}
        transition(
            delivery,
            to=State.DELIVERED,
            by=COURIER,
            verb=Verb.DELIVERY_MADE,
            payload=payload,
            arrived_at=timezone.now(),
        )


def _was_left_unanswered(lease: Lease) -> bool:
    """A worker died between intention and answer: what became of the step is unknown, and stays so."""
    with transaction.atomic():
        delivery = _locked(lease)
        step = journal.unanswered(journal.read(delivery), delivery.attempt)
        if step:
            journal.write(delivery, step=step, kind=Kind.UNKNOWN, by=COURIER, sentence=DIED)
            _move(delivery, State.UNKNOWN, Verb.DELIVERY_LOST_SIGHT, step)
        return bool(step)


# --- What it is made of ----------------------------------------------------------------------------


def _transport(lease: Lease) -> Transport:
    with transaction.atomic():
        delivery = _locked(lease)
        check_recipient_unchanged(delivery)
        check_not_retracted(delivery.packet)
        packet = delivery.packet
        data = open_archive(packet)
        if not hmac.compare_digest(packet.archive_digest, delivery.archive_digest):
            raise Unfit("The packet is not the one that was released. Tell the operator.")
        members = archive.read(data).members
        folder = members[0][0].partition("/")[0]
        files = {name.removeprefix(f"{folder}/"): content for name, content in members}
        parcel = Parcel(
            case_reference=packet.approval.escalation.case.reference,
            archive_digest=delivery.archive_digest,
            archive=data,
            files=files,
            takes_back=takes_back(packet),
        )
        setting = Setting(delivery.recipient, parcel, float(settings.ARTEMIS_DELIVERY_SECONDS))
        return TRANSPORTS[Recipient.Transport(delivery.transport)](setting)


# --- States ----------------------------------------------------------------------------------------


def _locked(lease: Lease) -> Delivery:
    delivery = Delivery.objects.lock(lease.delivery_id)
    if not _is_held(delivery, lease):
        raise LeaseLost
    return delivery


def _is_held(delivery: Delivery, lease: Lease) -> bool:
    return delivery.state == State.SENDING and delivery.lease == lease.number


def _read(lease: Lease) -> list[Line]:
    return journal.read(Delivery.objects.get(pk=lease.delivery_id))


def _lease_end() -> datetime:
    """Longer than any call may take, so that a slow worker is not taken for a dead one."""
    return timezone.now() + timedelta(seconds=2 * settings.ARTEMIS_DELIVERY_SECONDS) + BREAK


def _postpone(delivery: Delivery, sentence: str) -> None:
    """Nothing left this machine, so it is tried again, a while later each time; then a person has to look."""
    tries = delivery.tries + 1
    if tries >= settings.ARTEMIS_DELIVERY_TRIES:
        _move(delivery, State.FAILED, Verb.DELIVERY_FAILED, "connect")
        return
    pause = timedelta(seconds=min(10 * 2**tries, 600))
    transition(
        delivery,
        to=State.RELEASED,
        by=COURIER,
        verb=Verb.DELIVERY_POSTPONED,
        payload={"tries": tries},
        tries=tries,
        look_after=timezone.now() + pause,
    )


def _fail(lease: Lease, sentence: str) -> None:
    with transaction.atomic():
        delivery = _locked(lease)
        journal.write(delivery, step="prepare", kind=Kind.REFUSED, by=COURIER, sentence=sentence)
        _move(delivery, State.FAILED, Verb.DELIVERY_FAILED, "prepare")


def _move(delivery: Delivery, to: str, verb: Verb, step: str) -> None:
    payload = {
        "step": step,
        "attempt": delivery.attempt,
        "archive_digest": delivery.archive_digest,
    }
    transition(delivery, to=to, by=COURIER, verb=verb, payload=payload)
