"""Whether a licensee may have what its users write looked at: by jurisdiction, in time, and asked at the door.

An interpersonal communications service that people in the European Union use needs a basis that is recorded and in
force, or nothing of it is accepted. What a user reports of their own accord is taken all the same.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.record import Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import LegalBasis, Licensee
from licensees.onboarding import lock_licensee

UNION = "EU"
MEMBER_STATES = frozenset(re.findall("..", "ATBEBGHRCYCZDKEEFIFRDEGRHUIEITLVLTLUMTNLPLPTROSKSIESSE"))
WARN_DAYS = 30
NO_BASIS = (
    "This licensee is an interpersonal communications service in the European Union, and no legal basis that is in "
    "force is recorded for it: nothing is accepted. Tell the operator which basis applies, with its dates; "
    "reports of users are taken meanwhile, at /api/v1/reports."
)
# Shown where one is recorded. It says what was known when it was written, and no more.
STATUS = (
    "Regulation (EU) 2021/1232, which derogated from the confidentiality of communications, expired on 3 April 2026. "
    "The Council took a position on 2 July 2026 for a new text until 3 April 2028; that it entered into force was not "
    "found when this was written. Ask counsel before you record a derogation."
)


class NoLegalBasis(NotAllowed):
    """403: nothing was stored."""

    problem_type = "urn:artemis:problem:no-legal-basis"


@dataclass(frozen=True)
class Standing:
    """One that ends soon, or has ended with nothing in its place."""

    basis: LegalBasis
    days_left: int


def needs_basis(licensee: Licensee) -> bool:
    return licensee.is_interpersonal_in_eu


def has_basis(licensee: Licensee, *, on: date | None = None) -> bool:
    """In force on that day for the Union or one of its states. One question, and only where one is needed."""
    places = {UNION, *MEMBER_STATES}
    return bool(
        LegalBasis.objects.in_force(on or timezone.localdate())
        .filter(licensee=licensee, jurisdiction__in=places)
        .exists()
    )


def covers_union(bases: Collection[LegalBasis], *, on: date | None = None) -> bool:
    """The same of those that were read already."""
    today, places = on or timezone.localdate(), {UNION, *MEMBER_STATES}
    return any(
        one.jurisdiction in places and one.valid_from <= today <= _lasts_until(one)
        for one in bases
        if one.withdrawn_at is None
    )


def check_intake(licensee: Licensee, *, is_report: bool = False) -> None:
    """Asked by every door through which conversations come. `is_report`: a user reported it, of their own accord."""
    if not is_report and needs_basis(licensee) and not has_basis(licensee):
        raise NoLegalBasis(NO_BASIS, about=licensee.about())


def ending_soon(bases: Collection[LegalBasis], *, on: date | None = None) -> list[Standing]:
    """Those that end within 30 days, or have ended, and that none of the same jurisdiction outlasts."""
    today = on or timezone.localdate()
    standing = [one for one in bases if one.withdrawn_at is None]
    last = {one.jurisdiction: one for one in sorted(standing, key=_lasts_until)}
    return [
        Standing(one, (one.valid_until - today).days)
        for one in last.values()
        if one.valid_until is not None and one.valid_until - today <= timedelta(days=WARN_DAYS)
    ]


def record_basis(
    *,
    licensee_id: int,
    jurisdiction: str,
    basis: str,
    document: str,
    valid_from: date,
    valid_until: date | None = None,
    note: str = "",
    by: Actor,
    recorded_by: User | None = None,
) -> LegalBasis:
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        if basis == LegalBasis.Basis.OTHER and not note.strip():
            raise NotPossible("Name the law in the note.", about=licensee.about())
        made = LegalBasis.objects.create(
            licensee=licensee,
            jurisdiction=jurisdiction,
            basis=basis,
            note=note.strip(),
            document=document.strip(),
            valid_from=valid_from,
            valid_until=valid_until,
            recorded_by=recorded_by,
        )
        payload = {
            "jurisdiction": jurisdiction,
            "basis": str(basis),
            "from": valid_from.isoformat(),
            "until": valid_until.isoformat() if valid_until else "",
        }
        record(Verb.LEGAL_BASIS_RECORDED, by=by, about=made.about(), payload=payload)
        return made


def withdraw_basis(*, basis_id: int, by: User, reason: str) -> LegalBasis:
    """From now on it counts no more, and what needs it is refused with the next call."""
    with transaction.atomic():
        made: LegalBasis = LegalBasis.objects.select_for_update().get(pk=basis_id)
        if made.withdrawn_at is not None:
            raise NotPossible("This was withdrawn already.", about=made.about())
        made.withdrawn_by, made.withdrawn_at = by, timezone.now()
        made.save(update_fields=["withdrawn_by", "withdrawn_at"])
        record(Verb.LEGAL_BASIS_WITHDRAWN, by=by, about=made.about(), reason=reason)
        return made


def _lasts_until(one: LegalBasis) -> date:
    return one.valid_until or date.max
