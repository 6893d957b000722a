"""One-time links: two halves, used once, for a while; and what a person chooses nobody else has seen."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import attempts, entry_links, second_factor
from accounts.models import EntryLink, User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from tests.people import PASSWORD, give_app, signed_in_client

pytestmark = pytest.mark.django_db
NEW = "a sentence that only she knows"
TYPED = {"new_password": NEW, "new_password_again": NEW}


@pytest.fixture
def code() -> str:
    return entry_links.new_code()


@pytest.fixture
def secret(mara: User, code: str) -> str:
    digest = entry_links.digest_of_code(code)
    return entry_links.make(person=mara, code_digest=digest, now=timezone.now())


def with_link(secret: str) -> Client:
    client = Client()
    assert client.get(f"/enter/{secret}")["Location"] == "/enter"
    return client


def may_sign_in(person: User, password: str) -> bool:
    return Client().post("/sign-in", {"username": person.email, "password": password}).status_code == 302


def test_link_and_code_together_let_a_person_choose_a_password(mara: User, secret: str, code: str) -> None:
    client = with_link(secret)
    assert mara.email in client.get("/enter").content.decode()
    answer = client.post("/enter", TYPED | {"code": code.lower().replace("-", " ")})
    assert answer["Location"] == "/sign-in/set-up", "the second factor comes next"
    assert client.get("/queue/").status_code == 302
    assert may_sign_in(mara, NEW) and not may_sign_in(mara, PASSWORD)
    assert AuditEvent.objects.get(verb=Verb.ENTRY_LINK_USED).actor == mara.actor_name


def test_who_has_a_second_factor_shows_it_and_other_sessions_end(mara: User, secret: str, code: str) -> None:
    give_app(mara)
    elsewhere = signed_in_client(mara)
    assert with_link(secret).post("/enter", TYPED | {"code": code})["Location"] == "/sign-in/code"
    assert elsewhere.get("/queue/").status_code == 302
    assert second_factor.has_one(mara)


def test_the_link_without_the_code_opens_nothing(mara: User, secret: str) -> None:
    client = with_link(secret)
    for typed in ("", "AAAA-AAAA"):
        answer = client.post("/enter", TYPED | {"code": typed})
        assert answer.status_code == 422
        assert "does not open the link" in answer.content.decode()
    assert AuditEvent.objects.filter(verb=Verb.ENTRY_LINK_FAILED).count() == 2
    assert may_sign_in(mara, PASSWORD)


def test_guessing_the_code_is_slowed_down(mara: User, secret: str, code: str) -> None:
    client = with_link(secret)
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        client.post("/enter", TYPED | {"code": "AAAA-AAAA"})
    assert client.post("/enter", TYPED | {"code": code}).status_code == 429
    assert may_sign_in(mara, PASSWORD)


def test_the_code_without_the_link_opens_nothing(mara: User, secret: str, code: str) -> None:
    assert Client().post("/enter", TYPED | {"code": code}).status_code == 404
    assert may_sign_in(mara, PASSWORD)


def test_it_opens_once(mara: User, secret: str, code: str) -> None:
    early, late = with_link(secret), with_link(secret)
    early.post("/enter", TYPED | {"code": code})
    other = {
        "new_password": "another long sentence of hers",
        "new_password_again": "another long sentence of hers",
    }
    assert late.post("/enter", other | {"code": code}).status_code == 404
    assert Client().get(f"/enter/{secret}").status_code == 404
    assert may_sign_in(mara, NEW)


@pytest.mark.parametrize("what", ["old", "replaced", "deactivated", "changed by a sign", "invented"])
def test_a_link_that_opens_nothing(mara: User, secret: str, code: str, what: str) -> None:
    if what == "old":
        EntryLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if what == "replaced":
        entry_links.make(person=mara, code_digest=entry_links.digest_of_code(code), now=timezone.now())
    if what == "deactivated":
        User.objects.filter(pk=mara.pk).update(is_active=False)
    shown = {"changed by a sign": secret[:-1] + ("A" if secret[-1] != "A" else "B"), "invented": "x1"}
    answer = Client().get(f"/enter/{shown.get(what, secret)}")
    assert answer.status_code == 404
    assert "This link opens nothing" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new_password": "short", "new_password_again": "short"}, "too short"),
        ({"new_password": NEW, "new_password_again": f"{NEW}."}, "differ"),
        ({"new_password": "mara@example.org", "new_password_again": "mara@example.org"}, "similar"),
        ({"new_password": "1qaz2wsx3edc4rfv", "new_password_again": "1qaz2wsx3edc4rfv"}, "common"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays(
    mara: User, secret: str, code: str, typed: dict[str, str], sentence: str
) -> None:
    client = with_link(secret)
    answer = client.post("/enter", typed | {"code": code})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert client.post("/enter", TYPED | {"code": code}).status_code == 302


def test_neither_half_is_kept(mara: User, secret: str, code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM accounts_entrylink l")
        ((row,),) = cursor.fetchall()
    assert secret not in row and code not in row and code.encode().hex() not in row
    client = with_link(secret)
    assert secret not in str(dict(client.session)) and secret not in client.get("/enter").content.decode()


def test_ones_own_password_is_changed_with_the_old_one(mara: User) -> None:
    here, elsewhere = signed_in_client(mara), signed_in_client(mara)
    path = "/your-sign-in/password"
    assert here.get(path).status_code == 200
    assert here.post(path, TYPED | {"password": "wrong"}).status_code == 422
    assert (
        here.post(path, {"password": PASSWORD, "new_password": "x", "new_password_again": "x"}).status_code
        == 422
    )
    assert may_sign_in(mara, PASSWORD)
    assert here.post(path, TYPED | {"password": PASSWORD})["Location"] == "/sign-in"
    assert elsewhere.get("/queue/").status_code == 302
    assert may_sign_in(mara, NEW) and not may_sign_in(mara, PASSWORD)
    assert AuditEvent.objects.get(verb=Verb.PASSWORD_SET).actor == mara.actor_name


def test_the_first_two_admins_come_by_a_command(capsys: pytest.CaptureFixture[str], db: None) -> None:
    with pytest.raises(CommandError, match="Name 2"):
        call_command("first_admins", "ada@example.org=Ada")
    with pytest.raises(CommandError, match="is not EMAIL=NAME"):
        call_command("first_admins", "ada", "noor@example.org")
    call_command("first_admins", "ada@example.org=Ada", "noor@example.org=Noor")
    words = capsys.readouterr().out.split()
    assert {person.name for person in User.objects.all() if person.has_role(Role.ADMIN)} == {"Ada", "Noor"}
    created = AuditEvent.objects.filter(verb=Verb.PERSON_CREATED)
    assert {event.actor for event in created} == {"machine:command"}
    link, code = words[words.index("link") + 1], words[words.index("code") + 1]
    assert with_link(link.rsplit("/", 1)[1]).post("/enter", TYPED | {"code": code}).status_code == 302
    with pytest.raises(CommandError, match="Two admins are there"):
        call_command("first_admins", "eve@example.org=Eve")
