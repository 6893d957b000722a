"""Pulls how licensees stand: a platform is told when its licensee is suspended, goes on, or has ended.

It holds the state of now against what was told last, so that nothing has to be noticed in time. A further state that
platforms are to hear of is a line of `TOLD`.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from audit.record import record
from audit.verbs import Verb
from licensees.models import Licensee
from platforms.asking import PLATFORMS
from platforms.emitting import emit
from platforms.models import Event, EventCounter

Type = Event.Type
# {state: what is told of it}; of a licensee that is live only where something else was told before.
TOLD: Mapping[str, Type] = {
    Licensee.State.SUSPENDED: Type.LICENSEE_SUSPENDED,
    Licensee.State.ENDED: Type.LICENSEE_ENDED,
    Licensee.State.TEST: Type.LICENSEE_RESUMED,
    Licensee.State.LIVE: Type.LICENSEE_RESUMED,
}
AT_FIRST = Type.LICENSEE_RESUMED


def tell_standings() -> int:
    return sum(_tell(licensee_id) for licensee_id in _to_be_told(Licensee.objects.all()))


def _to_be_told(among: QuerySet[Licensee]) -> list[int]:
    told = Event.objects.filter(licensee=OuterRef("pk"), case=None, type__in=TOLD.values()).order_by(
        "-number"
    )
    licensees = among.annotate(last_told=Subquery(told.values("type")[:1]))
    wanted = Q()
    for state, type_ in TOLD.items():
        never = Q(last_told=None) if type_ != AT_FIRST else Q(pk=None)
        wanted |= Q(state=state) & (never | (Q(last_told__isnull=False) & ~Q(last_told=type_)))
    return list(licensees.filter(wanted).order_by("pk").values_list("pk", flat=True))


def _tell(licensee_id: int) -> bool:
    """Under the lock of the numbers: another worker may have told it meanwhile, or the state have changed again."""
    with transaction.atomic():
        EventCounter.objects.get_or_create(licensee_id=licensee_id)
        EventCounter.objects.select_for_update().get(pk=licensee_id)
        if not _to_be_told(Licensee.objects.filter(pk=licensee_id)):
            return False
        licensee = Licensee.objects.get(pk=licensee_id)
        event = emit(TOLD[licensee.state], licensee_id=licensee_id)
        payload = {"event": event.public_id, "type": event.type}
        record(Verb.LICENSEE_TOLD, by=PLATFORMS, about=licensee.about(), payload=payload)
        return True
