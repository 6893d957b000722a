"""The pages of a packet, its release and its deliveries: what they say, who may act, and how many queries they take."""

from collections.abc import Callable
from typing import Any

import pyrage
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from referrals.cybertip_standin import Fault, StandIn
from referrals.delivery_words import progress_of
from referrals.models import Delivery, Packet, Recipient
from referrals.recipients import change_recipient
from referrals.sending import send_released
from referrals.tests.conftest import approved_by, ask
from referrals.transports.interface import Line
from review.models import Case
from scoring.preservation import held_until

Browser = Callable[[User], Client]
WHY = "Looked at their page together with Ines."
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def short_calls(settings: Any) -> None:
    settings.ARTEMIS_DELIVERY_SECONDS = 1


def url(name: str, thing: Any) -> str:
    return reverse(f"referrals:{name}", args=[thing.pk])


def test_a_supervisor_releases_and_reads_the_story(
    sealed_packet: Packet, otto: User, browser_of: Browser, standin: StandIn
) -> None:
    browser = browser_of(otto)
    assert "Deliver the packet" in browser.get(url("packet", sealed_packet)).content.decode()
    page = browser.get(url("release", sealed_packet)).content.decode()
    assert "Test endpoint" in page
    assert "Release to the test endpoint" in page
    assert not Delivery.objects.exists()
    answer = browser.post(url("release", sealed_packet), {"seen_revision": "0"})
    delivery = Delivery.objects.get()
    assert answer.url == url("delivery", delivery)  # type: ignore[attr-defined]
    assert "Waits for the courier" in browser.get(url("delivery", delivery)).content.decode()
    assert "HX-Refresh" not in browser.get(url("delivery_progress", delivery))
    send_released()
    assert browser.get(url("delivery_progress", delivery))["HX-Refresh"] == "true"
    page = browser.get(url("delivery", delivery)).content.decode()
    assert "The recipient has it" in page
    assert page.index("Open a report") < page.index("Send a file") < page.index("Finish the report")
    assert Delivery.objects.get().reference in page


def test_an_unknown_outcome_says_what_is_known_and_what_can_be_done(
    delivery: Delivery, otto: User, browser_of: Browser, standin: StandIn
) -> None:
    standin.switch("finish", Fault.DONE_DROPPED)
    send_released()
    browser = browser_of(otto)
    page = browser.get(url("delivery", delivery)).content.decode()
    assert "The outcome is unknown" in page
    assert "was about to be finished" in page
    assert "The report may be finished there: nobody knows yet." in page
    assert (
        delivery.packet.approval.escalation.case.reference
        in browser.get(reverse("referrals:deliveries")).content.decode()
    )
    browser.post(url("go_on", delivery), {"reason_text": WHY})
    send_released()
    assert Delivery.objects.get().state == "acknowledged"


def test_a_person_records_that_it_arrived_and_keeps_it_longer(
    delivery: Delivery, otto: User, browser_of: Browser, standin: StandIn
) -> None:
    standin.switch("submit", Fault.DONE_DROPPED)
    send_released()
    browser = browser_of(otto)
    assert "deleted there within a day" in browser.get(url("delivery", delivery)).content.decode()
    now = f"{timezone.now():%Y-%m-%dT%H:%M}"
    typed = {"reference": "4711", "arrived_at": now, "reason_text": WHY}
    assert browser.post(url("mark_arrived", delivery), {**typed, "reference": ""}).status_code == 422
    browser.post(url("mark_arrived", delivery), typed)
    assert Delivery.objects.get().reference == "4711"
    conversation = delivery.packet.approval.escalation.case.conversation_id
    before = held_until(conversation)
    assert before is not None
    later = f"{before.year + 1}-01-01"
    browser.post(url("keep_longer", delivery), {"until": later, "reason_text": "The police asked for it."})
    after = held_until(conversation)
    assert after is not None
    assert after.year == before.year + 1
    browser.post(url("feedback", delivery), {"outcome": "acted_on", "reason_text": "They opened a case."})
    page = browser.get(url("delivery", delivery)).content.decode()
    assert "Acted on" in page
    assert "They opened a case." not in page


