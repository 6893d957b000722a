"""Set how long a licensee's evidence is kept, from now or from a later day on."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from retention.models import Terms


def set_terms(
    *,
    licensee: Licensee,
    by: User,
    reason: str,
    figures: dict[str, int],
    instead_of: int | None = None,
    effective_from: datetime | None = None,
) -> Terms:
    """`instead_of` is what the person had before their eyes (0: the usual terms): refused if other terms came since.

    What is due sooner now is erased by the next sweeps, and what is kept longer stays: what is gone is gone.
    """
    with transaction.atomic():
        Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
        newest = newest_terms(licensee)
        if instead_of is not None:
            _check_newest(instead_of, newest, licensee)
        now = timezone.now()
        begins = effective_from or now
        if begins < now:
            raise NotPossible("Terms begin now or on a later day. Choose one.", about=licensee.about())
        if newest is not None and begins < newest.effective_from:
            day = f"{newest.effective_from:%d %B %Y}"
            sentence = f"Terms that begin on {day} are set already. Let yours begin then or later."
            raise NotPossible(sentence, about=licensee.about())
        terms = Terms.objects.create(
            licensee=licensee, set_by=by, reason=reason, effective_from=begins, set_at=now, **figures
        )
        payload = {"terms": terms.pk, "effective_from": begins.isoformat(), **figures}
        record(Verb.RETENTION_SET, by=by, about=licensee.about(), payload=payload)
    return terms


def newest_terms(licensee: Licensee) -> Terms | None:
    """Also those that begin on a later day; None where nothing was ever set."""
    found: Terms | None = (
        Terms.objects.filter(licensee=licensee)
        .select_related("set_by")
        .order_by("effective_from", "pk")
        .last()
    )
    return found


def _check_newest(seen: int, newest: Terms | None, licensee: Licensee) -> None:
    """Another admin may have set terms since the page was drawn."""
    if newest is not None and newest.pk != seen:
        raise NotPossible(
            f"{newest.set_by.name} set other terms on {newest.set_at:%d %B %Y at %H:%M} UTC, after you opened this "
            "page. Read those first, then set yours.",
            about=licensee.about(),
        )
