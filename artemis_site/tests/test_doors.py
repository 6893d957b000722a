"""Walking in and out: two steps, one after another, each counted and recorded; and how long one stays in."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import attempts, second_factor, sessions
from accounts.addresses import address_of
from accounts.models import AuthenticatorApp, User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Proposal
from licensees.two_admins import confirm
from tests.people import PASSWORD, give_app, make_person, signed_in_client

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"


def password_of(person: User, password: str = PASSWORD, **where: str) -> tuple[Client, HttpResponse]:
    client = Client()
    return client, client.post("/sign-in", {"username": person.email, "password": password}, **where)


def code(person: User) -> str:
    return second_factor.code_now(person=person, now=timezone.now())


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("at").values_list("verb", flat=True))


def test_both_steps_open_the_door_and_one_does_not(mara: User) -> None:
    give_app(mara)
    client, answer = password_of(mara)
    assert answer["Location"] == "/sign-in/code"
    assert client.get(QUEUE)["Location"].startswith("/sign-in"), "half-way in is not in"
    answer = client.post("/sign-in/code", {"code": code(mara)})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(QUEUE).status_code == 200
    assert verbs()[-1] == Verb.PERSON_SIGNED_IN


def test_who_was_on_the_way_to_a_page_gets_there(mara: User) -> None:
    give_app(mara)
    client = Client()
    client.post("/sign-in", {"username": mara.email, "password": PASSWORD, "next": QUEUE})
    assert client.post("/sign-in/code", {"code": code(mara)})["Location"] == QUEUE


def test_nobody_is_sent_to_another_site(mara: User) -> None:
    give_app(mara)
    client = Client()
    client.post("/sign-in", {"username": mara.email, "password": PASSWORD, "next": "https://other.example/"})
    assert client.post("/sign-in/code", {"code": code(mara)})["Location"] == "/"


def test_a_wrong_code_opens_nothing_and_is_recorded(mara: User) -> None:
    give_app(mara)
    client, _ = password_of(mara)
    answer = client.post("/sign-in/code", {"code": "000000"})
    assert answer.status_code == 422
    assert "does not fit" in answer.content.decode()
    assert verbs()[-1] == Verb.SIGN_IN_FAILED
    assert client.get(QUEUE).status_code == 302


def test_the_second_step_alone_leads_back_to_the_first(mara: User) -> None:
    give_app(mara)
    for method in ("get", "post"):
        assert getattr(Client(), method)("/sign-in/code")["Location"] == "/sign-in"
        assert getattr(Client(), method)("/sign-in/set-up")["Location"] == "/sign-in"


def test_half_way_ends_after_ten_minutes(mara: User) -> None:
    give_app(mara)
    client, _ = password_of(mara)
    session = client.session
    session["half_way"] = {**session["half_way"], "at": (timezone.now() - timedelta(minutes=11)).isoformat()}
    session.save()
    assert client.post("/sign-in/code", {"code": code(mara)})["Location"] == "/sign-in"
    assert client.get(QUEUE).status_code == 302


def test_who_is_deactivated_half_way_is_not_let_in(mara: User) -> None:
    give_app(mara)
    client, _ = password_of(mara)
    User.objects.filter(pk=mara.pk).update(is_active=False)
    assert client.post("/sign-in/code", {"code": code(mara)})["Location"] == "/sign-in"


def test_everybody_sets_up_a_second_factor_at_the_first_sign_in(mara: User) -> None:
    client, answer = password_of(mara)
    assert answer["Location"] == "/sign-in/set-up"
    page = client.get("/sign-in/set-up").content.decode()
    secret = re.search(r'<span class="digest">([A-Z2-7 ]+)</span>', page)
    assert secret, page
    assert "<svg" in page
    plain = secret[1].replace(" ", "")
    assert client.post("/sign-in/set-up", {"code": "000000"}).status_code == 422
    assert plain in client.get("/sign-in/set-up").content.decode().replace(" ", ""), "the same picture again"
    assert client.get(QUEUE).status_code == 302
    answer = client.post("/sign-in/set-up", {"code": second_factor.code_of(plain, now=timezone.now())})
    shown = re.findall(r'<li class="digest">([A-Z2-7-]+)</li>', answer.content.decode())
    assert len(shown) == second_factor.RECOVERY_CODES
    assert client.get(QUEUE).status_code == 200
    assert [verb for verb in verbs() if verb.startswith("second_factor")] == [Verb.SECOND_FACTOR_SET_UP]
    # And with one of the codes, where the app is lost.
    other, _ = password_of(mara)
    assert other.post("/sign-in/code", {"code": shown[0]})["Location"] == "/your-sign-in"
    assert Verb.RECOVERY_CODE_USED in verbs()
    assert "9 of 10" in other.get("/your-sign-in").content.decode()


def test_no_secret_of_a_set_up_is_in_the_session_in_clear(mara: User) -> None:
    client, _ = password_of(mara)
    page = client.get("/sign-in/set-up").content.decode()
    secret = re.search(r'<span class="digest">([A-Z2-7 ]+)</span>', page)
    assert secret
    assert secret[1].replace(" ", "") not in str(dict(client.session))


def test_set_up_is_no_way_around_an_app_that_exists(mara: User) -> None:
    give_app(mara)
    client, _ = password_of(mara)
    answer = client.post("/sign-in/set-up", {"code": code(mara)})
    assert answer["Location"] == "/sign-in/code"
    assert client.get(QUEUE).status_code == 302


def test_guessing_passwords_is_slowed_down_for_those_who_exist_and_those_who_do_not(mara: User) -> None:
    stranger = User(email="nobody@example.org")
    pages = []
    for person in (mara, stranger):
        said = [password_of(person, "wrong")[1] for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS + 1)]
        assert [answer.status_code for answer in said[:-1]] == [200] * attempts.MOST_BY_PERSON_AND_ADDRESS
        assert said[-1].status_code == 429
        pages.append(re.sub(r'value="[^"]*"|content="[^"]*"|\d\d:\d\d', "", said[-1].content.decode()))
    assert pages[0] == pages[1]
    assert password_of(mara)[1].status_code == 429, "the right one is not looked at either"


def test_guessing_codes_is_slowed_down_in_whatever_session(mara: User) -> None:
    give_app(mara)
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        client, _ = password_of(mara)
        assert client.post("/sign-in/code", {"code": "000000"}).status_code in (422, 429)
        attempts.forget(attempts.limits(person=mara.email, address="127.0.0.1"))
    client, _ = password_of(mara)
    assert client.post("/sign-in/code", {"code": code(mara)}).status_code == 429
    assert client.get(QUEUE).status_code == 302


# --- How long ------------------------------------------------------------------------------------------


def grown_older(client: Client, *, began: timedelta = timedelta(), used: timedelta = timedelta()) -> None:
    session, now = client.session, timezone.now()
    session[sessions.KEY] = {"at": (now - began).isoformat(), "used": (now - used).isoformat()}
    session.save()


def test_who_does_nothing_for_half_an_hour_is_out(mara: User) -> None:
    client = signed_in_client(mara)
    grown_older(client, began=timedelta(minutes=40), used=timedelta(minutes=29))
    assert client.get(QUEUE).status_code == 200
    grown_older(client, began=timedelta(minutes=40), used=timedelta(minutes=30))
    assert client.get(QUEUE)["Location"].startswith("/sign-in")
    assert "30 minutes" in client.get("/sign-in").content.decode()
    assert AuditEvent.objects.filter(verb=Verb.SESSION_ENDED).count() == 1


def test_each_use_is_written_at_most_once_a_minute(mara: User) -> None:
    client = signed_in_client(mara)
    grown_older(client, used=timedelta(minutes=20))
    client.get(QUEUE)
    used = client.session[sessions.KEY]["used"]
    assert used > (timezone.now() - timedelta(minutes=1)).isoformat()
    client.get(QUEUE)
    assert client.session[sessions.KEY]["used"] == used


def test_ten_hours_are_the_end_whatever_is_done(mara: User) -> None:
    client = signed_in_client(mara)
    grown_older(client, began=timedelta(hours=10))
    assert client.get(QUEUE).status_code == 302


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(mara: User, case) -> None:
    client = signed_in_client(mara)
    grown_older(client, used=timedelta(minutes=20))
    before = client.session[sessions.KEY]["used"]
    assert client.get(f"/cases/{case.reference}/arrivals").status_code in (200, 204, 286)
    assert client.session[sessions.KEY]["used"] == before


def test_what_was_sent_too_late_is_given_back(mara: User, case) -> None:
    client = signed_in_client(mara)
    grown_older(client, used=timedelta(minutes=31))
    typed = {"disposition": "no_action", "reason": "peers", "note": "Two of one age, as the profile says."}
    answer = client.post(f"/cases/{case.reference}/decide", typed)
    assert answer.status_code == 401
    assert typed["note"] in answer.content.decode()
    assert not case.decisions.exists()
    assert client.get(QUEUE).status_code == 302


def test_who_types_on_and_on_stays(mara: User) -> None:
    client = signed_in_client(mara)
    grown_older(client, used=timedelta(minutes=20))
    assert client.post("/your-sign-in/stay").status_code == 204
    assert client.session[sessions.KEY]["used"] > (timezone.now() - timedelta(minutes=1)).isoformat()


def test_a_part_of_a_page_is_sent_to_the_door_too(mara: User) -> None:
    client = signed_in_client(mara)
    grown_older(client, began=timedelta(hours=10))
    answer = client.get(QUEUE, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in")


def test_a_session_without_a_second_factor_opens_nothing(mara: User) -> None:
    client = Client()
    client.force_login(mara, backend="licensees.signed_in_backend.OneQuestionBackend")
    assert client.get(QUEUE)["Location"].startswith("/sign-in")


# --- One's own page, and what an admin may do -------------------------------------------------------------


def test_signing_out_everywhere_ends_every_session(mara: User) -> None:
    here, elsewhere = signed_in_client(mara), signed_in_client(mara)
    assert here.post("/your-sign-in/end")["Location"] == "/sign-in"
    assert elsewhere.get(QUEUE).status_code == 302
    assert signed_in_client(mara).get(QUEUE).status_code == 200, "signing in anew opens it again"


def test_new_codes_and_a_new_app_ask_for_the_password(mara: User) -> None:
    give_app(mara)
    client = signed_in_client(mara)
    assert client.post("/your-sign-in/recovery-codes", {"password": "wrong"}).status_code == 422
    assert client.post("/your-sign-in/app", {"password": "wrong", "code": "1"}).status_code == 422
    assert Verb.RECOVERY_CODES_MADE not in verbs()
    answer = client.post("/your-sign-in/recovery-codes", {"password": PASSWORD})
    assert len(re.findall(r'<li class="digest">', answer.content.decode())) == second_factor.RECOVERY_CODES


def test_the_right_password_is_no_guess_and_a_wait_is_called_one(mara: User) -> None:
    give_app(mara)
    client, path = signed_in_client(mara), "/your-sign-in/recovery-codes"
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS + 2):
        assert client.post(path, {"password": PASSWORD}).status_code == 200
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        assert "not your password" in client.post(path, {"password": "wrong"}).content.decode()
    answer = client.post(path, {"password": PASSWORD})
    assert answer.status_code == 422
    assert "Too many tries" in answer.content.decode()


def test_a_new_app_takes_the_place_of_the_old_one(mara: User) -> None:
    give_app(mara)
    client = signed_in_client(mara)
    page = client.get("/your-sign-in/app").content.decode()
    secret = re.search(r'<span class="digest">([A-Z2-7 ]+)</span>', page)
    assert secret
    new = second_factor.code_of(secret[1].replace(" ", ""), now=timezone.now())
    assert client.post("/your-sign-in/app", {"password": PASSWORD, "code": new}).status_code == 200
    assert verbs().count(Verb.SECOND_FACTOR_SET_UP) == 1


def test_an_admin_ends_the_sessions_of_somebody(adam: User, mara: User) -> None:
    hers = signed_in_client(mara)
    signed_in_client(adam).post(f"/licensees/people/{mara.pk}/end-sessions")
    assert hers.get(QUEUE).status_code == 302
    entry = AuditEvent.objects.get(verb=Verb.SESSIONS_ENDED)
    assert (entry.actor, entry.object_id) == (adam.actor_name, str(mara.pk))


def test_a_lost_app_is_taken_away_with_a_reason_by_two_admins(adam: User, mara: User) -> None:
    give_app(mara)
    noor = make_person("Noor", roles=[Role.ADMIN])
    hers, admin = signed_in_client(mara), signed_in_client(adam)
    path = f"/licensees/people/{mara.pk}/take-app-away"
    assert admin.post(path, {"reason_text": "lost"}).status_code == 409
    assert admin.post(path, {"reason_text": "She came to my desk and showed her badge."}).status_code == 302
    assert second_factor.has_one(mara), "one admin alone takes nothing away"
    confirm(proposal_id=Proposal.objects.get().pk, by=noor)
    assert not second_factor.has_one(mara)
    assert second_factor.codes_left(mara) == 0
    assert hers.get(QUEUE).status_code == 302
    assert password_of(mara)[1]["Location"] == "/sign-in/set-up"
    assert "badge" in AuditEvent.objects.get(verb=Verb.SECOND_FACTOR_TAKEN_AWAY).reason


def test_an_admin_does_not_take_away_their_own(adam: User) -> None:
    give_app(adam)
    answer = signed_in_client(adam).post(
        f"/licensees/people/{adam.pk}/take-app-away", {"reason_text": "My telephone fell into the lake."}
    )
    assert answer.status_code == 409
    assert second_factor.has_one(adam)


def test_the_operator_can_where_no_admin_is_left(adam: User, capsys) -> None:
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("take_app_away", "who@example.org", reason="Called back on a known number.")
    with pytest.raises(CommandError, match="has no authenticator app"):
        call_command("take_app_away", adam.email, reason="Called back on a known number.")
    give_app(adam)
    call_command("take_app_away", adam.email, reason="Called back on a known number.")
    assert not second_factor.has_one(adam)


# --- Where from ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.9", "127.0.0.1"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (3, "203.0.113.5, 198.51.100.9", "127.0.0.1"),
        (1, "no address", ""),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies: int, forwarded: str, expected: str) -> None:
    settings.ARTEMIS_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == expected


def test_the_code_is_shown_in_the_demo_alone(mara: User, settings) -> None:
    give_app(mara)
    client, _ = password_of(mara)
    assert code(mara) not in client.get("/sign-in/code").content.decode()
    settings.ARTEMIS_SHOW_CODES = True
    assert code(mara) in client.get("/sign-in/code").content.decode()


def test_the_demo_says_when_the_codes_of_this_minute_are_used(mara: User, settings) -> None:
    give_app(mara)
    settings.ARTEMIS_SHOW_CODES = True
    client, _ = password_of(mara)
    AuthenticatorApp.objects.update(last_step=int(timezone.now().timestamp()) // 30 + 2)
    assert "reload this page" in client.get("/sign-in/code").content.decode()
