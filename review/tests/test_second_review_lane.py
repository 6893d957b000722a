"""Second reviews stand in the queue as a lane, with a share and a due time of each licensee, and a private note."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.assignments import assign
from licensees.models import Licensee, Policy
from licensees.onboarding import set_policy
from review.models import SecondReview
from review.second_review import claim_second_review, give_second_review, read_second_note
from review.tests.acts import dismiss, second_review_lanes
from tests.factories import later, make_case
from tests.people import TESTS, make_person

BrowserOf = Callable[[User], Client]
NOTE = "The other account writes as a coach does."
FIGURES = ("flag_threshold", "imminent_threshold", "standard_due_hours", "imminent_due_hours")


def judged_twice(licensee: Licensee, by: User, *, percent: int = 100, hours: int = 72) -> None:
    figures = {name: getattr(Policy.objects.in_force(licensee.pk), name) for name in FIGURES}
    set_policy(
        licensee=licensee,
        by=by,
        reason="Quality",
        second_review_percent=percent,
        second_review_due_hours=hours,
        **figures,
    )


@pytest.fixture
def waiting(northwind: Licensee, adam: User, mara: User, ines: User) -> SecondReview:
    judged_twice(northwind, adam)
    dismiss(make_case(northwind), mara)
    return SecondReview.objects.get()


def test_each_licensee_has_its_own_share(
    northwind: Licensee, lakeside: Licensee, adam: User, mara: User, ines: User, kai: User
):
    make_person("Kim", roles=[Role.MODERATOR], serving=lakeside)
    judged_twice(northwind, adam, percent=100)
    judged_twice(lakeside, adam, percent=0)
    dismiss(make_case(northwind), mara)
    dismiss(make_case(lakeside, external_id="theirs"), kai)
    assert SecondReview.objects.get().licensee == northwind
    judged_twice(northwind, adam, percent=0)
    dismiss(make_case(northwind, external_id="after"), mara)
    assert SecondReview.objects.count() == 1


def test_it_is_due_by_the_policy_of_its_decision(northwind: Licensee, adam: User, mara: User, ines: User):
    judged_twice(northwind, adam, hours=5)
    decision = dismiss(make_case(northwind), mara)
    judged_twice(northwind, adam, hours=48)
    assert SecondReview.objects.get().due_at == decision.decided_at + timedelta(hours=5)


def test_a_licensee_begins_with_the_share_of_the_installation(settings: Any, northwind: Licensee):
    assert Policy.objects.in_force(northwind.pk).second_review_percent == 0  # as the tests set it
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 7
    assert Policy(licensee=northwind, reason="x").second_review_percent == 7


def test_the_database_refuses_more_than_all(northwind: Licensee):
    with pytest.raises(IntegrityError, match="policy_second_review_is_a_share"), transaction.atomic():
        Policy.objects.create(licensee=northwind, reason="x", second_review_percent=101)


def test_the_lane_in_figures(waiting: SecondReview, northwind: Licensee, lakeside: Licensee, ines: User):
    lanes = second_review_lanes([northwind, lakeside])
    own, theirs = lanes[northwind.pk], lanes[lakeside.pk]
    assert (own.waiting, own.oldest_at, own.due_soon, own.overdue, own.people) == (
        1,
        waiting.opened_at,
        0,
        0,
        [],
    )
    assert (theirs.waiting, theirs.oldest_at, theirs.people) == (0, None, [])
    SecondReview.objects.filter(pk=waiting.pk).update(due_at=later(minutes=20))
    assert second_review_lanes([northwind])[northwind.pk].due_soon == 1
    SecondReview.objects.filter(pk=waiting.pk).update(due_at=later(minutes=-1))
    assert second_review_lanes([northwind])[northwind.pk].overdue == 1
    claim_second_review(by=ines)
    own = second_review_lanes([northwind])[northwind.pk]
    assert (own.waiting, [one.name for one in own.people]) == (0, ["Ines"])
    SecondReview.objects.filter(pk=waiting.pk).update(expires_at=later(seconds=-1))
    own = second_review_lanes([northwind])[northwind.pk]
    assert (own.waiting, own.people) == (1, [])


def test_the_queue_shows_it_beside_the_others(
    waiting: SecondReview, ines: User, kai: User, browser_of: BrowserOf
):
    page = browser_of(ines).get(reverse("review:queue"))
    second = page.context["lanes"][-1]["figures"]
    assert (second.waiting, second.licensee) == (1, waiting.licensee)
    assert "Take from here: Second review" in page.content.decode()
    # Another licensee's lanes are its own.
    assert browser_of(kai).get(reverse("review:queue")).context["lanes"][-1]["figures"].waiting == 0


def test_taking_from_the_lane_takes_that_licensees(
    waiting: SecondReview, lakeside: Licensee, adam: User, ines: User, kai: User, browser_of: BrowserOf
):
    assign(person=ines, licensee=lakeside, role=Role.MODERATOR, by=TESTS)
    judged_twice(lakeside, adam)
    dismiss(make_case(lakeside, external_id="theirs"), kai)
    browser_of(ines).post(reverse("review:take_second_review"), {"licensee": lakeside.pk})
    assert SecondReview.objects.get(reviewer=ines).licensee == lakeside


def test_nobody_takes_from_a_licensee_that_they_do_not_serve(
    waiting: SecondReview, northwind: Licensee, kai: User, browser_of: BrowserOf
):
    answer = browser_of(kai).post(reverse("review:take_second_review"), {"licensee": northwind.pk})
    assert answer.status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_the_queue_asks_no_more_often_for_more_of_them(
    northwind: Licensee, adam: User, mara: User, ines: User, browser_of: BrowserOf
):
    judged_twice(northwind, adam)
    counts = []
    for number in (1, 6):
        for place in range(number):
            dismiss(make_case(northwind, external_id=f"{number}-{place}"), mara)
        browser_of(ines).get(reverse("review:queue"))
        with CaptureQueriesContext(connection) as captured:
            browser_of(ines).get(reverse("review:queue"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- The private note ------------------------------------------------------------------------------


def given(by: User) -> SecondReview:
    review = claim_second_review(by=by)
    assert review is not None
    return give_second_review(review_id=review.pk, by=by, disposition="monitor", note=NOTE)


def test_the_note_is_sealed_and_read_by_who_adjudicates(
    waiting: SecondReview, ines: User, otto: User, browser_of: BrowserOf
):
    review = given(ines)
    assert NOTE.encode() not in bytes(review.note_sealed or b"")
    page = browser_of(otto).get(review.get_absolute_url()).content.decode()
    assert NOTE in page
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("at")
    assert (event.actor, event.payload) == (otto.actor_name, {"second_review_notes": [review.pk]})


def test_the_note_comes_from_the_form(waiting: SecondReview, ines: User, otto: User, browser_of: BrowserOf):
    review = claim_second_review(by=ines)
    assert review is not None
    said = {"disposition": "monitor", "note": NOTE}
    browser_of(ines).post(reverse("review:second_review_give", args=[review.pk]), said)
    assert read_second_note(review_id=review.pk, by=otto) == NOTE


def test_nobody_else_reads_it(waiting: SecondReview, mara: User, ines: User, kai: User):
    review = given(ines)
    events = AuditEvent.objects.count()
    for other in (mara, kai):
        with pytest.raises(NotAllowed):
            read_second_note(review_id=review.pk, by=other)
    assert AuditEvent.objects.count() == events


def test_without_a_note_nothing_is_read(waiting: SecondReview, ines: User, otto: User):
    review = claim_second_review(by=ines)
    assert review is not None
    give_second_review(review_id=review.pk, by=ines, disposition="monitor")
    events = AuditEvent.objects.count()
    assert read_second_note(review_id=review.pk, by=otto) == ""
    assert AuditEvent.objects.count() == events


def test_an_erased_conversation_takes_its_note_along(
    waiting: SecondReview, ines: User, otto: User, browser_of: BrowserOf
):
    review = given(ines)
    key = review.case.conversation.data_key
    type(key).objects.filter(pk=key.pk).update(destroyed_at=timezone.now(), wrapped=None)
    answer = browser_of(otto).get(review.get_absolute_url())
    assert (answer.status_code, NOTE in answer.content.decode()) == (200, False)
