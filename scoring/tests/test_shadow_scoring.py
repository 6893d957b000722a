"""The challenger sees what the champion sees, and changes nothing: not a flag, not a case, not when it fails."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import AuditEvent
from licensees.models import Licensee
from review.models import UnseenScore
from scoring import outbox, registry
from scoring.models import ConversationState, Message, MessageRating, ModelVersion, Score, ShadowScore
from scoring.pipeline import Judgement, Model, Reading, Turn
from scoring.state import ConversationState as State
from scoring.tests.sending import Platform, conversation
from scoring.tests.states import stored_state, turns_of
from scoring.tests.test_incremental import drafts, texts
from tests.factories import make_conversation
from tests.people import TESTS


@pytest.fixture
def challenger(champion: ModelVersion, other_model: Model, adam: User) -> ModelVersion:
    version = registry.register(model=other_model, name="other", card={}, by=TESTS)
    return registry.name_challenger(model_id=version.pk, by=adam)


class Failing:
    """The challenger, but with a fault in what it says of conversations that `is_at_fault` names."""

    def __init__(self, model: Model, fault: Callable[[int], Judgement]) -> None:
        self.model, self.fault = model, fault

    def read(self, turns: list[Turn], *, first: int, after: State | None = None) -> Reading:
        return self.model.read(turns, first=first, after=after)

    def judge(self, state: Any, **asked: Any) -> Judgement:
        return self.fault(state.messages) or self.model.judge(state, **asked)


def test_both_score_the_same_revisions(platform: Platform, challenger: ModelVersion, other_model: Model):
    said, row = texts(), None
    for numbers in (range(1, 31), range(31, 33)):
        platform.send(conversation(messages=drafts(numbers, said)))
        outbox.score_pending()
    row = Score.objects.latest("revision").conversation
    expected = other_model.score(turns_of(row))
    assert list(ShadowScore.objects.values_list("revision", flat=True)) == [1, 2]
    newest = ShadowScore.objects.get(revision=2)
    assert newest.probability == pytest.approx(expected.probability, abs=1e-9)
    assert newest.would_flag == (expected.probability >= 0.7)
    assert stored_state(row, challenger) == expected.state


def test_what_the_champion_stores_is_the_same_with_and_without_it(
    platform: Platform, champion: ModelVersion, other_model: Model, adam: User
):
    said = list(_first(texts(), 32))

    def stored(external_id: str) -> list[dict[str, Any]]:
        for numbers in (range(1, 31), range(31, 33)):
            messages = drafts(numbers, iter(said[numbers.start - 1 :]))
            platform.send(conversation(external_id, messages=messages))
            outbox.score_pending()
        scores = Score.objects.filter(conversation__external_id=external_id).order_by("revision")
        return list(scores.values("revision", "probability", "flagged", "logit", "peaks", "model"))

    alone = stored("c1")
    version = registry.register(model=other_model, name="other", card={}, by=TESTS)
    registry.name_challenger(model_id=version.pk, by=adam)
    assert stored("c2") == alone
    assert ShadowScore.objects.count() == 2
    assert set(MessageRating.objects.values_list("model", flat=True)) == {champion.pk}


def _first(said: Iterator[str], count: int) -> Iterator[str]:
    for _ in range(count):
        yield next(said)


def test_texts_are_opened_once_for_both(
    platform: Platform, challenger: ModelVersion, monkeypatch: pytest.MonkeyPatch
):
    opened: list[int] = []
    original = outbox.pieces

    def counting(*arguments: Any) -> Iterator[Any]:
        for pk, piece in original(*arguments):
            opened.append(len(piece.turns))
            yield pk, piece

    monkeypatch.setattr(outbox, "pieces", counting)
    platform.send(conversation(messages=drafts(range(1, 31), texts())))
    outbox.score_pending()
    assert opened == [30]


def test_a_challenger_that_comes_later_reads_the_whole_once(
    platform: Platform, champion: ModelVersion, other_model: Model, adam: User
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    version = registry.register(model=other_model, name="other", card={}, by=TESTS)
    registry.name_challenger(model_id=version.pk, by=adam)
    platform.send(conversation(messages=drafts(range(31, 33), said)))
    outbox.score_pending()
    row = Score.objects.latest("revision").conversation
    assert stored_state(row, version) == other_model.score(turns_of(row)).state
    assert stored_state(row, champion).messages == 32
    assert ShadowScore.objects.get().revision == 2


def test_a_challengers_flag_is_nobodys_business(
    northwind: Licensee, challenger: ModelVersion, monkeypatch: pytest.MonkeyPatch
):
    make_conversation(northwind)
    events = AuditEvent.objects.count()
    sure = Failing(registry.challenger()[1], lambda _: Judgement(0.99, None, logit=4.0))
    outbox.score(outbox.lease_pending(limit=5), outbox.Scorers(registry.champion(), (challenger, sure)))
    assert ShadowScore.objects.get().would_flag
    assert UnseenScore.objects.count() == Score.objects.filter(flagged=True).count()
    assert AuditEvent.objects.count() == events


def broken(_: int) -> Judgement:
    raise RuntimeError("A fault that quotes the conversation")


def not_a_number(messages: int) -> Judgement | None:
    return Judgement(float("nan"), None, logit=0.0) if messages == 9 else None


@pytest.mark.parametrize(("fault", "compared"), [(broken, 0), (not_a_number, 1)])
def test_a_fault_of_the_challenger_costs_its_comparison_only(
    northwind: Licensee, challenger: ModelVersion, caplog: Any, fault: Callable[[int], Any], compared: int
):
    make_conversation(northwind, external_id="c1")
    make_conversation(northwind, external_id="c2", texts=["One more", *[f"Remark {n}" for n in range(8)]])
    failing = Failing(registry.challenger()[1], fault)
    outbox.score(outbox.lease_pending(limit=5), outbox.Scorers(registry.champion(), (challenger, failing)))
    assert Score.objects.count() == 2
    assert MessageRating.objects.count() == Message.objects.count()
    assert ShadowScore.objects.count() == compared
    challenger.refresh_from_db()
    assert challenger.shadow_faults == 2 - compared
    assert outbox.score_pending() == 0


def test_a_damaged_challenger_does_not_stop_the_champion(northwind: Licensee, challenger: ModelVersion):
    challenger.artifact.data = b"damaged"
    challenger.artifact.save()
    registry._load.cache_clear()
    registry._load_if_whole.cache_clear()
    make_conversation(northwind)
    assert outbox.score_pending() == 1
    assert (Score.objects.count(), ShadowScore.objects.count()) == (1, 0)


def test_a_promoted_challenger_reads_the_whole_once_for_its_evidence(
    platform: Platform, challenger: ModelVersion, adam: User
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    registry.promote(model_id=challenger.pk, by=adam)
    platform.send(conversation(messages=drafts(range(31, 32), said)))
    outbox.score_pending()
    assert set(MessageRating.objects.values_list("model", flat=True)) == {challenger.pk}
    assert MessageRating.objects.count() == 31


def test_ten_conversations_take_as_many_queries_as_one(northwind: Licensee, challenger: ModelVersion):
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


def test_states_of_both_stand_beside_each_other(platform: Platform, challenger: ModelVersion):
    platform.send(conversation(messages=drafts(range(1, 31), texts())))
    outbox.score_pending()
    assert ConversationState.objects.count() == 2
