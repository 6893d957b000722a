"""The worker's half of the outbox: every revision is scored once, whatever happens in between."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from scoring import outbox, registry
from scoring.language import Language
from scoring.models import Conversation, Message, MessageRating, ModelArtifact, ModelVersion, Score
from scoring.pipeline import Judgement, Model, Reading, Turn
from scoring.state import ConversationState as State
from scoring.tasks import score_pending as score_pending_task
from scoring.tests.sending import Platform, at, message
from scoring.tests.sending import conversation as conversation_of
from scoring.tests.states import turns_of
from tests.factories import TEXTS, make_conversation


def _is_due_again(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(score_after=timezone.now() - timedelta(seconds=1))


def _tamper(conversation: Conversation) -> None:
    message = conversation.messages.first()
    sealed = bytearray(message.text_sealed)
    sealed[-1] ^= 1
    Message.objects.filter(pk=message.pk).update(text_sealed=bytes(sealed))


def test_a_pending_conversation_is_scored_with_a_rating_for_each_message(
    northwind: Licensee, champion: ModelVersion
):
    conversation = make_conversation(northwind)
    assert outbox.score_pending() == 1
    score = Score.objects.get()
    assert score.model == champion
    assert score.revision == 1
    assert 0 <= score.probability <= 1
    assert MessageRating.objects.count() == conversation.message_count
    conversation.refresh_from_db()
    assert conversation.scored_revision == 1
    assert outbox.score_pending() == 0


def test_the_stored_score_is_the_models_own(northwind: Licensee, champion: ModelVersion, sample_model):
    conversation = make_conversation(northwind)
    outbox.score_pending()
    expected = sample_model.score(turns_of(conversation))
    assert Score.objects.get().probability == pytest.approx(expected.probability, abs=1e-9)


def test_too_little_text_is_an_abstention_and_not_a_low_score(northwind: Licensee, champion: ModelVersion):
    make_conversation(northwind, texts=["Hi"])
    outbox.score_pending()
    score = Score.objects.get()
    assert (score.probability, score.abstained, score.flagged, score.band) == (None, "too_short", False, "")


def test_without_a_champion_conversations_wait(northwind: Licensee):
    conversation = make_conversation(northwind)
    with pytest.raises(registry.NoChampion):
        outbox.score_pending()
    score_pending_task()
    conversation.refresh_from_db()
    assert (conversation.scored_revision, conversation.scoring_attempts) == (0, 0)


def test_messages_that_arrive_while_scoring_leave_the_conversation_pending(
    platform: Platform, champion: ModelVersion
):
    platform.send(conversation_of(messages=12))
    leases = outbox.lease_pending(limit=1)
    platform.send(conversation_of(messages=15))
    outbox.score(leases, outbox.Scorers.of_now())
    assert [(one.revision, one.message_count) for one in Score.objects.all()] == [(1, 12)]
    assert outbox.score_pending() == 1
    assert list(Score.objects.order_by("revision").values_list("revision", "message_count")) == [
        (1, 12),
        (2, 15),
    ]
    assert MessageRating.objects.count() == 15


def test_what_is_rewritten_while_scoring_is_scored_as_it_is_then(platform: Platform, champion: ModelVersion):
    platform.send(conversation_of(messages=12))
    leases = outbox.lease_pending(limit=1)
    platform.send(conversation_of(messages=[message(3, text="Something else", edited_at=at(20))]))
    outbox.score(leases, outbox.Scorers.of_now())
    assert not Score.objects.exists()
    assert outbox.score_pending() == 1
    assert Score.objects.get().revision == 2


def test_a_killed_workers_lease_ends_by_itself(northwind: Licensee, champion: ModelVersion):
    conversation = make_conversation(northwind)
    assert len(outbox.lease_pending(limit=1)) == 1  # and then the worker was killed
    assert outbox.score_pending() == 0
    _is_due_again(conversation)
    assert outbox.score_pending() == 1
    assert Score.objects.count() == 1


def test_a_worker_that_wakes_after_its_lease_stores_nothing_twice(
    northwind: Licensee, champion: ModelVersion
):
    conversation = make_conversation(northwind)
    late = outbox.lease_pending(limit=1)
    _is_due_again(conversation)
    outbox.score_pending()
    outbox.score(late, outbox.Scorers.of_now())
    assert Score.objects.count() == 1


def test_one_damaged_conversation_does_not_hold_up_the_others(northwind: Licensee, champion: ModelVersion):
    conversations = [make_conversation(northwind, external_id=f"c{number}") for number in range(5)]
    _tamper(conversations[2])
    outbox.score_pending()
    scored = set(Score.objects.values_list("conversation_id", flat=True))
    assert scored == {one.pk for one in conversations} - {conversations[2].pk}


def test_after_five_attempts_the_machine_abstains_in_plain_sight(northwind: Licensee, champion: ModelVersion):
    conversation = make_conversation(northwind)
    _tamper(conversation)
    for _ in range(outbox.MAXIMUM_ATTEMPTS):
        _is_due_again(conversation)
        outbox.score_pending()
    assert Score.objects.get().abstained == "scoring_failed"
    assert AuditEvent.objects.filter(verb=Verb.SCORING_GIVEN_UP).count() == 1
    _is_due_again(conversation)
    assert outbox.score_pending() == 0


def test_a_conversation_that_kills_its_workers_is_given_up_too(northwind: Licensee, champion: ModelVersion):
    conversation = make_conversation(northwind)
    for _ in range(outbox.MAXIMUM_ATTEMPTS):
        _is_due_again(conversation)
        assert len(outbox.lease_pending(limit=1)) == 1  # and then the worker was killed
    _is_due_again(conversation)
    outbox.score_pending()
    assert Score.objects.get().abstained == "scoring_failed"


def test_a_missing_key_counts_against_no_conversation(
    northwind: Licensee, champion: ModelVersion, settings, tmp_path
):
    conversation = make_conversation(northwind)
    settings.ARTEMIS_KEYS = tmp_path
    with pytest.raises(outbox.KeyUnavailable):
        outbox.score_pending()
    conversation.refresh_from_db()
    assert (conversation.scored_revision, conversation.scoring_attempts) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_score_each_conversation_once(northwind: Licensee, champion: ModelVersion):
    for number in range(40):
        make_conversation(northwind, external_id=f"c{number}")

    def work(_: int) -> int:
        try:
            total = 0
            while leased := outbox.score_pending(limit=3):
                total += leased
            return total
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 40
    assert Score.objects.count() == 40
    assert Score.objects.values("conversation").distinct().count() == 40


def test_ten_conversations_take_as_many_queries_as_one(northwind: Licensee, champion: ModelVersion):
    make_conversation(northwind, external_id="what is loaded once per process")
    outbox.score_pending()
    counts = []
    for size in (1, 10):
        for number in range(size):
            make_conversation(northwind, external_id=f"{size}-{number}")
        with CaptureQueriesContext(connection) as captured:
            assert outbox.score_pending() == size
        counts.append(len(captured))
    assert counts[0] == counts[1]


class NotANumber:
    """The trained model, but with a fault: what it says of one conversation cannot be stored."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def read(self, turns: list[Turn], *, first: int, after: State | None = None) -> Reading:
        return self.model.read(turns, first=first, after=after)

    def judge(self, state: State, *, identify: Callable[[], Language]) -> Judgement:
        judgement = self.model.judge(state, identify=identify)
        return judgement._replace(probability=math.nan) if state.messages > len(TEXTS) else judgement


