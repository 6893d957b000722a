"""The pages, as a browser without JavaScript gets them: every act is a form, every POST but the download redirects."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from referrals.models import Escalation, EscalationVersion, Packet, Recipient
from referrals.tests.conftest import GROUNDS, ask, asked, claim_and_read, edit_message, seen_by
from referrals.workflow import return_escalation
from review.models import Case
from review.workflow import annotate
from scoring.models import Conversation
from tests.people import PASSWORD

Browser = Callable[[User], Client]


def posted(case: Case, desk: Recipient, *, step: str, **changes: Any) -> dict[str, Any]:
    values = asked(case, desk)
    return {
        "exit": str(values["exit"]),
        "recipient": values["recipient_id"],
        "subject": values["subject_id"],
        "possible_minor": values["possible_minor_id"],
        "incident_at": "2026-03-03T20:04",
        "incident_definition": values["incident_definition"],
        "priority": values["priority"] or "",
        "context": 1,
        "grounds": GROUNDS,
        "evidence": [3, 5],
        "seen_revision": case.conversation.revision,
        "step": step,
        **changes,
    }


def text_of(client: Client, url: str, *, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    page: str = answer.content.decode()
    return page


# --- Asking ----------------------------------------------------------------------------------------


@pytest.fixture
def held(case: Case, mara: User) -> Case:
    """Mara holds it and has read turns 3, 4 and 5."""
    return claim_and_read(case, mara, numbers=[3, 4, 5])


@pytest.fixture
def escalate_url(held: Case) -> str:
    return reverse("referrals:escalate", args=[held.reference])


def test_only_what_was_read_can_be_chosen(mara: User, escalate_url: str, browser_of: Browser) -> None:
    page = text_of(browser_of(mara), escalate_url)
    assert "Let us keep this chat between the two of us" in page
    assert "We could talk on another app instead" not in page
    assert "2 turns not revealed by you" in page  # before the first of them
    assert "3 turns not revealed by you" in page  # and after the last


def test_what_was_annotated_is_ticked(held: Case, mara: User, escalate_url: str, browser_of: Browser) -> None:
    annotate(case_id=held.pk, by=mara, number=5, characteristic="secrecy_request")
    page = text_of(browser_of(mara), escalate_url)
    assert 'id="id_evidence_5" name="evidence" value="5" checked' in page
    assert 'id="id_evidence_3" name="evidence" value="3">' in page


def test_opening_the_page_is_recorded(held: Case, mara: User, escalate_url: str, browser_of: Browser) -> None:
    known = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count()
    browser_of(mara).get(escalate_url)
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("case_sequence")
    assert AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count() == known + 1
    shown = held.conversation.messages.filter(number__in=[3, 4, 5]).order_by("number")
    assert event.payload["messages"] == list(shown.values_list("pk", flat=True))


def test_who_does_not_hold_the_case_cannot_ask(ines: User, escalate_url: str, browser_of: Browser) -> None:
    answer = browser_of(ines).get(escalate_url)
    assert answer.status_code == 409
    assert "Mara claimed this case" in answer.content.decode()


def test_first_the_packet_as_it_would_be(
    held: Case, mara: User, desk: Recipient, escalate_url: str, browser_of: Browser
) -> None:
    answer = browser_of(mara).post(escalate_url, posted(held, desk, step="preview"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Referral to Test desk of the clearing house" in page
    assert "Ask a second person" in page
    assert "Thanks, it was fun" not in page  # turn 2 goes along as context, but Mara has not revealed it
    assert "Not revealed by you." in page
    assert not Escalation.objects.exists()


def test_then_a_second_person_is_asked(
    held: Case, mara: User, desk: Recipient, escalate_url: str, browser_of: Browser
) -> None:
    answer = browser_of(mara).post(escalate_url, posted(held, desk, step="submit"))
    escalation = Escalation.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("referrals:escalation", args=[escalation.pk])
    assert escalation.current.evidence_numbers == [3, 5]
    assert escalation.current.incident_at is not None
    assert f"{escalation.current.incident_at:%Y-%m-%d %H:%M %Z}" == "2026-03-03 20:04 UTC"


def test_a_step_back_keeps_what_was_typed(
    held: Case, mara: User, desk: Recipient, escalate_url: str, browser_of: Browser
) -> None:
    answer = browser_of(mara).post(escalate_url, posted(held, desk, step="change"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert GROUNDS in page
    assert 'value="5" checked' in page
    assert not Escalation.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"grounds": "short"}, "Ensure this value has at least 20 characters"),
        ({"evidence": []}, "Choose at least one message that you have read."),
        ({"evidence": [7]}, "7 is not one of the available choices."),
        ({"exit": "imminent_threat"}, "takes “suspected exploitation” only."),
        ({"subject": ""}, "Choose one."),
        ({"context": 99}, "Ensure this value is less than or equal to 20."),
    ],
)
def test_what_is_missing_is_said_and_the_rest_kept(
    held: Case,
    mara: User,
    desk: Recipient,
    escalate_url: str,
    browser_of: Browser,
    changes: dict[str, Any],
    sentence: str,
) -> None:
    answer = browser_of(mara).post(escalate_url, posted(held, desk, step="submit", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Nothing was asked yet. What you typed is kept." in page
    assert changes.get("grounds", GROUNDS) in page
    assert not Escalation.objects.exists()


def test_an_account_cannot_be_chosen_twice(
    held: Case, mara: User, desk: Recipient, escalate_url: str, browser_of: Browser
) -> None:
    values = posted(held, desk, step="submit")
    answer = browser_of(mara).post(escalate_url, values | {"possible_minor": values["subject"]})
    assert answer.status_code == 422
    assert "Choose another account than the subject account." in answer.content.decode()


def test_messages_that_came_while_typing_are_read_first(
    held: Case, mara: User, desk: Recipient, escalate_url: str, browser_of: Browser
) -> None:
    values = posted(held, desk, step="submit")
    Conversation.objects.filter(pk=held.conversation_id).update(revision=9)
    answer = browser_of(mara).post(escalate_url, values)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert GROUNDS in page  # given back, to be copied
    assert not Escalation.objects.exists()


# --- Answering --------------------------------------------------------------------------------------


@pytest.fixture
def url(escalation: Escalation) -> str:
    return reverse("referrals:escalation", args=[escalation.pk])


def test_the_approver_reads_the_packet_and_the_questions(
    escalation: Escalation, otto: User, url: str, browser_of: Browser
) -> None:
    page = text_of(browser_of(otto), url)
    for words in (
        GROUNDS,
        "Let us keep this chat between the two of us",
        "Test recipient",
        "A score is a machine&#x27;s rating",
        "What is missing",
        "Where it would go, and how",
        f"Type {escalation.case.reference} to approve",
        seen_by(escalation, otto),
    ):
        assert words in page


def test_reading_is_recorded_with_the_digest_and_the_messages(
    escalation: Escalation, otto: User, url: str, browser_of: Browser
) -> None:
    browser_of(otto).get(url)
    event = AuditEvent.objects.get(verb=Verb.PACKET_VIEWED)
    shown = escalation.case.conversation.messages.filter(number__in=[2, 3, 4, 5, 6]).order_by("number")
    assert event.actor == otto.actor_name
    assert event.payload["messages"] == list(shown.values_list("pk", flat=True))
    assert event.payload["digest"] == seen_by(escalation, otto)


def test_what_cannot_be_recorded_is_not_shown(
    escalation: Escalation, otto: User, url: str, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("referrals.reading.record", fail)
    with pytest.raises(RuntimeError):
        browser_of(otto).get(url)


def test_who_asked_sees_what_they_had_revealed(
    case: Case, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    claim_and_read(case, mara, numbers=[3, 5])
    client = browser_of(mara)
    client.post(reverse("referrals:escalate", args=[case.reference]), posted(case, desk, step="submit"))
    page = reverse("referrals:escalation", args=[Escalation.objects.get().pk])
    assert "I am in year eight" not in text_of(client, page)
    assert "I am in year eight" in text_of(browser_of(otto), page)


def test_a_change_on_the_platform_is_plain_to_see(
    escalation: Escalation, otto: User, url: str, browser_of: Browser
) -> None:
    edit_message(escalation.case, 5, text="Let us tell your parents about this chat")
    page = text_of(browser_of(otto), url)
    assert "Changed since it was requested" in page
    assert "edited after the request" in page
    assert "Let us keep this chat between the two of us" in page
    assert "Let us tell your parents about this chat" in page


def test_approving_leads_to_the_packet(escalation: Escalation, otto: User, browser_of: Browser) -> None:
    data = {
        "packet_digest": seen_by(escalation, otto),
        "typed_reference": f" {escalation.case.reference} ",
        "password": PASSWORD,
    }
    answer = browser_of(otto).post(reverse("referrals:approve", args=[escalation.pk]), data)
    packet = Packet.objects.get()
    assert answer["Location"] == reverse("referrals:packet", args=[packet.pk])


def test_an_approval_of_something_else_is_answered_with_a_conflict(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    data = {"packet_digest": "0" * 64, "typed_reference": escalation.case.reference, "password": PASSWORD}
    answer = browser_of(otto).post(reverse("referrals:approve", args=[escalation.pk]), data)
    assert answer.status_code == 409
    assert "The packet changed since you opened it. Read it again." in answer.content.decode()
    assert not Packet.objects.exists()


@pytest.mark.parametrize(("act", "state"), [("return", "returned"), ("decline", "declined")])
def test_the_other_answers_redirect_to_the_escalation(
    escalation: Escalation, otto: User, url: str, browser_of: Browser, act: str, state: str
) -> None:
    client = browser_of(otto)
    answer = client.post(
        reverse(f"referrals:{act}", args=[escalation.pk]), {"reason_text": "Which messages?"}
    )
    escalation.refresh_from_db()
    assert answer["Location"] == url
    assert escalation.state == state
    page = text_of(client, url)
    assert "Which messages?" in page
    assert "typed_reference" not in page


def test_a_reason_that_is_too_short_is_given_back(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    answer = browser_of(otto).post(
        reverse("referrals:return", args=[escalation.pk]), {"reason_text": "Why so?"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Say why in at least 10 characters" in page
    assert "Why so?" in page


def test_after_a_return_it_is_changed_and_submitted_again(
    escalation: Escalation, mara: User, otto: User, desk: Recipient, url: str, browser_of: Browser
) -> None:
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Please add turn 7.")
    client, again = browser_of(mara), reverse("referrals:resubmit", args=[escalation.pk])
    assert "Please add turn 7." in text_of(client, url)
    form = text_of(client, again)
    assert GROUNDS in form
    assert "Otto returned it" in form
    assert "Please add turn 7." in form

    values = posted(escalation.case, desk, step="preview", evidence=[3, 5, 7])
    assert "Ask a second person" in client.post(again, values).content.decode()
    assert EscalationVersion.objects.count() == 1
    assert client.post(again, values | {"step": "submit"})["Location"] == url
    page = text_of(browser_of(otto), url)
    assert "What changed since version 1" in page
    assert "turns 3, 5, 7" in page


def test_withdrawing_redirects_to_the_escalation(
    escalation: Escalation, mara: User, url: str, browser_of: Browser
) -> None:
    client = browser_of(mara)
    answer = client.post(
        reverse("referrals:withdraw", args=[escalation.pk]), {"reason_text": "I mistook the account."}
    )
    assert answer["Location"] == url
    assert "Mara withdrew it at" in text_of(client, url)


def test_of_what_has_ended_no_text_is_shown(packet: Packet, otto: User, browser_of: Browser) -> None:
    page = text_of(browser_of(otto), reverse("referrals:escalation", args=[packet.approval.escalation_id]))
    assert "Otto approved it at" in page
    assert "between the two of us" not in page


# --- Finding ------------------------------------------------------------------------------------------


def test_supervisors_see_what_waits_for_them_nearest_first(
    escalation: Escalation,
    otto: User,
    mara: User,
    police: Recipient,
    another_case: Callable[[str], Case],
    browser_of: Browser,
) -> None:
    urgent = ask(another_case("c2"), mara, police)
    page = text_of(browser_of(otto), reverse("referrals:escalations"))
    assert page.index(urgent.case.reference) < page.index(escalation.case.reference)
    assert "due in 60 minutes" in page
    assert "due in 24 hours" in page


def test_one_does_not_wait_for_oneself(case: Case, ines: User, desk: Recipient, browser_of: Browser) -> None:
    own = ask(case, ines, desk)
    client, page = browser_of(ines), reverse("referrals:escalations")
    assert own.case.reference not in text_of(client, page)
    assert own.case.reference in text_of(client, f"{page}?show=own")


def test_moderators_see_their_own(escalation: Escalation, mara: User, browser_of: Browser) -> None:
    client, page = browser_of(mara), reverse("referrals:escalations")
    assert escalation.case.reference in text_of(client, page)
    assert "Waiting for you" not in text_of(client, page)
    assert escalation.case.reference not in text_of(client, f"{page}?show=ended")


def test_the_panel_says_where_it_stands_without_a_word_of_it(
    escalation: Escalation, mara: User, browser_of: Browser
) -> None:
    page = text_of(browser_of(mara), reverse("referrals:panel", args=[escalation.case.reference]))
    assert 'id="_panel"' in page
    assert "waits for approval" in page
    assert "secrecy" not in page
    assert reverse("referrals:escalation", args=[escalation.pk]) in page


def test_a_case_without_escalations_has_an_empty_panel(case: Case, mara: User, browser_of: Browser) -> None:
    page = text_of(browser_of(mara), reverse("referrals:panel", args=[case.reference]))
    assert "Open the escalation" not in page
    assert "hidden" in page