def test_a_changed_key_is_shown_before_the_next_delivery(
    sealed_packet: Packet, clearing_house: Recipient, adam: User, otto: User, browser_of: Browser
) -> None:
    for revision, host in enumerate(["one", "two"]):
        change_recipient(
            recipient_id=clearing_house.pk,
            by=adam,
            reason=f"They moved to {host}",
            seen_revision=revision,
            endpoint=f"https://{host}.example/ispws",
        )
    page = browser_of(otto).get(url("release", sealed_packet)).content.decode()
    assert "Changed since the last delivery" in page
    assert "They moved to one" in page
    assert "They moved to two" in page
    old = browser_of(otto).post(url("release", sealed_packet), {"seen_revision": "1"})
    assert old.status_code == 409
    assert not Delivery.objects.exists()


def test_a_portal_gives_a_checklist_and_keeps_the_reference(
    case: Case, mara: User, otto: User, police: Recipient, browser_of: Browser
) -> None:
    Recipient.objects.filter(pk=police.pk).update(transport="checklist")
    police.refresh_from_db()
    packet = approved_by(ask(case, mara, police), otto)
    browser = browser_of(otto)
    assert browser.post(url("release", packet), {"seen_revision": "0"}).status_code == 422
    browser.post(url("release", packet), {"seen_revision": "0", "priority": "1"})
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.priority) == ("with_person", 1)
    assert send_released() == 0
    browser.post(url("check", delivery), {"item": "registered"})
    assert delivery.journal.filter(step="registered").exists()
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%S}"
    browser.post(
        url("mark_arrived", delivery), {"reference": "NCA-2026-1", "arrived_at": now, "reason_text": WHY}
    )
    holds = case.conversation.preservation_holds.order_by("what")
    assert [(hold.what, hold.until.year - timezone.now().year) for hold in holds] == [
        ("content", 1),
        ("reference", 5),
    ]


def test_an_encrypted_file_is_opened_by_the_recipients_key_only(
    sealed_packet: Packet, clearing_house: Recipient, otto: User, browser_of: Browser
) -> None:
    identity, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    second = pyrage.x25519.Identity.generate()
    keys = f"{identity.to_public()}\n{second.to_public()}"
    Recipient.objects.filter(pk=clearing_house.pk).update(age_recipients=keys)
    answer = browser_of(otto).post(url("download_encrypted", sealed_packet))
    plain = browser_of(otto).post(url("download", sealed_packet)).content
    assert pyrage.decrypt(answer.content, [identity]) == plain
    assert pyrage.decrypt(answer.content, [second]) == plain
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(answer.content, [other])
    custody = browser_of(otto).get(url("custody", sealed_packet)).content.decode()
    assert custody.count("downloaded the packet") == 2


@pytest.mark.parametrize("act", ["go_on", "start_anew", "give_up", "mark_arrived", "feedback", "keep_longer"])
def test_a_moderator_and_a_stranger_do_nothing(
    act: str, delivery: Delivery, mara: User, kai: User, browser_of: Browser
) -> None:
    for person in (mara, kai):
        assert browser_of(person).post(url(act, delivery), {"reason_text": WHY}).status_code == 403
    assert browser_of(kai).get(url("delivery", delivery)).status_code == 403
    assert Delivery.objects.get().state == "released"


def test_no_page_takes_more_queries_with_more_lines(
    delivery: Delivery, otto: User, browser_of: Browser, standin: StandIn
) -> None:
    browser = browser_of(otto)
    pages = [url("delivery", delivery), url("packet", delivery.packet), url("custody", delivery.packet)]
    pages += [reverse("referrals:deliveries"), url("release", delivery.packet)]
    before = [_queries(browser, page) for page in pages]
    send_released()
    after = [_queries(browser, page) for page in pages]
    assert max(before + after) <= MOST_QUERIES, (before, after)
    assert all(late <= early + 1 for early, late in zip(before, after, strict=True)), (before, after)


def _queries(browser: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)


def test_the_progress_counts_the_steps_that_the_transport_has() -> None:
    """A retraction that takes one report back has one step, not the six of a report."""
    delivery = Delivery(state=Delivery.State.SENDING, attempt=2)
    earlier = [Line(1, "submit", "intended", {"steps": 6}), Line(1, "submit", "done", {})]
    assert progress_of(delivery, earlier) is None
    begun = [*earlier, Line(2, "retract 4711", "intended", {"steps": 1})]
    assert progress_of(delivery, begun) == {"percent": 0, "figure": "0 of 1"}
    done = [*begun, Line(2, "retract 4711", "done", {})]
    assert progress_of(delivery, done) == {"percent": 100, "figure": "1 of 1"}
