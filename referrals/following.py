"""What comes after a sealed packet: a supplement that adds to it, or a retraction that takes it back.

The sealed packet stays as it is. One person prepares another, which names it by its digest, and asks a second person
by the same verbs as the first time; this module begins it, and lets its owner read what came since.
"""

from collections.abc import Collection
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from referrals.asked import facts_of, write_version
from referrals.follow_policies import check_can_be_followed, check_can_read_on
from referrals.models import Escalation, Packet
from referrals.permissions import check_may_follow, check_may_resubmit
from referrals.policies import TIME_ALLOWED, check_grounds
from referrals.submission import submission_of
from review.models import Case
from review.workflow import reveal_after_decision

Relation = Escalation.Relation


def begin(*, packet_id: int, by: User, relation: str, grounds: str) -> Escalation:
    """Its first version is what was sealed, with new grounds: the next ones are compared with it."""
    with transaction.atomic():
        packet = lock_packet(packet_id)
        case = packet.approval.escalation.case
        check_may_follow(by, packet)
        check_can_be_followed(packet, relation=relation)
        check_grounds(case, grounds)
        sealed = submission_of(packet.approval.escalation.current)
        now = timezone.now()
        escalation = Escalation.objects.create(
            case=case,
            follows=packet,
            relation=relation,
            requested_by=by,
            requested_at=now,
            owner=by,
            due_at=now + TIME_ALLOWED[sealed.exit],
        )
        submission = replace(
            sealed,
            number=1,
            by=by,
            at=now,
            grounds=grounds.strip(),
            follows=packet,
            relation=relation,
            # A retraction has to say which report it means, not to tell the whole of it again.
            context=0 if relation == Relation.RETRACTS else sealed.context,
            redactions=() if relation == Relation.RETRACTS else sealed.redactions,
        )
        version = write_version(escalation, submission)
        payload = facts_of(version) | {
            "relation": relation,
            "packet": packet.pk,
            "packet_digest": packet.digest,
        }
        record(Verb.FOLLOW_UP_BEGUN, by=by, about=escalation.about(), payload=payload)
        return escalation


def lock_packet(packet_id: int) -> Packet:
    """The case, as every verb of an escalation locks it, and the packet as it lies: nobody changes it."""
    packets = Packet.objects.defer("archive_sealed").select_related("approval__escalation__case__licensee")
    packet = packets.get(pk=packet_id)
    Case.objects.lock(packet.approval.escalation.case_id)
    return packet


def read_on(*, escalation_id: int, by: User, numbers: Collection[int]) -> None:
    """Turns that came since, or that nobody had read: revealed to whoever prepares the next version, and recorded."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_resubmit(by, escalation)
        check_can_read_on(escalation)
        reveal_after_decision(case_id=escalation.case_id, numbers=numbers, by=by)
