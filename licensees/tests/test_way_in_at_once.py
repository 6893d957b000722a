"""Two admins answer in the same moment, in real transactions: one acts, the others are told."""

import pytest

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees import applications, onboarding, vetting
from licensees.models import Licensee
from licensees.onboarding import create_licensee
from licensees.samples import bring_to_test
from licensees.tests.test_two_admins_at_once import at_once
from tests.joining import apply
from tests.people import TESTS, make_person

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Looked at with the register beside it."


@pytest.fixture
def admins() -> list[User]:
    return [make_person(f"Admin{number}", roles=[Role.ADMIN]) for number in range(4)]


@pytest.fixture
def harbour() -> Licensee:
    return create_licensee(
        name="Harbour", slug="harbour", code="HB", jurisdiction="IE", contact_email="h@h.example", by=TESTS
    )


def test_one_accepts_or_one_declines(harbour: Licensee, admins: list[User]) -> None:
    for item in vetting.items():
        vetting.note_item(licensee_id=harbour.pk, item=item, outcome="done", note=WHY, by=TESTS)

    def act(admin: User) -> None:
        # Who was vetted can still be declined: so those who decline come first, or find it declined.
        verb = vetting.vet if admin.pk % 2 else vetting.decline
        verb(licensee_id=harbour.pk, by=admin, reason=WHY)

    at_once(act, admins)
    vetted = AuditEvent.objects.filter(verb=Verb.LICENSEE_VETTED).count()
    declined = AuditEvent.objects.filter(verb=Verb.LICENSEE_DECLINED).count()
    assert (declined, vetted <= 1) == (1, True)
    assert Licensee.objects.get(pk=harbour.pk).state == "declined"


def test_one_application_becomes_one_licensee(admins: list[User]) -> None:
    made = apply()

    def act(admin: User) -> None:
        code = "H" + chr(ord("A") + admins.index(admin))
        applications.take_up(application_id=made.pk, name="Harbour", slug=code.lower(), code=code, by=admin)

    refused = at_once(act, admins)
    assert (len(refused), Licensee.objects.count()) == (len(admins) - 1, 1)


def test_it_is_suspended_or_ended_once(harbour: Licensee, admins: list[User]) -> None:
    bring_to_test(harbour, by=TESTS, why=WHY)

    def act(admin: User) -> None:
        onboarding.end(licensee_id=harbour.pk, by=admin, reason=WHY)

    assert len(at_once(act, admins)) == len(admins) - 1
    assert AuditEvent.objects.filter(verb=Verb.LICENSEE_ENDED).count() == 1


def test_only_so_many_applications_wait_however_many_come_at_once(admins: list[User], settings) -> None:
    settings.ARTEMIS_OPEN_APPLICATIONS = 2
    refused = at_once(lambda _: apply(), admins)
    assert len(refused) == len(admins) - 2
