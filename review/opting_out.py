"""A person may leave out a lane or a characteristic, for a while or until they say so. No reason, no penalty, and
nobody else is shown it: the trail says that they changed something, not what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from audit.record import About, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.together import Statement
from review.care import lock_person
from review.exposure import SEVERE, Exposure
from review.models import Case, OptOut
from scoring.characteristics import BY_KEY
from scoring.models import Score

# From here on a rating counts as high: in the opening score, and in the words of the pages.
HIGH = 0.66
LEFT_OUT = """
    SELECT lane, characteristic FROM review_optout
     WHERE person_id = %(person)s AND (until IS NULL OR until > %(now)s)
"""


def left_out_by(person: User) -> list[OptOut]:
    """What this person leaves out now."""
    in_force = Q(until=None) | Q(until__gt=timezone.now())
    return list(OptOut.objects.filter(in_force, person=person).order_by("left_out_at", "id"))


def not_offered(person: User, read: Exposure) -> Q:
    """The cases that are not offered to this person: what they leave out, and what they have read enough of."""
    apart = Q(band=SEVERE) if read.enough_severe else Q(pk__in=[])
    for one in left_out_by(person):
        apart |= Q(lane=one.lane) if one.lane else _rated_high(one.characteristic)
    return apart


def _rated_high(characteristic: str) -> Q:
    rated = {f"characteristics__{characteristic}__gte": HIGH}
    return Q(Exists(Score.objects.filter(pk=OuterRef("opened_by_score_id"), **rated)))


@dataclass(frozen=True)
class LeftOut:
    """The same for the queue: keys of lanes and of characteristics."""

    lanes: list[str]
    characteristics: list[str]

    @classmethod
    def of(cls, rows: Iterable[Sequence[str]]) -> "LeftOut":
        read = list(rows)
        return cls([lane for lane, _ in read if lane], [key for _, key in read if key])


def about_left_out(person: User) -> Statement:
    """The question whose rows are `LeftOut`'s, to be asked together with others."""
    return Statement(LEFT_OUT, {"person": person.pk, "now": timezone.now()}, 2)


def leave_out(*, by: User, lane: str = "", characteristic: str = "", until: datetime | None = None) -> OptOut:
    """Leaving out again what is left out already sets its end anew."""
    with transaction.atomic():
        lock_person(by)
        check_can_leave_out(lane=lane, characteristic=characteristic)
        chosen, _ = OptOut.objects.update_or_create(
            person=by,
            lane=lane,
            characteristic=characteristic,
            defaults={"until": until, "left_out_at": timezone.now()},
        )
        _record(by)
        return chosen


def take_back(*, by: User, opt_out_id: int) -> None:
    """Taking back what is not left out any more changes nothing."""
    with transaction.atomic():
        lock_person(by)
        removed, _ = OptOut.objects.filter(person=by, pk=opt_out_id).delete()
        if removed:
            _record(by)


def check_can_leave_out(*, lane: str, characteristic: str) -> None:
    known = lane in Case.Lane.values if lane else characteristic in BY_KEY
    if not known or (lane and characteristic):
        raise NotPossible("Choose one lane or one characteristic of the list to leave out.")


def _record(by: User) -> None:
    about = About(object_type="person", object_id=str(by.pk))
    record(Verb.OPT_OUT_CHANGED, by=by, about=about)
