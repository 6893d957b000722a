"""Two admins press the same button in the same moment, in two real transactions: one acts, one is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign
from licensees.models import Licensee, Policy
from licensees.onboarding import issue_key, revoke_key, set_policy, suspend
from tests.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)
ADMINS = 4


@pytest.fixture
def admins() -> list[User]:
    return [make_person(f"Admin{number}", roles=[Role.ADMIN]) for number in range(ADMINS)]


def at_once(act: Callable[[User], object], admins: list[User]) -> list[str]:
    """All begin together; the answers are the sentences of those who were refused."""
    gate = Barrier(len(admins))

    def one(admin: User) -> str:
        gate.wait()
        try:
            act(admin)
        except NotPossible as refusal:
            return refusal.sentence
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(admins)) as pool:
        return [sentence for sentence in pool.map(one, admins) if sentence]


def test_one_policy_is_set_and_the_others_are_told_to_read_it(
    northwind: Licensee, admins: list[User]
) -> None:
    seen = Policy.objects.in_force(northwind.pk).pk

    def act(admin: User) -> None:
        set_policy(
            licensee=northwind,
            by=admin,
            reason="At once",
            flag_threshold=0.8,
            imminent_threshold=0.9,
            standard_due_hours=24,
            imminent_due_hours=1,
            instead_of=seen,
        )

    refused = at_once(act, admins)
    assert len(refused) == ADMINS - 1
    assert all("set another policy on" in sentence for sentence in refused)
    assert Policy.objects.count() == 2
    assert AuditEvent.objects.filter(verb=Verb.POLICY_SET).count() == 1


def test_a_person_is_assigned_once(lakeside: Licensee, mara: User, admins: list[User]) -> None:
    before = AuditEvent.objects.filter(verb=Verb.ASSIGNMENT_GIVEN).count()
    refused = at_once(
        lambda admin: assign(person=mara, licensee=lakeside, role=Role.MODERATOR, by=admin), admins
    )
    assert refused == ["Mara already serves Lakeside as moderator."] * (ADMINS - 1)
    assert AuditEvent.objects.filter(verb=Verb.ASSIGNMENT_GIVEN).count() == before + 1


def test_a_key_is_revoked_once(northwind: Licensee, admins: list[User]) -> None:
    key, _ = issue_key(licensee=northwind, label="Old", scopes=[], by=admins[0])
    refused = at_once(lambda admin: revoke_key(key_id=key.pk, by=admin), admins)
    assert len(refused) == ADMINS - 1
    assert AuditEvent.objects.filter(verb=Verb.KEY_REVOKED).count() == 1


def test_a_licensee_is_suspended_once(northwind: Licensee, admins: list[User]) -> None:
    refused = at_once(lambda admin: suspend(licensee_id=northwind.pk, by=admin, reason="At once"), admins)
    assert len(refused) == ADMINS - 1
    assert AuditEvent.objects.filter(verb=Verb.LICENSEE_SUSPENDED).count() == 1
