"""What a turn contributes on the case page is what the newest judged score made of its evidence."""

import pytest

from accounts.models import User
from review.models import Case
from review.views.bubbles import rating_of, weight_of
from review.views.case_file import Part, read_part
from review.views.strip import strip
from review.views.window import Window
from scoring.models import MessageRating, ModelVersion, Score


@pytest.fixture
def weighed(case: Case) -> Case:
    Score.objects.update(
        whole_factor=0.5, window_factor=2.0, window_first=4, window_last=6, peaks={"5": 0.25, "8": 7.0}
    )
    return case


def part_of(case: Case) -> Part:
    return read_part(case, User(pk=0), Window(1))


def shown(case: Case) -> dict[int, float]:
    return {one.number: weight_of(rating) for one in part_of(case).messages if (rating := rating_of(one))}


def test_the_window_and_the_peaks_weigh_more(weighed: Case):
    assert shown(weighed) == pytest.approx(
        {1: -0.05, 2: -0.05, 3: 0.75, 4: -0.25, 5: 4.0, 6: -0.25, 7: 0.75, 8: 6.95}
    )


def test_the_strip_and_the_bubbles_say_the_same(weighed: Case):
    part = part_of(weighed)
    assert part.weighing.strongest == pytest.approx(max(shown(weighed).values()))
    percents = [column["percent"] for column in strip(weighed, part).columns]
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
    assert part_of(weighed).weighing.strongest == pytest.approx(4.0)


def test_without_a_judged_score_nothing_weighs(case: Case):
    Score.objects.update(probability=None, flagged=False, band="", abstained="too_short")
    assert shown(case) == {}
    assert part_of(case).weighing.flagged == 0
