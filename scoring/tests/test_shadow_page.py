"""The comparison shows an admin counts of the same traffic, and no conversation and no word of any."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from review.intake import open_cases
from review.models import Case, Decision
from review.queue import claim
from review.tests.acts import in_days
from review.workflow import decide
from scoring import registry
from scoring.api.reading_scores import score_answer
from scoring.models import Conversation, ModelVersion, Score, ShadowScore
from scoring.shadow_comparison import compare, decisions
from tests.factories import make_case, make_conversation, make_score

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(adam: User) -> tuple[ModelVersion, ModelVersion]:
    """(champion, challenger)"""
    champion, challenger = (
        ModelVersion.objects.create(name=n, digest=n.ljust(64, "0")) for n in ("one", "two")
    )
    registry.promote(model_id=champion.pk, by=adam)
    return champion, registry.name_challenger(model_id=challenger.pk, by=adam)


def score_both(
    conversation: Conversation,
    models: tuple[ModelVersion, ModelVersion],
    champion: float | None,
    challenger: float | None,
    *,
    revision: int = 1,
    days_ago: int = 0,
) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    if champion is None:
        said = {"abstained": "too_short"}
    else:
        said = {"probability": champion, "band": "high", "flagged": champion >= 0.7}
    Score.objects.create(
        conversation=conversation,
        revision=revision,
        message_count=8,
        model=models[0],
        threshold=0.7,
        imminent_threshold=0.9,
        scored_at=at,
        **said,
    )
    ShadowScore.objects.create(
        conversation=conversation,
        revision=revision,
        model=models[1],
        probability=challenger,
        abstained="" if challenger is not None else "too_short",
        would_flag=challenger is not None and challenger >= 0.7,
        scored_at=at,
    )


@pytest.fixture
def traffic(
    northwind: Licensee, models: tuple[ModelVersion, ModelVersion]
) -> tuple[ModelVersion, ModelVersion]:
    pairs = [(0.9, 0.8), (0.9, 0.2), (0.1, 0.9), (0.1, 0.1), (0.2, 0.3), (None, 0.1)]
    for number, (champion, challenger) in enumerate(pairs):
        score_both(
            make_conversation(northwind, external_id=f"conversation-{number}"), models, champion, challenger
        )
    return models


def test_each_conversation_counts_once_as_flagged_by_both_one_or_neither(
    traffic: tuple[ModelVersion, ModelVersion],
):
    found = compare(*traffic)
    assert (found.both, found.only_champion, found.only_challenger, found.neither) == (1, 1, 1, 3)
    assert (found.conversations, found.agreed) == (6, 4)
    assert (found.abstained_champion, found.abstained_challenger) == (1, 0)
    assert (sum(found.champion_scores), sum(found.challenger_scores)) == (5, 6)


def test_a_conversation_is_a_case_on_the_day_it_is_flagged_first(
    northwind: Licensee, models: tuple[ModelVersion, ModelVersion]
):
    conversation = make_conversation(northwind, revision=3)
    score_both(conversation, models, 0.1, 0.9, revision=1, days_ago=3)
    score_both(conversation, models, 0.9, 0.1, revision=2, days_ago=1)
    score_both(conversation, models, 0.9, 0.1, revision=3, days_ago=0)
    found = compare(*models)
    assert list(found.days.values()) == [(0, 1), (0, 0), (1, 0), (0, 0)]
    assert (found.both, found.conversations) == (1, 1)
    # The distribution is that of the newest pair.
    assert [place for place, count in enumerate(found.challenger_scores) if count] == [4]


def test_what_is_older_than_the_comparison_or_scored_by_another_champion_is_left_out(
    northwind: Licensee, traffic: tuple[ModelVersion, ModelVersion]
):
    score_both(make_conversation(northwind, external_id="old"), traffic, 0.9, 0.9, days_ago=40)
    other = ModelVersion.objects.create(name="other", digest="f" * 64)
    score_both(make_conversation(northwind, external_id="other"), (other, traffic[1]), 0.9, 0.9)
    assert compare(*traffic).conversations == 6


def test_a_probability_of_exactly_one_lies_in_the_last_bin(
    northwind: Licensee, models: tuple[ModelVersion, ModelVersion]
):
    score_both(make_conversation(northwind), models, 1.0, 0.0)
    found = compare(*models)
    assert (found.champion_scores[-1], found.challenger_scores[0]) == (1, 1)


def test_decisions_are_counted_by_what_the_challenger_would_have_said(
    northwind: Licensee, mara: User, models: tuple[ModelVersion, ModelVersion]
):
    for number, probability in enumerate([0.9, 0.1]):
        case = make_case(northwind, external_id=f"c{number}")
        ShadowScore.objects.create(
            conversation=case.conversation,
            revision=1,
            model=models[1],
            probability=probability,
            would_flag=probability >= 0.7,
        )
        claim(case_id=case.pk, by=mara)
        decide(
            case_id=case.pk,
            by=mara,
            disposition=Decision.Disposition.MONITOR,
            monitor_until=in_days(7),
            seen_revision=1,
        )
    assert decisions(models[1], timezone.now() - timedelta(days=1)) == {"monitor": (1, 1)}
    assert Case.objects.count() == 2


def test_the_page_shows_counts_and_no_conversation(
    adam: User, browser_of: Callable[[User], Client], traffic: tuple[ModelVersion, ModelVersion]
):
    page = browser_of(adam).get(f"/models/{traffic[1].pk}/comparison").content.decode()
    assert "66.7%" in page
    assert "Only the challenger" in page
    for conversation in Conversation.objects.all():
        assert conversation.external_id not in page


def test_before_anything_was_compared_the_page_says_so(
    adam: User, browser_of: Callable[[User], Client], models: tuple[ModelVersion, ModelVersion]
):
    champion, challenger = models
    browser = browser_of(adam)
    assert "Nothing compared yet" in browser.get(f"/models/{challenger.pk}/comparison").content.decode()
    assert "Nothing to compare with" in browser.get(f"/models/{champion.pk}/comparison").content.decode()


def test_shadow_scores_reach_neither_the_case_page_nor_the_platform(
    northwind: Licensee, models: tuple[ModelVersion, ModelVersion]
):
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.1)
    ShadowScore.objects.create(
        conversation=conversation, revision=1, model=models[1], probability=0.99, would_flag=True
    )
    open_cases()
    assert Case.objects.count() == 0
    assert score_answer(conversation)["score"]["probability"] == 0.1
