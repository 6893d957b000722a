"""Can a sealed packet be added to or taken back now? Each check raises NotPossible with what to do instead."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from audit.transitions import NotPossible
from referrals.models import Delivery, Escalation, Packet
from review.policies import moment

State = Escalation.State
Relation = Escalation.Relation
# It may lie there, whole or in part: enough to take it back.
MAY_HAVE_LEFT = Delivery.LEFT | {Delivery.State.UNKNOWN, Delivery.State.FAILED}


def retraction_of(packet_id: int) -> Escalation | None:
    """The sealed retraction of this packet."""
    sealed = Escalation.objects.filter(follows=packet_id, relation=Relation.RETRACTS, state=State.SEALED)
    return sealed.select_related("approval__packet").defer("approval__packet__archive_sealed").first()


def check_can_be_followed(packet: Packet, *, relation: str) -> None:
    if relation not in Relation.values:
        raise NotPossible("Choose a supplement or a retraction.", about=packet.about())
    own = packet.approval.escalation
    if own.relation == Relation.RETRACTS:
        sentence = (
            "This packet takes another one back, and nothing is added to that. If it has to be reported after all, "
            "the conversation needs a case of its own: ask the platform to send it again."
        )
        raise NotPossible(sentence, about=packet.about())
    check_not_retracted(packet)
    recipient = own.current.recipient
    if not recipient.is_active:
        sentence = (
            f"{recipient} takes no referrals now, and what follows a packet goes where it went. Ask an admin."
        )
        raise NotPossible(sentence, about=packet.about())
    _check_left(packet, relation=relation)
    _check_no_other(own)


def check_not_retracted(packet: Packet) -> None:
    """What was taken back is neither delivered nor added to."""
    retraction = retraction_of(packet.pk)
    if retraction is not None:
        approval = retraction.approval
        sentence = (
            f"This packet was retracted: {approval.approved_by} approved that {moment(approval.approved_at)}. "
            "Open the retraction to see how it stands."
        )
        raise NotPossible(sentence, about=packet.about())


def check_can_read_on(escalation: Escalation) -> None:
    if escalation.state not in (State.PREPARED, State.RETURNED):
        sentence = (
            "Nothing more is read for it now: it is not being prepared. Reload the page to see its state."
        )
        raise NotPossible(sentence, about=escalation.about())
    if escalation.relation == Relation.RETRACTS:
        sentence = (
            "A retraction adds no evidence, so nothing more has to be read for it. Submit it, or withdraw it."
        )
        raise NotPossible(sentence, about=escalation.about())


def check_fits(escalation: Escalation, asked: Mapping[str, Any]) -> None:
    """What adds to a packet or takes it back goes where that packet went; a retraction says nothing besides."""
    if not escalation.is_follow_up:
        return
    sealed = followed(escalation).approval.escalation.current
    if (asked["exit"], asked["recipient_id"]) != (sealed.exit, sealed.recipient_id):
        sentence = f"A {escalation.what} goes where its packet went: to {sealed.recipient}. Choose that one."
        raise NotPossible(sentence, about=escalation.about())
    wanted = (sealed.evidence_numbers, sealed.subject_id, sealed.possible_minor_id)
    named = (sorted(asked["evidence_numbers"]), asked["subject_id"], asked["possible_minor_id"])
    if escalation.relation == Relation.RETRACTS and (named != wanted or asked["context"]):
        sentence = (
            "A retraction names the evidence and the accounts of its packet, and no others. Change only why."
        )
        raise NotPossible(sentence, about=escalation.about())


def followed(escalation: Escalation) -> Packet:
    """The packet that it names, without the archive."""
    if Escalation.follows.is_cached(escalation) and escalation.follows is not None:
        return escalation.follows
    packets = Packet.objects.defer("archive_sealed").select_related("approval__escalation__case")
    return packets.get(follow_ups=escalation)


def _check_left(packet: Packet, *, relation: str) -> None:
    wanted = MAY_HAVE_LEFT if relation == Relation.RETRACTS else Delivery.LEFT
    if not _deliveries(packet, wanted).exists():
        sentence = (
            "This packet has not left the house, so there is nothing to add to or to take back. "
            "A supervisor delivers it first; if a delivery is under way, wait until its page says what became of it."
        )
        raise NotPossible(sentence, about=packet.about())


def _deliveries(packet: Packet, states: frozenset[str]) -> QuerySet[Delivery]:
    return packet.deliveries.filter(state__in=states)


def _check_no_other(own: Escalation) -> None:
    """One at a time: two that are prepared side by side would not know of each other."""
    live = Escalation.objects.filter(case=own.case_id, follows__isnull=False, state__in=Escalation.LIVE)
    other = live.select_related("owner").first()
    if other is not None:
        sentence = (
            f"{other.owner} has a {other.what} of this case in hand. Wait for its end, or ask {other.owner}."
        )
        raise NotPossible(sentence, about=own.about())
