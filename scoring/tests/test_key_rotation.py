"""A key-encryption key is changed while everything runs; no evidence is touched or lost, wherever it is cut short."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from scoring import key_providers
from scoring.evidence import open_texts
from scoring.key_providers import (
    KEY_FILE,
    KEYS_VARIABLE,
    EvidenceUnreadable,
    KeyUnavailable,
    RotationUnderWay,
    create_key_file,
    key_provider,
)
from scoring.key_rotation import in_use, make_key, retire_keys, waiting, wrap_anew
from scoring.models import Conversation, DataKey, IndexKey, Participant
from scoring.vault import open_data_key
from tests.factories import TEXTS, make_conversation
from tests.people import TESTS, make_person


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path: Path) -> Path:
    settings.ARTEMIS_KEYS = tmp_path / "keys"
    create_key_file(settings.ARTEMIS_KEYS)
    return settings.ARTEMIS_KEYS / KEY_FILE


@pytest.fixture
def adda(db: None) -> User:
    return make_person("Adda", roles=[Role.ADMIN])


def conversations(licensee: Licensee, count: int, *, name: str = "c") -> list[Conversation]:
    made = [make_conversation(licensee, external_id=f"{name}{number}") for number in range(count)]
    without_index()
    return made


def without_index() -> None:
    """The index of accounts has a key of its own: here those of conversations are counted."""
    Participant.objects.update(account_index=None, index_key=None)
    keys = list(IndexKey.objects.values_list("data_key", flat=True))
    IndexKey.objects.all().delete()
    DataKey.objects.filter(pk__in=keys).delete()


def texts(conversation: Conversation) -> list[str]:
    found = Conversation.objects.get(pk=conversation.pk)
    return list(open_texts(found, list(found.messages.order_by("number"))).values())


def grow_older(key_file: Path, *, days: float) -> None:
    """Let every key of the file have been made so many days earlier."""
    lines = [line.split() for line in key_file.read_text().splitlines()]
    earlier = [(key, datetime.fromisoformat(since) - timedelta(days=days)) for key, since in lines]
    key_file.write_text("".join(f"{key} {since.isoformat()}\n" for key, since in earlier))


def test_everything_is_read_before_during_and_after(northwind: Licensee, key_file: Path) -> None:
    own = conversations(northwind, 5)
    before = key_provider().key_id
    made = make_key(by=TESTS)
    assert made == key_provider().key_id != before
    [later] = conversations(northwind, 1, name="later")
    assert DataKey.objects.get(pk=later.data_key_id).wrapped_by == made
    steps = wrap_anew(by=TESTS, batch=2)
    assert next(steps) == 2
    assert waiting() == 3
    assert all(texts(conversation) == list(TEXTS) for conversation in (*own, later))
    assert sum(steps) == 3
    assert in_use() == {made: 6}
    assert all(texts(conversation) == list(TEXTS) for conversation in (*own, later))
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_only_the_wrapping_changes(northwind: Licensee) -> None:
    [conversation] = conversations(northwind, 1)
    sealed = list(conversation.messages.order_by("number").values_list("text_sealed", flat=True))
    wrapped = bytes(DataKey.objects.get(pk=conversation.data_key_id).wrapped or b"")
    make_key(by=TESTS)
    assert sum(wrap_anew(by=TESTS)) == 1
    assert list(conversation.messages.order_by("number").values_list("text_sealed", flat=True)) == sealed
    assert bytes(DataKey.objects.get(pk=conversation.data_key_id).wrapped or b"") != wrapped


def test_a_rotation_that_was_cut_short_goes_on(northwind: Licensee) -> None:
    conversations(northwind, 4)
    made = make_key(by=TESTS)
    steps = wrap_anew(by=TESTS, batch=1)
    next(steps)
    steps.close()
    assert waiting() == 3
    assert sum(wrap_anew(by=TESTS)) == 3
    assert sum(wrap_anew(by=TESTS)) == 0
    assert in_use() == {made: 4}


def test_a_destroyed_key_stays_destroyed(northwind: Licensee) -> None:
    [conversation] = conversations(northwind, 1)
    DataKey.objects.filter(pk=conversation.data_key_id).update(wrapped=None, destroyed_at=timezone.now())
    make_key(by=TESTS)
    assert sum(wrap_anew(by=TESTS)) == 0
    with pytest.raises(EvidenceUnreadable, match="destroyed"):
        open_data_key(DataKey.objects.get(pk=conversation.data_key_id))


def test_each_step_is_recorded_without_a_key(northwind: Licensee, key_file: Path) -> None:
    conversations(northwind, 3)
    make_key(by=TESTS)
    list(wrap_anew(by=TESTS, batch=2))
    made = AuditEvent.objects.get(verb=Verb.KEY_RING_CHANGED)
    wrapped = AuditEvent.objects.filter(verb=Verb.KEYS_WRAPPED_ANEW)
    assert sorted(entry.payload["count"] for entry in wrapped) == [1, 2]
    keys = [line.split()[0] for line in key_file.read_text().splitlines()]
    assert len(keys) == 2
    for entry in (made, *wrapped):
        assert not any(key in str(entry.payload) for key in keys)


def test_a_key_that_still_wraps_something_is_not_retired(northwind: Licensee, key_file: Path) -> None:
    [conversation] = conversations(northwind, 1)
    make_key(by=TESTS)
    grow_older(key_file, days=2)
    assert retire_keys(by=TESTS) == []
    assert texts(conversation) == list(TEXTS)
    assert len(key_file.read_text().splitlines()) == 2


def test_a_key_is_retired_a_day_after_it_was_replaced(northwind: Licensee, key_file: Path) -> None:
    [conversation] = conversations(northwind, 1)
    old = key_provider().key_id
    new = make_key(by=TESTS)
    list(wrap_anew(by=TESTS))
    assert retire_keys(by=TESTS) == []
    grow_older(key_file, days=1.01)
    assert [f"file:{digest}" for digest in retire_keys(by=TESTS)] == [old]
    assert [line.split()[0] for line in key_file.read_text().splitlines()] == [
        key_provider().keys[-1].key.hex()
    ]  # type: ignore[attr-defined]
    assert key_provider().key_id == new
    assert texts(conversation) == list(TEXTS)


def test_two_rotations_at_once_keep_out_of_each_others_way(key_file: Path) -> None:
    with key_providers.changing_key_file():
        with (
            pytest.raises(RotationUnderWay, match="Another rotation is under way"),
            key_providers.changing_key_file(),
        ):
            pass
        assert len(key_file.read_text().splitlines()) == 1
    with key_providers.changing_key_file() as keys:
        key_providers.add_key(keys)
    assert len(key_file.read_text().splitlines()) == 2


def test_a_key_that_another_process_added_at_the_last_moment_is_kept(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's rotation ends between our first look and our lock."""
    write_new, theirs = key_providers._write_new, key_providers._new_key()

    def after_theirs(path: Path, keys: Sequence[key_providers.RingKey]) -> None:
        with key_file.open("a") as file:
            file.write(theirs.as_line())
        write_new(path, keys)

    monkeypatch.setattr(key_providers, "_write_new", after_theirs)
    with key_providers.changing_key_file() as keys:
        ours = key_providers.add_key(keys)
    lines = key_file.read_text().splitlines(keepends=True)
    assert lines[1:] == [theirs.as_line(), ours.as_line()]
    assert not (key_file.parent / key_providers.NEW_FILE).exists()


