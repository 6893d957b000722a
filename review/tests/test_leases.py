"""A claim is a lease: it can be extended and given back, and it ends by itself."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Claim, Decision
from review.queue import claim, claim_next, expire_claims, extend, held_case, release
from review.tasks import expire_claims as expire_claims_task
from review.tests.acts import in_days, let_lapse, revision_of
from review.tests.racing import race
from review.workflow import decide, reveal
from tests.factories import later, make_case


def test_extending_gives_the_whole_time_again(case: Case, mara: User, settings):
    settings.ARTEMIS_CLAIM_MINUTES = 15
    claim(case_id=case.pk, by=mara)
    Claim.objects.update(expires_at=later(minutes=1))

    lease = extend(case_id=case.pk, by=mara)

    assert abs(lease.expires_at - timezone.now() - timedelta(minutes=15)) < timedelta(seconds=5)
    assert AuditEvent.objects.filter(verb=Verb.CLAIM_EXTENDED, actor=mara.actor_name).count() == 1


def test_releasing_puts_the_case_back(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)

    assert release(case_id=case.pk, by=mara).state == Case.State.WAITING
    lease = Claim.objects.get()
    assert lease.ending == Claim.Ending.RELEASED
    assert held_case(mara) is None
    assert AuditEvent.objects.filter(verb=Verb.CASE_RELEASED, case_reference=case.reference).count() == 1


def test_the_sweep_puts_back_what_has_lapsed_and_nothing_else(northwind: Licensee, mara: User, ines: User):
    lapsed, live = make_case(northwind, external_id="lapsed"), make_case(northwind, external_id="live")
    claim(case_id=lapsed.pk, by=mara)
    claim(case_id=live.pk, by=ines)
    let_lapse(lapsed)

    assert expire_claims() == 1
    assert expire_claims() == 0
    lapsed.refresh_from_db()
    live.refresh_from_db()
    assert (lapsed.state, live.state) == (Case.State.WAITING, Case.State.IN_REVIEW)
    event = AuditEvent.objects.get(verb=Verb.CLAIM_EXPIRED)
    assert event.actor == "machine:claims"
    assert event.payload["holder"] == mara.pk


def test_the_task_is_the_sweep(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)

    expire_claims_task()

    assert Claim.objects.get().ending == Claim.Ending.EXPIRED


def test_a_lapsed_lease_is_refused_before_the_sweep_has_run(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)
    at = timezone.localtime(Claim.objects.get().expires_at)
    acts = [
        partial(extend, case_id=case.pk, by=mara),
        partial(release, case_id=case.pk, by=mara),
        partial(reveal, case_id=case.pk, numbers=[1], by=mara),
        partial(
            decide,
            case_id=case.pk,
            by=mara,
            disposition=Decision.Disposition.MONITOR,
            monitor_until=in_days(7),
            seen_revision=revision_of(case),
        ),
    ]

    for act in acts:
        with pytest.raises(NotPossible) as refusal:
            act()
        assert refusal.value.sentence == f"Your claim ended at {at:%H:%M}. Claim the case again to go on."
    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW
    assert not Decision.objects.exists()


def test_after_the_sweep_it_says_the_same(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)
    expire_claims()

    with pytest.raises(NotPossible, match=r"Your claim ended at .* Claim the case again to go on"):
        extend(case_id=case.pk, by=mara)


def test_a_lapsed_case_can_be_claimed_at_once_by_anybody(case: Case, mara: User, ines: User):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)

    assert claim(case_id=case.pk, by=ines).state == Case.State.IN_REVIEW
    assert [lease.ending for lease in Claim.objects.order_by("pk")] == [Claim.Ending.EXPIRED, ""]


def test_who_let_a_lease_lapse_may_take_it_again(case: Case, mara: User):
    """Only a release means “not me”."""
    claim(case_id=case.pk, by=mara)
    let_lapse(case)

    assert claim_next(by=mara) == case
    assert Claim.objects.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_extending_and_the_sweep_at_the_same_instant_agree(northwind: Licensee, mara: User):
    """Whoever locks the case first decides; a claim is never both extended and ended."""
    case = make_case(northwind)
    for _ in range(10):
        claim(case_id=case.pk, by=mara)
        Claim.objects.filter(ended_at=None).update(expires_at=later(milliseconds=15))
        extended, expired = race(partial(extend, case_id=case.pk, by=mara), expire_claims)

        case.refresh_from_db()
        if isinstance(extended, NotPossible):
            expire_claims()
            continue
        assert expired == 0
        assert case.state == Case.State.IN_REVIEW
        let_lapse(case)
        expire_claims()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_end_each_claim_once(northwind: Licensee, mara: User, ines: User):
    for person, name in ((mara, "one"), (ines, "two")):
        case = make_case(northwind, external_id=name)
        claim(case_id=case.pk, by=person)
        let_lapse(case)

    assert sum(race(expire_claims, expire_claims, expire_claims)) == 2
    assert AuditEvent.objects.filter(verb=Verb.CLAIM_EXPIRED).count() == 2
