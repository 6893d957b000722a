"""What the tests of platforms share."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from accounts.models import User
from licensees.models import Licensee
from platforms.models import Webhook
from platforms.tests.receiver import Receiver, receiving
from platforms.webhooks import add_webhook
from scoring.tests.sending import Platform


class Hook(NamedTuple):
    webhook: Webhook
    secret: str


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ARTEMIS_WEBHOOK_PRIVATE = True
    settings.ARTEMIS_WEBHOOK_SECONDS = 2
    with receiving() as server:
        yield server


@pytest.fixture
def hook(northwind: Licensee, adam: User, receiver: Receiver) -> Hook:
    return Hook(*add_webhook(licensee=northwind, url=receiver.url, by=adam))


@pytest.fixture
def platform(northwind: Licensee) -> Platform:
    return Platform(northwind)


@pytest.fixture
def other_platform(lakeside: Licensee) -> Platform:
    """Lakeside's, which must see nothing of Northwind's."""
    return Platform(lakeside)
