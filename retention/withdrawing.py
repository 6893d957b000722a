"""A platform takes a conversation back: erased at once and for good, unless something still needs it.

Found by scoring's API through the setting ARTEMIS_ERASER, since what keeps a conversation is known here and not there.
"""

from django.db import transaction
from django.utils import timezone

from audit.record import Actor
from audit.transitions import NotPossible
from retention.facts import Facts, facts_of
from retention.keeping import standing_of
from retention.models import Due, Terms
from retention.sweep import record_erasures
from review.models import Case
from scoring.erasing import Doomed, erase
from scoring.models import Conversation, Erasure, Participant

Kind = Due.Kind
BY_LAW = "A legal obligation holds this conversation. It is erased by itself when that ends."
# That anybody looks, or why, is not told to a platform.
IN_USE = "This conversation is still needed, and was not erased. It is erased by itself when that ends."
NOT_READ = (
    "This conversation was not read yet, and was not erased. Send the same request again in a few minutes."
)
KEPT = {
    Kind.HELD: BY_LAW,
    Kind.REFERRED: BY_LAW,
    Kind.OPEN: IN_USE,
    Kind.BUSY: IN_USE,
    Kind.MONITORED: IN_USE,
    Kind.ACTED: IN_USE,
    Kind.UNSCORED: NOT_READ,
}


def erase_conversation(*, conversation_id: int, by: Actor) -> None:
    """Again changes nothing. Raises NotPossible while something keeps it."""
    with transaction.atomic():
        facts = _locked(conversation_id)
        if facts.is_erased:
            return
        row = facts.conversation
        standing = standing_of(facts, Terms.objects.in_force(row.licensee), now=timezone.now())
        if standing.kind in KEPT:
            raise NotPossible(KEPT[Kind(standing.kind)], about=row.about())
        erasures = erase([Doomed(row, Erasure.Rule.WITHDRAWN)], by=by)
        record_erasures(erasures, {row.pk: facts}, {}, by=by)
        # Nobody in it is known again by it either.
        Participant.objects.filter(conversation=row).update(account_index=None, index_key=None)
        Due.objects.filter(conversation=row).update(kind=Kind.DONE, look_at=None)


def _locked(conversation_id: int) -> Facts:
    """In the order of the house: cases, then the conversation."""
    list(Case.every.select_for_update(of=("self",)).filter(conversation=conversation_id).order_by("pk"))
    list(Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation_id))
    row = Conversation.objects.select_related("data_key", "licensee").get(pk=conversation_id)
    return facts_of([row])[row.pk]
