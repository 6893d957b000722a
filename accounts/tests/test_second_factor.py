"""The second factor: each code opens the door once, whoever sends it; secrets and names are not in the database."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pyotp
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import attempts, second_factor
from accounts.models import AuthenticatorApp, RecoveryCode, SignInAttempt, User
from accounts.sealed_secrets import SecretUnreadable, open_secret, seal_secret
from accounts.second_factor import Proof

NOW = datetime(2026, 11, 30, 12, 0, 10, tzinfo=timezone.get_default_timezone())
STEP = timedelta(seconds=second_factor.STEP_SECONDS)


@pytest.fixture
def secret(mara: User) -> str:
    secret = second_factor.new_secret()
    codes = second_factor.set_up(person=mara, secret=secret, code=pyotp.TOTP(secret).at(NOW), now=NOW)
    assert codes is not None
    return secret


def proof(person: User, code: str, *, now: datetime) -> Proof | None:
    return second_factor.proves(person=person, code=code, now=now)


def test_the_published_codes_of_rfc_6238_fit() -> None:
    """Appendix B, SHA-1, cut to six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    published = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    for seconds, code in published.items():
        assert second_factor.code_of(secret, now=datetime.fromtimestamp(seconds, tz=NOW.tzinfo)) == code


def test_a_code_opens_the_door_once(mara: User, secret: str) -> None:
    later = NOW + STEP
    code = pyotp.TOTP(secret).at(later)
    assert proof(mara, f" {code[:3]} {code[3:]} ", now=later) is Proof.APP
    assert proof(mara, code, now=later) is None
    assert proof(mara, pyotp.TOTP(secret).at(NOW), now=later) is None, "an older code than the last one taken"


def test_the_code_that_set_it_up_is_used_up(mara: User, secret: str) -> None:
    assert proof(mara, pyotp.TOTP(secret).at(NOW), now=NOW) is None


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(mara: User, secret: str, steps: int, opens: bool) -> None:
    now = NOW + 5 * STEP
    assert (proof(mara, pyotp.TOTP(secret).at(now + steps * STEP), now=now) is Proof.APP) is opens


@pytest.mark.parametrize("code", ["", "000000", "12345", "１２３４５６", "x" * 500, "\x00", "²²²²²²"])
def test_what_is_no_code_opens_nothing(mara: User, secret: str, code: str) -> None:
    assert proof(mara, code, now=NOW) is None


def test_a_recovery_code_opens_the_door_once(mara: User, secret: str) -> None:
    codes = second_factor.new_recovery_codes(person=mara)
    assert len(codes) == second_factor.RECOVERY_CODES
    assert proof(mara, codes[0].lower(), now=NOW) is Proof.RECOVERY_CODE
    assert proof(mara, codes[0], now=NOW) is None
    assert second_factor.codes_left(mara) == second_factor.RECOVERY_CODES - 1
    second_factor.new_recovery_codes(person=mara)
    assert proof(mara, codes[1], now=NOW) is None, "an earlier sheet of codes"


def test_the_code_of_one_person_opens_nothing_for_another(mara: User, otto: User, secret: str) -> None:
    codes = second_factor.new_recovery_codes(person=mara)
    assert proof(otto, codes[0], now=NOW) is None
    assert proof(otto, pyotp.TOTP(secret).at(NOW + STEP), now=NOW + STEP) is None


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_many_times_at_once_opens_once(mara: User, secret: str) -> None:
    later = NOW + STEP
    code, recovery = pyotp.TOTP(secret).at(later), second_factor.new_recovery_codes(person=mara)[0]

    def send(typed: str) -> Proof | None:
        try:
            return proof(mara, typed, now=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(send, [code, recovery] * 8))
    assert said.count(Proof.APP) == said.count(Proof.RECOVERY_CODE) == 1


def test_a_new_app_ends_the_old_one(mara: User, secret: str) -> None:
    new, later = second_factor.new_secret(), NOW + STEP
    assert second_factor.set_up(person=mara, secret=new, code="000000x", now=later) is None
    assert second_factor.set_up(person=mara, secret=new, code=pyotp.TOTP(new).at(later), now=later)
    assert proof(mara, pyotp.TOTP(secret).at(later + STEP), now=later + STEP) is None
    assert proof(mara, pyotp.TOTP(new).at(later + STEP), now=later + STEP) is Proof.APP


