"""Can this happen to this delivery now? Each check raises NotPossible with what is known and what to do next."""

from datetime import datetime

from django.conf import settings
from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from audit.transitions import NotPossible
from referrals import journal
from referrals.follow_policies import check_not_retracted, retraction_of
from referrals.models import Delivery, Packet, Recipient, RecipientChange
from referrals.routing import check_one_clearing_house
from referrals.taking_back import finished_there, takes_back
from referrals.transports.cybertip import FINISH, SUBMIT

LEAST_REASON = 10
MOST_REASON = 500
MOST_REFERENCE = 120
State = Delivery.State

PRODUCTION_OFF = (
    "{recipient} is a production endpoint, and this installation delivers to test endpoints only. The operator "
    "switches that with ARTEMIS_PRODUCTION_DELIVERY."
)
FINISH_UNKNOWN = (
    "The report may be finished there: nobody knows yet. Let their server be asked first, or record that it "
    "arrived."
)
NO_SECOND_SUBMIT = (
    "Opening a report cannot be repeated: a second one might be opened. Look at their side first. If no finished "
    "report is there, start anew; an unfinished one is deleted there by itself."
)


BY_HAND = (
    "Download the retraction, bring it to their contact ({recipient.contact}) and record their reference."
)


# --- Releasing -----------------------------------------------------------------------------------


def changes_to_read(recipient: Recipient) -> list[RecipientChange]:
    """Changes of a key or endpoint that no delivery has been released with yet."""
    seen = Delivery.objects.filter(recipient=recipient).order_by("-recipient_revision")
    last = Coalesce(Subquery(seen.values("recipient_revision")[:1]), 0)
    changes = recipient.changes.select_related("changed_by").filter(is_watched=True)
    return list(changes.filter(revision__gt=last))


def check_can_be_released(
    packet: Packet, recipient: Recipient, *, seen_revision: int, priority: int | None
) -> None:
    """A packet was approved for one recipient, so it goes to no other."""
    if not recipient.is_active:
        sentence = f"{recipient} takes no referrals now. Ask an admin, or download the packet."
        raise NotPossible(sentence, about=packet.about())
    if recipient.transport not in Recipient.RELEASED_ONCE:
        sentence = f"{recipient} takes a file that a person brings: download the packet, nothing is released."
        raise NotPossible(sentence, about=packet.about())
    if recipient.revision != seen_revision:
        sentence = f"{recipient} was changed since you opened this page. Read the change, then release it."
        raise NotPossible(sentence, about=packet.about())
    if recipient.is_sent:
        check_endpoint_allowed(recipient, packet)
    if recipient.transport == Recipient.Transport.CHECKLIST and priority not in (1, 2, 3):
        raise NotPossible("Choose the priority: 1, 2 or 3.", about=packet.about())
    check_one_clearing_house(packet, recipient)
    check_not_retracted(packet)
    _check_can_be_taken_back(packet, recipient)
    _check_not_delivered_already(packet, recipient)


def _check_can_be_taken_back(packet: Packet, recipient: Recipient) -> None:
    """Their service takes back what was opened and not finished; anything else is a matter between people."""
    if recipient.transport != Recipient.Transport.CYBERTIP:
        return
    reports = takes_back(packet)
    if reports is None:
        return
    finished = finished_there(packet)
    if finished:
        sentence = (
            f"Report {finished} is finished at {recipient}, whose service takes no finished report back."
        )
        raise NotPossible(f"{sentence} {BY_HAND.format(recipient=recipient)}", about=packet.about())
    if not reports:
        sentence = (
            f"No report was opened at {recipient} for the packet, so their service has nothing to take back."
        )
        raise NotPossible(f"{sentence} {BY_HAND.format(recipient=recipient)}", about=packet.about())


def check_endpoint_allowed(recipient: Recipient, packet: Packet) -> None:
    if not recipient.is_test and not settings.ARTEMIS_PRODUCTION_DELIVERY:
        raise NotPossible(PRODUCTION_OFF.format(recipient=recipient), about=packet.about())


def _check_not_delivered_already(packet: Packet, recipient: Recipient) -> None:
    """Another supervisor may have released it since the page was drawn."""
    released = packet.deliveries.filter(recipient=recipient, transport__in=Recipient.RELEASED_ONCE)
    earlier = released.exclude(state=State.GIVEN_UP).select_related("released_by").first()
    if earlier is not None:
        sentence = f"{earlier.released_by} released it to {recipient} already. Open that delivery to see how it stands."
        raise NotPossible(sentence, about=earlier.about())


def check_recipient_unchanged(delivery: Delivery) -> None:
    """It goes where a person released it to, or nowhere."""
    recipient = delivery.recipient
    if recipient.revision != delivery.recipient_revision or recipient.transport != delivery.transport:
        sentence = f"{recipient} was changed after this was released. Read the change, then let it go on or start anew."
        raise NotPossible(sentence, about=delivery.about())
    check_endpoint_allowed(recipient, delivery.packet)
    check_one_clearing_house(delivery.packet, recipient)


# --- Afterwards ----------------------------------------------------------------------------------


def check_can_go_on(delivery: Delivery) -> None:
    """The step whose outcome is unknown or that failed is made again; never the opening of a report."""
    _check_state(delivery, State.UNKNOWN, State.FAILED)
    check_not_retracted(delivery.packet)
    lines = journal.read(delivery)
    if delivery.transport == Recipient.Transport.CYBERTIP and journal.open_step(lines, SUBMIT):
        raise NotPossible(NO_SECOND_SUBMIT, about=delivery.about())


def check_can_start_anew(delivery: Delivery) -> None:
    _check_state(delivery, State.UNKNOWN, State.FAILED)
    check_not_retracted(delivery.packet)


def check_can_be_given_up(delivery: Delivery) -> None:
    _check_state(delivery, State.RELEASED, State.WITH_PERSON, State.UNKNOWN, State.FAILED)
    if journal.open_step(journal.read(delivery), FINISH) and retraction_of(delivery.packet_id) is None:
        raise NotPossible(FINISH_UNKNOWN, about=delivery.about())


def check_can_be_acknowledged(delivery: Delivery, *, reference: str, arrived_at: datetime) -> None:
    _check_state(delivery, State.UNKNOWN, State.WITH_PERSON, State.DELIVERED)
    if not reference.strip() or len(reference) > MOST_REFERENCE:
        raise NotPossible("Type the reference that the recipient gave.", about=delivery.about())
    # A form holds minutes: what was sealed and arrived in the same one is not before its sealing.
    sealed_at = delivery.packet.sealed_at.replace(second=0, microsecond=0)
    if arrived_at > timezone.now() or arrived_at < sealed_at:
        sentence = "It arrived between the sealing of the packet and now. Correct the time."
        raise NotPossible(sentence, about=delivery.about())


def check_feedback(delivery: Delivery, words: str) -> None:
    _check_state(delivery, State.DELIVERED, State.ACKNOWLEDGED)
    check_words(delivery, words)


def check_words(delivery: Delivery, words: str) -> None:
    if not LEAST_REASON <= len(words.strip()) <= MOST_REASON:
        sentence = f"Say it in {LEAST_REASON} to {MOST_REASON} characters: whoever looks next relies on it."
        raise NotPossible(sentence, about=delivery.about())


def _check_state(delivery: Delivery, *wanted: str) -> None:
    """Another supervisor, or the courier, may have been quicker."""
    if delivery.state not in wanted:
        label = State(delivery.state).label.lower()
        sentence = f"This delivery is “{label}” now. Reload its page to see what can be done."
        raise NotPossible(sentence, about=delivery.about())
