"""Kill the worker, flush the broker: every accepted conversation is still scored once, every flag one case."""

import json
import time
import urllib.request
from collections import Counter
from random import Random

import pytest
import redis
from django.db.models import Count

from licensees.models import Licensee
from licensees.onboarding import issue_key
from review.models import Case
from scoring.models import Conversation, ModelVersion, Score
from scoring.sample_corpus import generate
from tests.machinery import Program, wait_until
from tests.people import TESTS

CONVERSATIONS = 2_000
CALLS = 40
KILLS = 10


def _items() -> list[dict]:
    """Short neutral conversations, a third of them with the signals of safety leaflets."""
    found = []
    for record in generate(seed=11, count=CONVERSATIONS, share_positive=0.3, split="held_out"):
        messages = [
            {"id": one["id"], "sender": one["sender"], "sent_at": one["sent_at"], "text": one["text"]}
            for one in record["messages"][:12]
        ]
        found.append({"id": record["id"], "language": "en", "messages": messages})
    return found


def _post(url: str, secret: str, items: list[dict]) -> int:
    request = urllib.request.Request(  # noqa: S310  (the live server of this test)
        f"{url}/api/v1/conversations",
        data=json.dumps({"conversations": items}).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 202
        return json.load(answer)["accepted"]


@pytest.mark.django_db(transaction=True)
def test_two_thousand_conversations_survive_ten_kills_and_ten_flushes(
    live_server,
    northwind: Licensee,
    champion: ModelVersion,
    worker: Program,
    beat: Program,
    broker: redis.Redis,
):
    _, secret = issue_key(
        licensee=northwind, label="t", scopes=["conversations:write", "conversations:read"], by=TESTS
    )
    items = _items()
    size = CONVERSATIONS // CALLS
    kills, random = Counter(), Random(5)
    for call in range(CALLS):
        accepted = _post(live_server.url, secret, items[call * size : (call + 1) * size])
        assert accepted == size
        if call % (CALLS // KILLS) == 1:
            # Let it take work first, for a length that differs from kill to kill.
            time.sleep(random.uniform(0.2, 2.5))
            worker.kill()
            broker.flushall()
            worker.start()
            kills.update(["worker", "flush"])
    assert kills["worker"] >= KILLS and kills["flush"] >= KILLS

    pending = Conversation.objects.exclude(scored_revision=1)
    wait_until(lambda: not pending.exists(), seconds=120, what="every conversation scored")
    unopened = Score.objects.filter(flagged=True, cases=None)
    wait_until(lambda: not unopened.exists(), seconds=30, what="every flag a case")

    assert Conversation.objects.count() == CONVERSATIONS
    assert Score.objects.count() == CONVERSATIONS
    assert Score.objects.values("conversation").distinct().count() == CONVERSATIONS
    flagged = Score.objects.filter(flagged=True).count()
    assert flagged > 0
    assert Case.objects.count() == flagged
    assert not Case.objects.values("conversation").annotate(times=Count("id")).filter(times__gt=1).exists()