def test_neither_secret_nor_recovery_code_is_in_the_database(mara: User, secret: str) -> None:
    codes = second_factor.new_recovery_codes(person=mara)
    rows = [bytes(app.secret_sealed) for app in AuthenticatorApp.objects.all()]
    rows += [bytes(code.digest) for code in RecoveryCode.objects.all()]
    plain = [secret, *codes, *(code.replace("-", "") for code in codes)]
    assert not any(text.encode() in row for row in rows for text in plain)


def test_a_secret_that_was_copied_to_another_person_does_not_open(
    transactional_db: None, mara: User, otto: User, secret: str, owner_connection: psycopg.Connection
) -> None:
    own = second_factor.new_secret()
    second_factor.set_up(person=otto, secret=own, code=pyotp.TOTP(own).at(NOW), now=NOW)
    owner_connection.execute(
        "UPDATE accounts_authenticatorapp SET secret_sealed ="
        " (SELECT secret_sealed FROM accounts_authenticatorapp WHERE person_id = %s) WHERE person_id = %s",
        [mara.pk, otto.pk],
    )
    with pytest.raises(SecretUnreadable):
        proof(otto, pyotp.TOTP(secret).at(NOW + STEP), now=NOW + STEP)


def test_a_new_secret_key_opens_what_the_old_one_sealed(settings) -> None:
    old = settings.SECRET_KEY
    sealed = seal_secret("a secret", owner="one")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of fifty characters", [old]
    assert open_secret(sealed, owner="one") == "a secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SecretUnreadable):
        open_secret(sealed, owner="one")


def test_the_picture_holds_the_address_and_no_style(mara: User) -> None:
    picture = second_factor.picture_of(second_factor.address_of(mara, second_factor.new_secret()))
    assert picture.startswith("<svg")
    assert not re.search(r"style=|<script|href", picture), "the policy of the pages would refuse it"


# --- Guessing --------------------------------------------------------------------------------------


def tries(count: int, *, person: str, address: str, now: datetime = NOW) -> list[datetime | None]:
    return [attempts.count(attempts.limits(person=person, address=address), now=now) for _ in range(count)]


def test_after_eight_tries_one_waits_until_the_first_has_aged(db: None) -> None:
    said = tries(attempts.MOST_BY_PERSON_AND_ADDRESS + 3, person="mara", address="192.0.2.1")
    assert said[: attempts.MOST_BY_PERSON_AND_ADDRESS] == [None] * attempts.MOST_BY_PERSON_AND_ADDRESS
    assert set(said[attempts.MOST_BY_PERSON_AND_ADDRESS :]) == {NOW + attempts.WINDOW}
    assert tries(1, person="mara", address="192.0.2.1", now=NOW + attempts.WINDOW) == [None]


def test_a_stranger_elsewhere_does_not_lock_a_person_out_by_a_handful(db: None) -> None:
    tries(attempts.MOST_BY_PERSON_AND_ADDRESS + 5, person="mara", address="192.0.2.1")
    assert tries(1, person="mara", address="192.0.2.2") == [None]


def test_guessing_at_one_person_from_many_places_is_stopped(db: None) -> None:
    said = [tries(1, person="mara", address=f"192.0.2.{n}")[0] for n in range(attempts.MOST_BY_PERSON + 2)]
    assert [one is None for one in said] == [True] * attempts.MOST_BY_PERSON + [False] * 2


def test_one_place_that_guesses_at_many_people_is_stopped(db: None) -> None:
    said = [tries(1, person=f"p{n}", address="192.0.2.1")[0] for n in range(attempts.MOST_BY_ADDRESS + 2)]
    assert [one is None for one in said] == [True] * attempts.MOST_BY_ADDRESS + [False] * 2


def test_who_got_in_starts_anew_but_the_place_does_not(db: None) -> None:
    tries(5, person="mara", address="192.0.2.1")
    attempts.forget(attempts.limits(person="mara", address="192.0.2.1"))
    assert SignInAttempt.objects.count() == 5
    assert tries(8, person="mara", address="192.0.2.1") == [None] * 8


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_side_by_side_do_not_slip_through() -> None:
    def one_try(_: int) -> datetime | None:
        try:
            return tries(1, person="mara", address="192.0.2.1")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        said = list(threads.map(one_try, range(24)))
    assert said.count(None) <= attempts.MOST_BY_PERSON_AND_ADDRESS


def test_neither_names_nor_addresses_are_kept(db: None) -> None:
    tries(1, person="mara@example.org", address="192.0.2.1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(a::text, ' ') FROM accounts_signinattempt a")
        row = cursor.fetchone()[0]
    assert "mara" not in row
    assert "192.0.2.1" not in row
    assert settings.SECRET_KEY not in row
