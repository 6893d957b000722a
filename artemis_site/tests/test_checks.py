"""`check --deploy` knows the mistakes with keys that lose evidence or open a door, and says how to mend them."""

from pathlib import Path
from typing import Any

import pytest

from artemis_site.checks import (
    evidence_can_be_sealed,
    keys_are_private,
    secrets_are_set,
    webhooks_lead_outside,
)
from referrals.signing import create_signing_key
from scoring.key_providers import KEY_FILE, create_key_file


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ARTEMIS_KEYS = tmp_path / "keys"
    create_key_file(settings.ARTEMIS_KEYS)
    create_signing_key(settings.ARTEMIS_KEYS)
    return settings.ARTEMIS_KEYS


def found() -> list[str]:
    return [message.id or "" for check in (keys_are_private, evidence_can_be_sealed) for message in check()]


def test_a_right_set_up_is_not_found_fault_with(folder: Path) -> None:
    assert found() == []


def test_a_key_file_that_others_may_read_is_named(folder: Path) -> None:
    (folder / KEY_FILE).chmod(0o640)
    (message,) = keys_are_private()
    assert message.id == "artemis.E002"
    assert message.hint == f"chmod 600 {folder / KEY_FILE}"


def test_a_missing_key_file_is_named(folder: Path) -> None:
    (folder / KEY_FILE).unlink()
    assert found() == ["artemis.E001", "artemis.E007"]


def test_keys_in_the_environment_need_no_file(
    folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ARTEMIS_KEY_PROVIDER = "scoring.key_providers.environment_keys"
    (folder / KEY_FILE).unlink()
    monkeypatch.setenv("ARTEMIS_KEY_ENCRYPTION_KEYS", "00" * 32)
    assert found() == []
    monkeypatch.setenv("ARTEMIS_KEY_ENCRYPTION_KEYS", "")
    assert found() == ["artemis.E007"]


def test_a_provider_that_is_not_there_is_named(folder: Path, settings: Any) -> None:
    settings.ARTEMIS_KEY_PROVIDER = "nowhere.keys"
    (message,) = evidence_can_be_sealed()
    assert "nowhere" in message.msg


def test_a_secret_of_its_own_for_each_process_is_found(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HTTPS = True
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    assert secrets_are_set() == []
    monkeypatch.delenv("SECRET_KEY")
    assert [message.id for message in secrets_are_set()] == ["artemis.E003"]


def test_evidence_in_clear_on_the_way_is_found(settings: Any) -> None:
    settings.HTTPS = False
    (message,) = secrets_are_set()
    assert message.id == "artemis.E004"
    assert "ARTEMIS_HTTPS=on" in (message.hint or "")


def test_codes_that_are_shown_are_found(settings: Any) -> None:
    settings.HTTPS = settings.ARTEMIS_SHOW_CODES = True
    (message,) = secrets_are_set()
    assert message.id == "artemis.E008"


def test_webhooks_that_may_lead_inside_are_named(settings: Any):
    assert webhooks_lead_outside() == []
    settings.ARTEMIS_WEBHOOK_PRIVATE = True
    assert [found.id for found in webhooks_lead_outside()] == ["artemis.W003"]
