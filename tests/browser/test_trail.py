"""The auditor's pages in a browser: sealed, exported, followed; axe finds no fault, whatever they have to say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from audit.models import AuditEvent, CheckpointDispatch
from audit.record import About, record
from audit.verbs import Verb
from licensees.models import Licensee
from tests.browser.looking import PHONE, WIDE, faults, open_at
from tests.sealing import Seal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sealed(
    seal: Seal, northwind: Licensee, mara: User, adam: User, settings: Any, sealing_keys: Path
) -> AuditEvent:
    """Some acts under a checkpoint, which one third party has and another does not get; one act is younger."""
    settings.ARTEMIS_KEYS = sealing_keys
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = [
        "mailto:oversight@example.org",
        "https://witness.example.org/x",
    ]
    about = About(object_type="case", object_id="1", licensee_id=northwind.pk, case_reference="NW-1")
    with transaction.atomic():
        events = [
            record(Verb.CASE_CLAIMED, by=mara, about=about, payload={"claim": turn}) for turn in range(12)
        ]
    seal()
    with transaction.atomic():
        record(Verb.MODEL_PROMOTED, by=adam, about=About("model", "1"), reason="It was measured.")
    CheckpointDispatch.objects.create(destination="oversight@example.org", size=12, sent_at=timezone.now())
    return events[4]


def test_axe_finds_no_fault_with_the_trail_and_an_entry(
    sealed: AuditEvent, june: User, open_page: Callable[..., Page], settings: Any
) -> None:
    page = open_page(june)
    open_at(page, "/trail/?case=NW-1")
    assert [fault for size in (PHONE, WIDE) for fault in faults(page, size)] == []
    open_at(page, f"/trail/{sealed.pk}/")
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.get_by_text("The entry leads to the root that was signed")).to_be_visible()
    assert [fault for size in (PHONE, WIDE) for fault in faults(page, size)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = []
    open_at(page, "/trail/")
    expect(page.get_by_text("Checkpoints stay in this house")).to_be_visible()
    assert list(faults(page)) == []


def test_an_auditor_follows_a_person_and_takes_the_trail_away(
    sealed: AuditEvent, june: User, mara: User, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(june)
    open_at(page, "/trail/")
    page.get_by_role("link", name=mara.name).first.click()
    expect(page).to_have_url(re.compile(f"actor={mara.actor_name}"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the trail").click()
    assert sealed.entry in download.value.path().read_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep the checkpoint").click()
    assert download.value.path().read_text().startswith("tests.example/trail\n")