def test_what_fails_while_the_ring_changes_leaves_it_as_it_was(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(ZeroDivisionError), key_providers.changing_key_file() as keys:
        key_providers.add_key(keys[: 1 // 0])
    assert key_file.read_bytes() == before
    assert [path.name for path in key_file.parent.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("held", ["", "deadbeef\n", "not a key\n", "00" * 32 + " yesterday\n"])
def test_a_broken_key_file_says_what_to_do(key_file: Path, held: str) -> None:
    key_file.write_text(held)
    with pytest.raises(KeyUnavailable, match="Restore it from its backup"):
        key_provider()


def test_a_file_of_the_first_form_is_a_ring_of_one(northwind: Licensee, key_file: Path) -> None:
    key_file.write_text(secrets.token_hex(32) + "\n")
    [conversation] = conversations(northwind, 1)
    make_key(by=TESTS)
    assert texts(conversation) == list(TEXTS)


def test_the_ring_moves_into_the_environment(
    northwind: Licensee, key_file: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [conversation] = conversations(northwind, 1)
    name = key_provider().derive("a test")
    monkeypatch.setenv(KEYS_VARIABLE, key_file.read_text().split()[0] + "," + secrets.token_hex(32))
    settings.ARTEMIS_KEY_PROVIDER = "scoring.key_providers.environment_keys"
    key_file.unlink()
    assert texts(conversation) == list(TEXTS)
    assert key_provider().derive("a test") == name
    assert sum(wrap_anew(by=TESTS)) == 1
    assert list(in_use()) == [key_provider().key_id]
    monkeypatch.setenv(KEYS_VARIABLE, "")
    with pytest.raises(KeyUnavailable, match=KEYS_VARIABLE):
        key_provider()


def test_the_command_rotates_and_says_what_it_did(northwind: Licensee, adda: User, capsys) -> None:
    conversations(northwind, 3)
    call_command("rotate_keys", "--new", "--retire", "--by", adda.email)
    said = capsys.readouterr().out
    assert "3 data keys are wrapped anew." in said
    assert f"{key_provider().key_id} wraps 3" in said
    assert "No key was retired" in said
    assert AuditEvent.objects.filter(verb=Verb.KEYS_WRAPPED_ANEW, actor=adda.actor_name).exists()


def test_the_command_says_which_key_is_not_at_hand(northwind: Licensee, adda: User, key_file: Path) -> None:
    conversations(northwind, 2)
    key_file.write_text(secrets.token_hex(32) + "\n")
    with pytest.raises(CommandError, match="2 were left as they are"):
        call_command("rotate_keys", "--by", adda.email)


def test_the_command_needs_an_admin(northwind: Licensee, mara: User) -> None:
    with pytest.raises(CommandError, match="is not an admin"):
        call_command("rotate_keys", "--new", "--by", mara.email)


@pytest.mark.django_db(transaction=True)
def test_rows_that_others_hold_are_waited_for_by_nobody(northwind: Licensee) -> None:
    own = conversations(northwind, 3)
    held, may_go = Event(), Event()

    def hold_one() -> None:
        with transaction.atomic():
            DataKey.objects.select_for_update().get(pk=own[1].data_key_id)
            held.set()
            may_go.wait(30)
        connection.close()

    thread = Thread(target=hold_one)
    thread.start()
    try:
        assert held.wait(30)
        make_key(by=TESTS)
        assert sum(wrap_anew(by=TESTS)) == 2
        assert waiting() == 1
    finally:
        may_go.set()
        thread.join()
    assert sum(wrap_anew(by=TESTS)) == 1
    assert waiting() == 0
