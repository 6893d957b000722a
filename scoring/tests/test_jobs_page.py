"""The page of jobs: admins see counts and act; a paused job does nothing, a cancelled one leaves nothing."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from review.intake import open_cases
from review.models import Case
from scoring.bulk_running import run_step
from scoring.models import BulkChunk, BulkJob, Conversation
from scoring.tests.sending import Platform
from scoring.tests.test_bulk import hand_in, lines, run_all
from tests.factories import make_case, make_conversation, make_score

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(platform: Platform) -> BulkJob:
    hand_in(platform, lines(5) + b"broken\n", query="?priority=archive")
    return BulkJob.objects.get()


@pytest.fixture
def browser(adam: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(adam)


def test_it_shows_how_far_a_job_is_and_nothing_that_was_sent(job: BulkJob, browser: Client):
    assert "0 of 6 lines" in browser.get("/jobs/").content.decode()
    run_all()
    page = browser.get(f"/jobs/{job.pk}/").content.decode()
    assert "6 of 6 lines" in page
    assert "messages a second" in page
    assert "hx-get" not in page.partition('id="job_progress"')[2].partition(">")[0]
    assert not any(word in page for word in ("weather", "neutral remark"))
    part = browser.get(f"/jobs/{job.pk}/progress").content.decode()
    assert part.startswith('<div id="job_progress"') or "<html" not in part


def test_paused_it_does_nothing_and_then_goes_on(job: BulkJob, browser: Client):
    assert browser.post(f"/jobs/{job.pk}/pause").status_code == 302
    assert run_step() is False
    assert browser.post(f"/jobs/{job.pk}/pause").status_code == 409
    assert browser.post(f"/jobs/{job.pk}/resume").status_code == 302
    run_all()
    job.refresh_from_db()
    assert (job.state, job.conversations_accepted, job.conversations_refused) == ("done", 5, 1)
    said = AuditEvent.objects.filter(object_id=str(job.pk)).values_list("verb", flat=True)
    assert set(said) >= {Verb.JOB_RECEIVED, Verb.JOB_PAUSED, Verb.JOB_RESUMED, Verb.JOB_DONE}


def test_cancelled_it_leaves_nothing(job: BulkJob, browser: Client):
    assert "Cancel this job?" in browser.get(f"/jobs/{job.pk}/cancel").content.decode()
    assert browser.post(f"/jobs/{job.pk}/cancel").status_code == 302
    assert run_step() is False
    job.refresh_from_db()
    assert (job.state, job.data_key.destroyed_at is None) == ("cancelled", False)
    assert not BulkChunk.objects.exists()
    assert not Conversation.objects.exists()
    assert browser.post(f"/jobs/{job.pk}/cancel").status_code == 409


def test_what_is_flagged_in_an_archive_pushes_nothing_aside(northwind: Licensee):
    old = make_conversation(northwind, external_id="old", is_archive=True)
    make_score(old, probability=0.99)
    open_cases()
    archived = Case.objects.get()
    live = make_case(northwind, external_id="live", probability=0.91)
    assert (archived.lane, archived.lane_order) == ("archive", 2)
    assert archived.lane_order > live.lane_order
    Conversation.objects.filter(pk=old.pk).update(is_archive=False, revision=2)
    old.refresh_from_db()
    make_score(old, probability=0.99)
    open_cases()
    archived.refresh_from_db()
    assert archived.lane == "imminent"
