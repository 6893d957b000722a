"""Keys in a hardware module, tried with SoftHSM: they wrap and open, they rotate, and they never come out."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from django.core.management import call_command
from pkcs11 import Attribute, ObjectClass

from accounts.models import User
from licensees.models import Licensee
from scoring import hardware_keys as module
from scoring.evidence import open_texts
from scoring.hardware_keys import HardwareKeys, hardware_keys
from scoring.key_providers import (
    EvidenceUnreadable,
    KeyProvider,
    KeyUnavailable,
    create_key_file,
    key_provider,
)
from scoring.key_rotation import make_key, waiting, wrap_anew
from scoring.models import DataKey
from tests.factories import TEXTS, make_conversation
from tests.people import TESTS

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4821-test"


@pytest.fixture
def token(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HardwareKeys]:
    if not LIBRARY.exists():
        if os.environ.get("CI"):
            pytest.fail("SoftHSM is missing: apt-get install softhsm2")
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    tokens, keys = tmp_path / "tokens", tmp_path / "keys"
    tokens.mkdir()
    keys.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    words = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "artemis",
        "--so-pin",
        "0000",
        "--pin",
        PIN,
    ]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    (keys / "pkcs11.pin").write_text(PIN + "\n")
    settings.ARTEMIS_KEYS = keys
    settings.ARTEMIS_PKCS11_MODULE = str(LIBRARY)
    settings.ARTEMIS_KEY_PROVIDER = "scoring.hardware_keys.hardware_keys"
    # Read anew: another test may have had another folder of tokens.
    library = pkcs11.lib(str(LIBRARY))
    library.finalize()
    library.initialize()
    monkeypatch.setattr(module, "_open", None)
    yield hardware_keys()
    library.finalize()


@pytest.fixture
def created(token: HardwareKeys) -> HardwareKeys:
    assert token.create()
    return token


def test_what_it_wraps_it_opens_and_nobody_else(created: HardwareKeys) -> None:
    key, key_id = bytes(range(32)), created.key_id
    wrapped = created.wrap(key)
    assert created.unwrap(wrapped, key_id=key_id) == key
    assert key not in wrapped and created.wrap(key) != wrapped
    with pytest.raises(EvidenceUnreadable, match="was changed or is damaged"):
        created.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), key_id=key_id)
    with pytest.raises(EvidenceUnreadable, match="does not hold the key 0000"):
        created.unwrap(wrapped, key_id="pkcs11:" + "00" * 8)


def test_a_newer_key_wraps_and_the_older_one_still_opens(created: HardwareKeys) -> None:
    first = created.key_id
    wrapped = created.wrap(bytes(32))
    second = created.add_key()
    assert created.key_id == second > first
    assert created.unwrap(wrapped, key_id=first) == bytes(32)
    with pytest.raises(EvidenceUnreadable):
        created.unwrap(wrapped, key_id=second)


def test_the_keys_cannot_be_read_out(created: HardwareKeys) -> None:
    assert created.key_id
    keys = list(created._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))
    assert len(keys) == 2
    for key in keys:
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            key[Attribute.VALUE]


def test_what_is_derived_stays_the_same_for_each_purpose(created: HardwareKeys) -> None:
    one, other = created.derive("one"), created.derive("other")
    created.add_key()
    assert created.derive("one") == one != other
    assert len(one) == 32


def test_making_the_first_keys_again_touches_nothing(created: HardwareKeys) -> None:
    before, derived = created.key_id, created.derive("one")
    assert not created.create()
    assert (created.key_id, created.derive("one")) == (before, derived)


def test_a_session_that_was_lost_is_opened_anew(created: HardwareKeys) -> None:
    wrapped, key_id = created.wrap(bytes(32)), created.key_id
    created._session.close()
    assert created.unwrap(wrapped, key_id=key_id) == bytes(32)


def test_a_process_that_was_forked_opens_its_own(created: HardwareKeys) -> None:
    wrapped, key_id = created.wrap(bytes(range(32))), created.key_id
    child = os.fork()
    if child == 0:
        os._exit(0 if hardware_keys().unwrap(wrapped, key_id=key_id) == bytes(range(32)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert created.unwrap(wrapped, key_id=key_id) == bytes(range(32))


def test_what_is_missing_is_said(token: HardwareKeys, settings: Any) -> None:
    with pytest.raises(KeyUnavailable, match="holds no key"):
        token.wrap(bytes(32))
    (settings.ARTEMIS_KEYS / "pkcs11.pin").unlink()
    with pytest.raises(KeyUnavailable, match="the PIN of the hardware module is missing"):
        HardwareKeys().wrap(bytes(32))
    (settings.ARTEMIS_KEYS / "pkcs11.pin").write_text(PIN)
    settings.ARTEMIS_PKCS11_TOKEN = "another"
    with pytest.raises(KeyUnavailable, match="NoSuchToken"):
        HardwareKeys().wrap(bytes(32))
    settings.ARTEMIS_PKCS11_MODULE = ""
    with pytest.raises(KeyUnavailable, match="names no library"):
        HardwareKeys().wrap(bytes(32))


@pytest.mark.django_db
def test_evidence_moves_from_the_file_into_the_module_and_on(
    created: HardwareKeys, northwind: Licensee, adam: User, settings: Any
) -> None:
    create_key_file(settings.ARTEMIS_KEYS)
    settings.ARTEMIS_KEY_PROVIDER = "scoring.key_providers.file_keys"
    conversation = make_conversation(northwind)
    settings.ARTEMIS_KEY_PROVIDER = "scoring.hardware_keys.hardware_keys"
    provider: KeyProvider = key_provider()
    assert read(conversation) == list(TEXTS)
    assert sum(wrap_anew(by=TESTS)) == 2
    (settings.ARTEMIS_KEYS / "key-encryption.key").unlink()
    assert read(conversation) == list(TEXTS)
    assert set(DataKey.objects.values_list("wrapped_by", flat=True)) == {provider.key_id}
    assert make_key(by=TESTS) == provider.key_id
    assert waiting() == 2
    call_command("rotate_keys", "--by", adam.email)
    assert waiting() == 0
    assert read(conversation) == list(TEXTS)


def read(conversation: Any) -> list[str]:
    conversation.data_key.refresh_from_db()
    return list(open_texts(conversation, conversation.messages.order_by("number")).values())


def test_the_tests_have_what_they_need() -> None:
    if os.environ.get("CI"):
        assert shutil.which("softhsm2-util")