def test_what_the_database_refuses_is_one_conversations_fault(northwind: Licensee, champion: ModelVersion):
    version, model = registry.champion()
    good = make_conversation(northwind, external_id="good")
    bad = make_conversation(northwind, external_id="bad", texts=["Fault", *TEXTS])
    for _ in range(outbox.MAXIMUM_ATTEMPTS):
        _is_due_again(bad)
        outbox.score(outbox.lease_pending(limit=5), outbox.Scorers((version, NotANumber(model))))
    assert Score.objects.get(conversation=good).probability is not None
    assert Score.objects.get(conversation=bad).abstained == "scoring_failed"


def test_a_model_that_cannot_be_loaded_makes_conversations_wait(northwind: Licensee, champion: ModelVersion):
    conversation = make_conversation(northwind)
    ModelArtifact.objects.update(data=b"of another time")
    registry._load.cache_clear()
    score_pending_task()
    conversation.refresh_from_db()
    assert (conversation.scored_revision, conversation.scoring_attempts) == (0, 0)


@pytest.mark.parametrize(
    "switched_off", [(), ("hashjoin", "mergejoin", "material", "memoize", "hashagg", "sort")]
)
def test_no_more_is_leased_than_was_asked_for_however_the_planner_joins(
    northwind: Licensee, switched_off: tuple[str, ...]
):
    """A sub-query with LIMIT that a join evaluates once for each row leases them all."""
    for number in range(6):
        make_conversation(northwind, external_id=f"c{number}")
    with connection.cursor() as cursor:
        for name in switched_off:
            cursor.execute(f"SET LOCAL enable_{name} = off")
    assert [len(outbox.lease_pending(limit=2)) for _ in range(4)] == [2, 2, 2, 0]
