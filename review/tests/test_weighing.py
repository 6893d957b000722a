"""What a turn contributes on the case page is what the newest judged score made of its evidence."""

import pytest

from review.models import Case
from review.views.bubbles import messages_from, rating_of, weight_of
from review.views.strip import weigh
from scoring.models import MessageRating, ModelVersion, Score


@pytest.fixture
def weighed(case: Case) -> Case:
    Score.objects.update(
        whole_factor=0.5, window_factor=2.0, window_first=4, window_last=6, peaks={"5": 0.25, "8": 7.0}
    )
    return case


def shown(case: Case) -> dict[int, float]:
    messages = messages_from(case, 1, score=Score.objects.newest_judged(case.conversation_id))
    return {one.number: weight_of(rating) for one in messages if (rating := rating_of(one))}


def test_the_window_and_the_peaks_weigh_more(weighed: Case):
    assert shown(weighed) == pytest.approx(
        {1: -0.05, 2: -0.05, 3: 0.75, 4: -0.25, 5: 4.0, 6: -0.25, 7: 0.75, 8: 6.95}
    )


def test_the_strip_and_the_bubbles_say_the_same(weighed: Case):
    weights = weigh(weighed, message_count=8)
    assert weights.strongest == pytest.approx(max(shown(weighed).values()))
    percents = [column["percent"] for column in weights.columns]
    assert percents == [max(2, round(100 * max(0, value) / 6.95)) for value in shown(weighed).values()]


def test_an_abstention_does_not_hide_what_weighed_before(weighed: Case):
    before = shown(weighed)
    Score.objects.create(
        conversation=weighed.conversation,
        revision=2,
        message_count=8,
        abstained="scoring_failed",
        threshold=0.7,
        imminent_threshold=0.9,
    )
    assert shown(weighed) == before


def test_ratings_of_another_model_are_not_mixed_in(weighed: Case):
    other = ModelVersion.objects.create(name="other", digest="cd" * 32)
    MessageRating.objects.filter(message__number=8).update(model=other)
    assert 8 not in shown(weighed)
    assert weigh(weighed, message_count=8).strongest == pytest.approx(4.0)


def test_without_a_judged_score_nothing_weighs(case: Case):
    Score.objects.update(probability=None, flagged=False, band="", abstained="too_short")
    assert shown(case) == {}
    assert weigh(case, message_count=8).flagged == 0
