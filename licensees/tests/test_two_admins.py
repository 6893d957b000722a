"""What one admin proposes another confirms; neither alone lets anybody in, gives more rights or takes a factor away."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import second_factor
from accounts.models import EntryLink, User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees import two_admins
from licensees.models import Licensee, Proposal
from licensees.people_doors import change_roles, deactivate, take_roles_away
from licensees.samples import bring_to_test
from licensees.tests.test_two_admins_at_once import at_once
from tests.people import give_app, make_person

WHY = "Hired by the head of safety, seen in person."
ANA = {"name": "Ana", "email": "Ana@Example.org", "roles": ["moderator", "supervisor"], "reason_text": WHY}
BROWSER = Callable[[User], Client]
State = Proposal.State


@pytest.fixture
def noor(db: None) -> User:
    """Another admin."""
    return make_person("Noor", roles=[Role.ADMIN])


def proposed_ana(by: User) -> Proposal:
    roles = [Role.MODERATOR, Role.SUPERVISOR]
    return two_admins.propose_person(email="ana@example.org", name="Ana", roles=roles, by=by, reason=WHY)[0]


def code_on(page: str) -> str:
    (code,) = set(re.findall(r'id="code" value="([A-Z2-7]{4}-[A-Z2-7]{4})"', page))
    return code


def link_on(page: str) -> str:
    (link,) = set(re.findall(r'id="link" value="([^"]+)"', page))
    return link


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("at", "pk").values_list("verb", flat=True))


@pytest.mark.django_db
def test_two_admins_let_a_person_in_who_chooses_their_own_password(
    adam: User, noor: User, browser_of: BROWSER
) -> None:
    first, second = browser_of(adam), browser_of(noor)
    answer = first.post("/licensees/people/new", ANA)
    assert answer["Cache-Control"] == "no-store"
    code = code_on(answer.content.decode())
    proposal = Proposal.objects.get()
    assert not User.objects.filter(email="ana@example.org").exists(), "nothing is done yet"
    assert "Ana" in second.get("/licensees/proposals/").content.decode()
    assert "Confirm" in second.get(f"/licensees/proposals/{proposal.pk}/").content.decode()
    answer = second.post(f"/licensees/proposals/{proposal.pk}/confirm")
    link = link_on(answer.content.decode())
    ana = User.objects.get(email="ana@example.org")
    assert ana.roles == {Role.MODERATOR, Role.SUPERVISOR}
    assert not ana.has_usable_password()
    assert verbs()[-4:] == [
        *(Verb.PROPOSAL_MADE, Verb.PERSON_CREATED, Verb.ENTRY_LINK_MADE, Verb.PROPOSAL_CONFIRMED),
    ]
    made, done = (AuditEvent.objects.get(verb=verb) for verb in (verbs()[-4], verbs()[-1]))
    assert (made.actor, done.actor) == (adam.actor_name, noor.actor_name)
    assert done.payload["proposed_by"] == adam.pk
    secret = link.rsplit("/", 1)[1]
    stored = json.dumps([session.get_decoded() for session in Session.objects.all()])
    stored += " ".join(AuditEvent.objects.values_list("entry", flat=True))
    stored += first.get(f"/licensees/proposals/{proposal.pk}/").content.decode()
    assert secret not in stored and code not in stored
    assert "ana@" not in " ".join(AuditEvent.objects.values_list("entry", flat=True)).lower()


@pytest.mark.django_db
def test_where_mail_is_set_up_no_admin_sees_the_link(
    adam: User, noor: User, browser_of: BROWSER, settings
) -> None:
    settings.EMAIL_HOST = "mail.example"
    proposal = proposed_ana(adam)
    page = browser_of(noor).post(f"/licensees/proposals/{proposal.pk}/confirm").content.decode()
    (letter,) = mail.outbox
    assert letter.to == ["ana@example.org"]
    (secret,) = re.findall(r"/enter/(\S+)", letter.body)
    assert secret not in page and "went to ana@example.org" in page
    assert EntryLink.objects.get().person.name == "Ana"


@pytest.mark.django_db
def test_who_proposed_it_does_not_confirm_it(adam: User, noor: User, browser_of: BROWSER) -> None:
    proposal = proposed_ana(adam)
    answer = browser_of(adam).post(f"/licensees/proposals/{proposal.pk}/confirm")
    assert answer.status_code == 409
    assert "You proposed this, so somebody else confirms it. Ask Noor." in answer.content.decode()
    assert not User.objects.filter(email="ana@example.org").exists()
    with pytest.raises(NotPossible):
        two_admins.decline(proposal_id=proposal.pk, by=adam, reason="I changed my mind.")
    proposal.refresh_from_db()
    assert proposal.state == State.PROPOSED


@pytest.mark.django_db
def test_the_database_refuses_one_admin_too(adam: User) -> None:
    proposal = proposed_ana(adam)
    confirm = "UPDATE licensees_proposal SET state = 'confirmed'"
    with (
        pytest.raises(IntegrityError, match="proposal_confirmed_by_another"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{confirm}, answered_by_id = %s, answered_at = now()", [adam.pk])
    with (
        pytest.raises(IntegrityError, match="proposal_answered_by_somebody"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(confirm)
    proposal.refresh_from_db()
    assert proposal.state == State.PROPOSED


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["decline", "withdraw"])
def test_what_was_answered_is_not_confirmed_any_more(adam: User, noor: User, answer: str) -> None:
    proposal = proposed_ana(adam)
    if answer == "decline":
        two_admins.decline(proposal_id=proposal.pk, by=noor, reason="Nobody knows an Ana here.")
    else:
        two_admins.withdraw(proposal_id=proposal.pk, by=adam)
    with pytest.raises(NotPossible, match="already"):
        two_admins.confirm(proposal_id=proposal.pk, by=noor)
    assert not User.objects.filter(email="ana@example.org").exists()
    proposed_ana(noor)


@pytest.mark.django_db
def test_after_a_week_it_is_proposed_anew(adam: User, noor: User) -> None:
    proposal = proposed_ana(adam)
    Proposal.objects.update(proposed_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(NotPossible, match="more than seven days ago"):
        two_admins.confirm(proposal_id=proposal.pk, by=noor)
    assert not User.objects.filter(email="ana@example.org").exists()


@pytest.mark.django_db
def test_what_a_former_admin_proposed_is_not_confirmed(adam: User, noor: User) -> None:
    proposal = proposed_ana(adam)
    User.objects.filter(pk=adam.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="Adam, who proposed this, is no longer an admin"):
        two_admins.confirm(proposal_id=proposal.pk, by=noor)
    assert not User.objects.filter(email="ana@example.org").exists()


@pytest.mark.django_db
def test_one_proposal_at_a_time(adam: User, noor: User, mara: User) -> None:
    proposed_ana(adam)
    with pytest.raises(NotPossible, match="proposed already"):
        proposed_ana(noor)
    give_app(mara)
    two_admins.propose_new_factor(person=mara, by=adam, reason=WHY)
    with pytest.raises(NotPossible, match="proposed already"):
        two_admins.propose_new_factor(person=mara, by=noor, reason=WHY)
    assert Proposal.objects.count() == 2


# --- Roles -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_role_that_comes_to_somebody_takes_two(
    adam: User, noor: User, mara: User, browser_of: BROWSER
) -> None:
    sent = {"roles": ["moderator", "supervisor"], "reason_text": WHY}
    assert browser_of(adam).post(f"/licensees/people/{mara.pk}/roles", sent).status_code == 302
    assert User.objects.get(pk=mara.pk).roles == {Role.MODERATOR}
    two_admins.confirm(proposal_id=Proposal.objects.get().pk, by=noor)
    assert User.objects.get(pk=mara.pk).roles == {Role.MODERATOR, Role.SUPERVISOR}
    event = AuditEvent.objects.get(verb=Verb.ROLES_CHANGED)
    assert event.payload == {"from": ["moderator"], "to": ["moderator", "supervisor"]}


@pytest.mark.django_db
def test_fewer_roles_count_at_once(adam: User, ines: User, browser_of: BROWSER) -> None:
    sent = {"roles": ["moderator"], "reason_text": WHY}
    assert browser_of(adam).post(f"/licensees/people/{ines.pk}/roles", sent).status_code == 302
    assert User.objects.get(pk=ines.pk).roles == {Role.MODERATOR}
    assert not Proposal.objects.exists()
    with pytest.raises(NotPossible, match="Another admin confirms"):
        take_roles_away(
            person=User.objects.get(pk=ines.pk), roles=[Role.MODERATOR, Role.SUPERVISOR], by=adam, reason=WHY
        )


@pytest.mark.django_db
def test_what_is_confirmed_is_what_was_seen(adam: User, noor: User, ines: User) -> None:
    proposal = two_admins.propose_roles(
        person=ines, roles=[Role.SUPERVISOR, Role.MODERATOR][:1], by=adam, reason=WHY
    )
    change_roles(person=User.objects.get(pk=ines.pk), roles=[Role.MODERATOR], by=adam, reason=WHY)
    with pytest.raises(NotPossible, match="holds other roles now"):
        two_admins.confirm(proposal_id=proposal.pk, by=noor)
    assert User.objects.get(pk=ines.pk).roles == {Role.MODERATOR}


@pytest.mark.django_db
def test_nobody_changes_their_own_roles(adam: User, noor: User) -> None:
    with pytest.raises(NotPossible, match="about yourself"):
        two_admins.propose_roles(person=adam, roles=[Role.SUPERVISOR], by=adam, reason=WHY)
    proposal = two_admins.propose_roles(person=noor, roles=[Role.SUPERVISOR], by=adam, reason=WHY)
    with pytest.raises(NotPossible, match="about yourself"):
        two_admins.confirm(proposal_id=proposal.pk, by=noor)
    assert User.objects.get(pk=noor.pk).roles == {Role.ADMIN}


@pytest.mark.django_db
def test_the_last_two_admins_stay(adam: User, noor: User) -> None:
    third = make_person("Ada", roles=[Role.ADMIN])
    proposal = two_admins.propose_roles(person=third, roles=[Role.AUDITOR], by=adam, reason=WHY)
    two_admins.confirm(proposal_id=proposal.pk, by=noor)
    with pytest.raises(NotPossible, match="Then Adam would be left"):
        change_roles(person=noor, roles=[Role.AUDITOR], by=adam, reason=WHY)
    with pytest.raises(NotPossible, match="Then Adam would be left"):
        deactivate(person=noor, by=adam, reason=WHY)
    assert User.objects.get(pk=noor.pk).has_role(Role.ADMIN)


@pytest.mark.django_db(transaction=True)
def test_admins_who_deactivate_each_other_at_once_leave_two() -> None:
    admins = [make_person(f"Admin{number}", roles=[Role.ADMIN]) for number in range(4)]
    following = dict(zip(admins, admins[1:] + admins[:1], strict=True))
    at_once(lambda admin: deactivate(person=following[admin], by=admin, reason=WHY), admins)
    assert User.objects.filter(is_active=True).count() == 2


@pytest.mark.django_db(transaction=True)
def test_admins_who_confirm_at_once_make_one_person(adam: User) -> None:
    proposal = proposed_ana(adam)
    admins = [make_person(f"Admin{number}", roles=[Role.ADMIN]) for number in range(4)]
    refused = at_once(lambda admin: two_admins.confirm(proposal_id=proposal.pk, by=admin), admins)
    assert len(refused) == 3
    assert User.objects.filter(email="ana@example.org").count() == EntryLink.objects.count() == 1


# --- A second factor, and going live ------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lost_app_is_taken_away_by_two(adam: User, noor: User, mara: User, browser_of: BROWSER) -> None:
    give_app(mara)
    hers = browser_of(mara)
    browser_of(adam).post(f"/licensees/people/{mara.pk}/take-app-away", {"reason_text": WHY})
    assert second_factor.has_one(mara)
    assert hers.get("/queue/").status_code == 200
    two_admins.confirm(proposal_id=Proposal.objects.get().pk, by=noor)
    assert not second_factor.has_one(mara)
    assert hers.get("/queue/").status_code == 302


@pytest.mark.django_db
def test_a_new_licensee_accepts_nothing_until_two_admins_take_it_live(
    adam: User, noor: User, browser_of: BROWSER
) -> None:
    admin = browser_of(adam)
    form = {
        "name": "Harbour",
        "code": "HB",
        "slug": "harbour",
        "jurisdiction": "GB",
        "contact_email": "safety@harbour.example",
    }
    admin.post("/licensees/new", form)
    licensee = Licensee.objects.get(slug="harbour")
    assert licensee.state == Licensee.State.APPLIED
    refused = admin.post("/licensees/harbour/go-live", {"reason_text": WHY})
    assert (refused.status_code, Proposal.objects.count()) == (409, 0)
    bring_to_test(licensee, by=adam, why=WHY)
    page = admin.post(
        "/licensees/harbour/keys/new", {"label": "Chat", "scopes": ["conversations:read"], "mode": "live"}
    )
    (secret,) = set(re.findall(r"artemis_live_[0-9a-f]{12}_[\w-]{43}", page.content.decode()))
    asked = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    answer = Client().get("/api/v1/conversations/none", **asked)
    assert (answer.status_code, "it works once the licensee goes live" in answer.content.decode()) == (
        403,
        True,
    )
    admin.post("/licensees/harbour/go-live", {"reason_text": WHY})
    licensee.refresh_from_db()
    assert licensee.state == Licensee.State.TEST
    two_admins.confirm(proposal_id=Proposal.objects.get().pk, by=noor)
    licensee.refresh_from_db()
    assert licensee.state == Licensee.State.LIVE
    assert Client().get("/api/v1/conversations/none", **asked).status_code == 404
    event = AuditEvent.objects.get(verb=Verb.LICENSEE_WENT_LIVE)
    assert (event.actor, event.reason) == (noor.actor_name, WHY)
