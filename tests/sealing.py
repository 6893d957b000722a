"""A real sealer for the tests that need one: its own login, a key and a folder made for the test."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from audit.notes import Checkpoint, Signer, create_sealing_key, load_signer, open_note
from audit.published import LAST, Published
from audit.sealer import BELL, Sealer

Tamper = Callable[..., None]


@dataclass
class Seal:
    """Seals all that is pending; answers the checkpoint, whose note stands in `folder`."""

    sealer: Sealer
    folder: Path
    signer: Signer

    def __call__(self) -> Checkpoint:
        while self.sealer.seal_once():
            pass
        return open_note(self.note, self.signer.verifier)

    @property
    def note(self) -> str:
        return (self.folder / LAST).read_text()


@pytest.fixture(scope="session")
def sealing_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sealing key lies apart from the application's keys, as it should in production."""
    folder = tmp_path_factory.mktemp("sealing-keys")
    create_sealing_key(folder, origin="tests.example/trail")
    return folder


@pytest.fixture
def new_sealer(transactional_db: None, sealing_keys: Path, tmp_path: Path) -> Iterator[Callable[[], Sealer]]:
    """Makes sealers, each with a connection of its own, on one key and one folder."""
    opened = []

    def make() -> Sealer:
        login = psycopg.connect(os.environ["DATABASE_SEALER_URL"], autocommit=True)
        opened.append(login)
        signer = load_signer(sealing_keys)
        return Sealer(login, signer, Published(tmp_path / "checkpoints", signer.verifier))

    yield make
    for login in opened:
        login.close()


@pytest.fixture
def seal(new_sealer: Callable[[], Sealer], tmp_path: Path) -> Seal:
    sealer = new_sealer()
    return Seal(sealer, tmp_path / "checkpoints", sealer.signer)


@pytest.fixture
def running_sealer(seal: Seal) -> Iterator[Seal]:
    """As the process does, in a thread; it looks when it is rung, and hardly ever by itself."""
    stop = threading.Event()
    thread = threading.Thread(target=seal.sealer.run, args=[stop], kwargs={"seconds": 30})
    thread.start()
    yield seal
    stop.set()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as bell:
        bell.execute(f"NOTIFY {BELL}")
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def tamper(owner_connection: psycopg.Connection) -> Tamper:
    """As the owner of the tables, with the guards switched off."""

    def act(statement: LiteralString | sql.Composed, *parameters: object) -> None:
        with owner_connection.transaction():
            owner_connection.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
            owner_connection.execute(statement, parameters)
            owner_connection.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")

    return act
