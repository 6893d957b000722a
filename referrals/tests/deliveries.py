"""What the tests of delivery share: a stand-in over real HTTP, a recipient that is it, and a released packet."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from referrals.cybertip_standin import StandIn
from referrals.cybertip_standin_http import Server
from referrals.delivering import release_packet
from referrals.models import Delivery, Packet, Recipient
from referrals.tests.conftest import approved_by, ask
from review.models import Case

LOGIN = ("northwind", "a word of the tests")


@dataclasses.dataclass
class Clock:
    """Now, and later where a test wants it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> Any:
        return timezone.now() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock) -> StandIn:
    return StandIn(login=LOGIN, clock=clock)


@pytest.fixture
def server(standin: StandIn) -> Iterator[Server]:
    server = Server(standin).start()
    yield server
    server.close()


@pytest.fixture
def clearing_house(server: Server, db: None) -> Recipient:
    """The stand-in as a recipient, with its login among the keys."""
    recipient = Recipient.objects.create(
        name="Stand-in of the CyberTipline",
        exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
        jurisdiction="US",
        contact="desk@recipient.example",
        transport=Recipient.Transport.CYBERTIP,
        endpoint=server.address,
        formats=["cybertip"],
    )
    write_secret(recipient, "login", ":".join(LOGIN))
    return recipient


def write_secret(recipient: Recipient, kind: str, words: str) -> Path:
    path = Path(settings.ARTEMIS_KEYS) / f"recipient-{recipient.pk}.{kind}"
    path.write_text(words)
    path.chmod(0o600)
    return path


@pytest.fixture
def sealed_packet(case: Case, mara: User, otto: User, clearing_house: Recipient) -> Packet:
    return approved_by(ask(case, mara, clearing_house), otto)


@pytest.fixture
def delivery(sealed_packet: Packet, clearing_house: Recipient, otto: User) -> Delivery:
    """Otto released it; no worker has looked yet."""
    return release_packet(packet_id=sealed_packet.pk, by=otto, seen_revision=clearing_house.revision)


def now_due(delivery: Delivery) -> None:
    """As if the pause, or the lease of a dead worker, were over."""
    Delivery.objects.filter(pk=delivery.pk).update(look_after=timezone.now() - timedelta(seconds=1))


def story(delivery: Delivery) -> list[str]:
    """The journal, one line an entry: “submit done”."""
    rows = delivery.journal.order_by("number")
    return [f"{row.step.partition(' ')[0]} {row.kind}" for row in rows]
