"""The demo's clock answers whoever asks for the present, and is put away afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from artemis_site.demo_clock import moved_clock
from review.models import Case

THEN = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def test_everybody_who_asks_for_the_present_is_answered_from_it():
    with moved_clock(THEN) as clock:
        assert timezone.now() == THEN
        assert timezone.localdate() == THEN.date()
        clock.advance(hours=20)
        assert timezone.now() == THEN + timedelta(hours=20)
        clock.set(THEN)
        assert Case._meta.get_field("opened_at").get_default() == THEN
    assert timezone.now() > THEN


def test_moments_stay_what_they_are():
    with moved_clock(THEN):
        assert timezone.is_aware(timezone.template_localtime(timezone.now()))
        assert isinstance(timezone.now(), datetime)


def test_it_is_put_away_whatever_happens():
    with pytest.raises(RuntimeError), moved_clock(THEN):
        raise RuntimeError
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(minutes=1)
