"""A person is deactivated: out at once, what they hold goes back, and two admins can bring them back."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees import two_admins
from licensees.assignments import assign
from licensees.models import Policy, Proposal
from review.models import Case, Claim, SecondReview
from review.queue import claim
from review.second_review import claim_second_review
from review.tests.acts import dismiss
from tests.people import PASSWORD, TESTS, make_licensee, make_person, signed_in_client

pytestmark = pytest.mark.django_db
WHY = {"reason_text": "She left the company today."}


@pytest.fixture
def noor(db: None) -> User:
    return make_person("Noor", roles=[Role.ADMIN])


def address(person: User) -> str:
    return f"/licensees/people/{person.pk}/deactivate"


def test_what_they_hold_is_shown_first(adam: User, mara: User, case: Case) -> None:
    claim(case_id=case.pk, by=mara)
    answer = signed_in_client(adam).get(address(mara))
    held = {fact["label"]: fact["value"] for fact in answer.context["held"]}
    assert held["Cases that go back to the queue"] == 1
    assert answer.context["alone"] == ["Nobody else serves Northwind as moderator."]
    assert case.reference not in answer.content.decode(), "an admin reads no case"
    assert User.objects.get(pk=mara.pk).is_active


def test_the_page_asks_no_more_of_who_serves_many_licensees(adam: User, mara: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as asking:
            assert signed_in_client(adam).get(address(mara)).status_code == 200
        return len(asking)

    few = asked()
    for name, code in (("Ashford", "AS"), ("Brook", "BR"), ("Cove", "CO")):
        assign(person=mara, licensee=make_licensee(name=name, code=code), role=Role.MODERATOR, by=TESTS)
    assert asked() == few


def test_they_are_out_at_once_and_their_case_goes_back(
    adam: User, mara: User, ines: User, case: Case
) -> None:
    claim(case_id=case.pk, by=mara)
    hers = signed_in_client(mara)
    assert hers.get("/queue/").status_code == 200
    assert signed_in_client(adam).post(address(mara), WHY).status_code == 302
    assert hers.get("/queue/").status_code == 302
    assert Client().post("/sign-in", {"username": mara.email, "password": PASSWORD}).status_code == 200
    case.refresh_from_db()
    assert case.state == Case.State.WAITING
    assert Claim.objects.get().ending == Claim.Ending.GIVEN_BACK
    event = AuditEvent.objects.get(verb=Verb.PERSON_DEACTIVATED)
    assert (event.actor, event.object_id, event.reason) == (adam.actor_name, str(mara.pk), WHY["reason_text"])
    released = AuditEvent.objects.get(verb=Verb.CASE_RELEASED)
    assert (released.actor, released.payload["holder"]) == (adam.actor_name, mara.pk)
    claim(case_id=case.pk, by=ines)


def test_nobody_deactivates_themselves(adam: User, noor: User) -> None:
    make_person("Ada", roles=[Role.ADMIN])
    answer = signed_in_client(adam).post(address(adam), WHY)
    assert answer.status_code == 409
    assert "about yourself" in answer.content.decode()
    assert User.objects.get(pk=adam.pk).is_active


def test_the_last_two_admins_stay(adam: User, noor: User) -> None:
    answer = signed_in_client(adam).post(address(noor), WHY)
    assert answer.status_code == 409
    assert "Let another admin in first" in answer.content.decode()
    assert User.objects.get(pk=noor.pk).is_active


def test_without_a_reason_nothing_happens(adam: User, mara: User) -> None:
    admin = signed_in_client(adam)
    assert admin.post(address(mara), {"reason_text": ""}).status_code == 422
    assert admin.post(address(mara), {"reason_text": "Gone"}).status_code == 409
    assert User.objects.get(pk=mara.pk).is_active


def test_two_admins_bring_them_back(adam: User, noor: User, mara: User) -> None:
    admin = signed_in_client(adam)
    admin.post(address(mara), WHY)
    assert "They come back" in admin.get(f"/licensees/people/{mara.pk}/").content.decode()
    admin.post(f"/licensees/people/{mara.pk}/reactivate", {"reason_text": "She came back from her leave."})
    assert not User.objects.get(pk=mara.pk).is_active
    two_admins.confirm(proposal_id=Proposal.objects.get().pk, by=noor)
    back = User.objects.get(pk=mara.pk)
    assert back.has_role(Role.MODERATOR)
    assert signed_in_client(back).get("/queue/").status_code == 200
    assert AuditEvent.objects.get(verb=Verb.PERSON_REACTIVATED).actor == noor.actor_name


def test_a_second_review_goes_back_too(adam: User, mara: User, ines: User, case: Case) -> None:
    Policy.objects.create(licensee=case.licensee, reason="Each is judged again.", second_review_percent=100)
    dismiss(case, mara)
    taken = claim_second_review(by=ines)
    assert taken is not None
    held = signed_in_client(adam).get(address(ines)).context["held"]
    assert {fact["label"]: fact["value"] for fact in held}["Second reviews that go back"] == 1
    signed_in_client(adam).post(address(ines), WHY)
    taken.refresh_from_db()
    assert (taken.state, taken.reviewer) == (SecondReview.State.WAITING, None)
    assert AuditEvent.objects.get(verb=Verb.SECOND_REVIEW_RELEASED).actor == adam.actor_name
