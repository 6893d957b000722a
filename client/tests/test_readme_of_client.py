"""What the client's README says is run, as it stands there, against the real server."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key
from platforms.models import Confirmation
from platforms.sending import send_events
from platforms.tests.acts import acted_on, asked
from platforms.webhooks import add_webhook, send_test
from review.models import Case
from scoring import outbox
from scoring.models import ModelVersion

README = Path(__file__).resolve().parent.parent / "README.md"
STEPS = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)


@contextmanager
def serving(handler: Any) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/artemis"
        server.shutdown()
        thread.join()


@pytest.fixture
def scoring() -> Iterator[None]:
    """A worker's part: the same function, again and again, in a thread of its own."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.2):
            outbox.score_pending()
        # It is this thread's own.
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    over.set()
    worker.join()


@pytest.mark.django_db(transaction=True)
def test_every_step_does_what_it_says(
    live_server: Any,
    northwind: Licensee,
    adam: User,
    mara: User,
    case: Case,
    champion: ModelVersion,
    scoring: None,
    settings: Any,
    monkeypatch: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    settings.ARTEMIS_WEBHOOK_PRIVATE = True
    monkeypatch.chdir(tmp_path)
    _, key = issue_key(licensee=northwind, label="Chat", scopes=list(ApiKey.Scope.values), by=adam)
    monkeypatch.setenv("ARTEMIS_URL", live_server.url)
    monkeypatch.setenv("ARTEMIS_KEY", key)
    sending, reading, receiving = STEPS
    names: dict[str, Any] = {"__name__": "readme"}

    exec(sending, names)  # noqa: S102
    assert re.match(r"northwind\n8 taken\nscored \w+ (not )?flagged\n", capsys.readouterr().out)

    acted_on(case, mara)
    asked(monkeypatch)
    exec(reading, names)  # noqa: S102
    assert "block is asked for an account in c1" in capsys.readouterr().out
    assert Confirmation.objects.get().done

    with serving(lambda *given: names["Receiver"](*given)) as url:
        webhook, secret = add_webhook(licensee=northwind, url=url, by=adam)
        monkeypatch.setenv("ARTEMIS_WEBHOOK_SECRET", secret)
        exec(receiving, names)  # noqa: S102
        names["Receiver"].log_message = lambda *_: None
        send_test(webhook_id=webhook.pk, by=adam)
        send_events()
    assert "verified: webhook.test" in capsys.readouterr().out
    names["artemis"].close()
