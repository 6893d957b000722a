"""Claims as leases: how one begins, ends and lapses. The caller holds the case's lock."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.row_scope import system_scope
from audit.record import Machine
from audit.transitions import transition
from audit.verbs import Verb
from review.models import Case, Claim
from review.models.known import learn
from review.policies import is_live, open_claim

CLAIMS = Machine("claims")


def held_case(by: User) -> Case | None:
    current = held_claim(by)
    return None if current is None else current.case


@system_scope("a lease counts, whatever became of the assignment to its licensee")
def held_claim(by: User) -> Claim | None:
    """The live lease of this person: at most one, which the database holds."""
    current = open_claims_of(by).first()
    return current if is_live(current) else None


def open_claims_of(by: User) -> QuerySet[Claim]:
    """At most one; its lease may have passed."""
    claims: QuerySet[Claim] = by.claims.filter(ended_at=None)
    return claims.select_related("case__licensee", "case__conversation__data_key")


def new_lease(case: Case, holder: User) -> Claim:
    """Refused by the database with an IntegrityError where the person, or the case, has an open one."""
    lease = Claim.objects.create(case=case, holder=holder, expires_at=lease_end())
    learn(case, "claims", lease)
    return lease


def lease_end() -> datetime:
    return timezone.now() + timedelta(minutes=settings.ARTEMIS_CLAIM_MINUTES)


def terms(current: Claim) -> dict[str, object]:
    return {"claim": current.pk, "until": current.expires_at.isoformat()}


def end_claim(current: Claim, ending: Claim.Ending) -> None:
    current.ended_at = timezone.now()
    current.ending = ending
    current.save(update_fields=["ended_at", "ending"])


def end_if_lapsed(case: Case) -> bool:
    """It may have been extended between being found and being locked."""
    current = open_claim(case)
    if current is None or is_live(current):
        return False
    end_claim(current, Claim.Ending.EXPIRED)
    payload = {"claim": current.pk, "holder": current.holder_id}
    transition(case, to=Case.State.WAITING, by=CLAIMS, verb=Verb.CLAIM_EXPIRED, payload=payload)
    return True


@system_scope("a lease has run out, whatever became of the assignment to its licensee")
def end_lapsed_claim_of(by: User) -> None:
    """So that a person does not have to wait for the sweep. In a transaction of its own: one case at a time."""
    lapsed = by.claims.filter(ended_at=None, expires_at__lte=timezone.now()).first()
    if lapsed is not None:
        with transaction.atomic():
            end_if_lapsed(Case.objects.lock(lapsed.case_id))
