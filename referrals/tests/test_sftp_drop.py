"""The SFTP drop against a real SSH server on this machine: known host key, whole files, nothing twice."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pyrage
import pytest

from accounts.models import User
from referrals.delivering import download, go_on, release_packet
from referrals.models import Delivery, Packet, Recipient
from referrals.sending import send_released
from referrals.tests.conftest import approved_by, ask
from referrals.tests.deliveries import now_due, story, write_secret
from review.models import Case

State = Delivery.State
OURS = asyncssh.generate_private_key("ssh-ed25519")
THEIRS = asyncssh.generate_private_key("ssh-ed25519")


class Drop:
    """An SFTP server in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.loop = folder, asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._listen())
        self.ready.set()
        self.loop.run_forever()

    async def _listen(self) -> None:
        keys = asyncssh.import_authorized_keys(OURS.export_public_key().decode())

        def factory(channel: Any) -> asyncssh.SFTPServer:
            return asyncssh.SFTPServer(channel, chroot=str(self.folder).encode())

        self.server = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[THEIRS], authorized_client_keys=keys, sftp_factory=factory
        )
        self.port = self.server.get_port()

    def close(self) -> None:
        async def stop() -> None:
            self.server.close()
            await self.server.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Drop]:
    (tmp_path / "in").mkdir()
    server = Drop(tmp_path)
    yield server
    server.close()


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def agency(drop: Drop, identity: pyrage.x25519.Identity, db: None) -> Recipient:
    recipient = Recipient.objects.create(
        name="Test desk with a drop",
        exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
        jurisdiction="CA",
        contact="desk@recipient.example",
        transport=Recipient.Transport.SFTP,
        endpoint=f"sftp://artemis@127.0.0.1:{drop.port}/in",
        age_recipients=str(identity.to_public()),
        ssh_host_key=THEIRS.export_public_key().decode(),
    )
    write_secret(recipient, "ssh", OURS.export_private_key().decode())
    return recipient


@pytest.fixture
def dropped(case: Case, mara: User, otto: User, agency: Recipient) -> Delivery:
    packet: Packet = approved_by(ask(case, mara, agency), otto)
    return release_packet(packet_id=packet.pk, by=otto, seen_revision=0)


def test_the_packet_lies_there_once_whole_and_for_their_key(
    dropped: Delivery, drop: Drop, identity: pyrage.x25519.Identity, otto: User
) -> None:
    send_released()
    assert Delivery.objects.get().state == State.DELIVERED
    assert story(dropped) == ["release released", "put intended", "put done"]
    (file,) = (drop.folder / "in").iterdir()
    assert file.name.endswith(".zip.age")
    assert pyrage.decrypt(file.read_bytes(), [identity]) == download(packet_id=dropped.packet_id, by=otto)


def test_another_server_gets_nothing(dropped: Delivery, drop: Drop, agency: Recipient) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    Recipient.objects.filter(pk=agency.pk).update(ssh_host_key=other)
    send_released()
    assert Delivery.objects.get().state == State.FAILED
    assert dropped.journal.latest("number").sentence.startswith("Another server answered there")
    assert list((drop.folder / "in").iterdir()) == []


def test_a_folder_that_is_not_there_is_said_and_then_it_goes_on(
    dropped: Delivery, drop: Drop, otto: User
) -> None:
    (drop.folder / "in").rmdir()
    send_released()
    assert Delivery.objects.get().state == State.FAILED
    (drop.folder / "in").mkdir()
    go_on(delivery_id=dropped.pk, by=otto, reason="They made the folder again.")
    send_released()
    assert Delivery.objects.get().state == State.DELIVERED
    assert len(list((drop.folder / "in").iterdir())) == 1


def test_a_server_that_is_away_is_tried_again(dropped: Delivery, drop: Drop, agency: Recipient) -> None:
    away = agency.endpoint.replace(str(drop.port), "1")
    Recipient.objects.filter(pk=agency.pk).update(endpoint=away)
    send_released()
    assert Delivery.objects.get().state == State.RELEASED
    Recipient.objects.filter(pk=agency.pk).update(endpoint=agency.endpoint)
    now_due(dropped)
    send_released()
    assert Delivery.objects.get().state == State.DELIVERED
