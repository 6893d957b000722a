"""The key of a session is in the cookie alone; what stands in the database opens nothing."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.session_store import DIGEST_LENGTH
from accounts.tasks import forget_sessions
from tests.people import signed_in_client

pytestmark = pytest.mark.django_db


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_what_stands_in_the_database_is_no_key(mara: User) -> None:
    client = signed_in_client(mara)
    (row,) = Session.objects.all()
    assert row.session_key != cookie_of(client)
    assert len(row.session_key) == DIGEST_LENGTH
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert client.get("/queue/").status_code == 200
    assert thief.get("/queue/").status_code == 302


def test_a_session_that_was_copied_under_a_key_of_ones_own_opens_nothing(mara: User, otto: User) -> None:
    """As somebody could who writes into the database: the content of hers in the row of his."""
    signed_in_client(mara)
    hers = Session.objects.get().session_data
    his = signed_in_client(otto)
    Session.objects.exclude(session_data=hers).update(session_data=hers)
    assert his.get("/queue/").status_code == 302


def test_a_session_is_changed_and_ended_where_it_stands(mara: User) -> None:
    client = signed_in_client(mara)
    session = client.session
    session["kept"] = "here"
    session.save()
    assert (client.session["kept"], Session.objects.count()) == ("here", 1)
    old = cookie_of(client)
    client.post("/sign-out")
    assert not Session.objects.exists()
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = old
    assert again.get("/queue/").status_code == 302


def test_a_new_key_leaves_no_row_behind(mara: User) -> None:
    session = signed_in_client(mara).session
    before = session.session_key
    session.cycle_key()
    assert session.session_key != before
    assert not session.exists(before)
    assert session.exists(session.session_key)
    assert Session.objects.count() == 1


def test_expired_sessions_open_nothing_and_are_forgotten(mara: User, otto: User) -> None:
    client = signed_in_client(mara)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    signed_in_client(otto)
    assert client.get("/queue/").status_code == 302
    forget_sessions()
    assert Session.objects.count() == 1
