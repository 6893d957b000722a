"""What docs/platforms.md tells a platform's engineers is so: its code verifies, and its words are the API's."""

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from licensees.models import ApiKey
from platforms.models import Event, Webhook, WebhookSecret
from platforms.schedule import WAITS
from platforms.sending import send_events
from platforms.signing import signed_headers
from platforms.tests.conftest import Hook
from platforms.tests.receiver import Receiver
from platforms.webhooks import rotate_secret, send_test

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/platforms.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def is_ours() -> Any:
    """The very code of the document, in a namespace of its own."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.S)
    namespace: dict[str, Any] = {}
    exec(compile(code, "docs/platforms.md", "exec"), namespace)  # noqa: S102
    return namespace["is_ours"]


def headers_of(message: Any) -> dict[str, str]:
    return {
        "webhook-id": message.id,
        "webhook-timestamp": message.timestamp,
        "webhook-signature": " ".join(message.signatures),
    }


def test_its_code_knows_our_messages(is_ours: Any, hook: Hook, receiver: Receiver, adam: User):
    _, newer = rotate_secret(webhook_id=hook.webhook.pk, by=adam)
    send_test(webhook_id=hook.webhook.pk, by=adam)
    send_events()
    (message,) = receiver.came
    headers = headers_of(message)
    assert is_ours(newer, headers, message.body) and is_ours(hook.secret, headers, message.body)


def test_its_code_refuses_what_is_not_ours(is_ours: Any):
    other = WebhookSecret(webhook=Webhook())
    secret, wrong = other.give(), WebhookSecret(webhook=Webhook()).give()
    body, now = b'{"id":"evt_1"}', timezone.now()
    headers = signed_headers("evt_1", body, [other.opened()], at=now)
    assert is_ours(secret, headers, body)
    assert not is_ours(wrong, headers, body)
    assert not is_ours(secret, headers, body + b" ")
    assert not is_ours(secret, headers | {"webhook-id": "evt_2"}, body)
    assert not is_ours(secret, headers, body, now=now.timestamp() + 400)
    assert not is_ours(secret, headers | {"webhook-signature": "v1,AAAA v1a,x"}, body)


def test_the_example_of_the_specification():
    """The test vector that Standard Webhooks publishes."""
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [key], at=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_type_and_each_wait_is_told_of():
    for type_ in Event.Type.values:
        assert f"`{type_}`" in DOCUMENT
    assert ApiKey.Scope.EVENTS_CONFIRM in DOCUMENT
    minutes = [round(wait.total_seconds() / 60) for wait in WAITS]
    assert minutes == [0, 1, 5, 30, 120, 300, 600, 840, 1080, 1320]
    assert "5 seconds, 1, 5 and 30 minutes, then 2, 5, 10, 14, 18 and 22 hours" in DOCUMENT


def test_its_example_has_the_shape_of_an_event():
    (example,) = re.findall(r'(\{"id": "evt_8e3a…", "type".*?\}\})', DOCUMENT, re.S)
    said = json.loads(example)
    assert set(said) == {"id", "type", "created_at", "data"}
    assert set(said["data"]) == {"conversation", "subject", "action", "reference"}
