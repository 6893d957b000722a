"""The text of context can stay behind, for a reason of the list; the approver sees that it did."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.transitions import NotPossible
from referrals.gathering import gather
from referrals.models import Escalation, Recipient
from referrals.packet_content import Redaction
from referrals.submission import submission_of
from referrals.tests.conftest import ask, asked, claim_and_read
from referrals.tests.test_pages import posted
from referrals.workflow import escalate
from review.models import Case

Browser = Callable[[User], Client]
TEXT_OF_4 = "I am in year eight"


def test_the_packet_says_which_turn_and_why(case: Case, mara: User, desk: Recipient) -> None:
    escalation = ask(case, mara, desk, redactions={4: "other_person"})
    content = gather(case, submission_of(escalation.current))
    assert content.redactions == (Redaction(4, "about a person who has no part in this"),)


@pytest.mark.parametrize(
    ("redactions", "sentence"),
    [
        ({3: "unrelated"}, "Evidence is not redacted: turn 3."),
        ({8: "unrelated"}, "The packet does not hold turn 8"),
        ({4: "because"}, "Choose one of the reasons on the list for each redaction."),
    ],
)
def test_only_read_context_and_only_for_a_reason_of_the_list(
    case: Case, mara: User, desk: Recipient, redactions: dict[int, str], sentence: str
) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotPossible, match=sentence):
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk, redactions=redactions))
    assert not Escalation.objects.exists()


def test_what_was_not_read_is_not_redacted(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara, numbers=[3, 5])
    with pytest.raises(NotPossible, match="You have not read turn 4"):
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk, redactions={4: "unrelated"}))
    assert not Escalation.objects.exists()


def test_the_approver_sees_the_reason_and_not_the_text(
    case: Case, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    escalation = ask(case, mara, desk, redactions={4: "other_person"})
    page = browser_of(otto).get(reverse("referrals:escalation", args=[escalation.pk])).content.decode()
    assert "[redacted: about a person who has no part in this]" in page
    assert TEXT_OF_4 not in page
    assert "The text of some context is left out" in page


def test_nobody_asks_for_a_redaction_that_they_did_not_see_in_the_packet(
    case: Case, mara: User, desk: Recipient, browser_of: Browser
) -> None:
    """Chosen and sent in one go: the packet is shown as it would be, and then it is asked for."""
    claim_and_read(case, mara)
    client, url = browser_of(mara), reverse("referrals:escalate", args=[case.reference])
    data: dict[str, Any] = posted(case, desk, step="submit", redact_4="other_person", redacted_seen="")
    page = client.post(url, data).content.decode()
    assert "You changed what is left out." in page
    assert TEXT_OF_4 not in page
    assert not Escalation.objects.exists()
    data["redacted_seen"] = "4:other_person"
    assert client.post(url, data).status_code == 302
    assert Escalation.objects.get().current.redactions == {"4": "other_person"}


def test_what_became_evidence_is_redacted_no_more(
    case: Case, mara: User, desk: Recipient, browser_of: Browser
) -> None:
    claim_and_read(case, mara)
    data = posted(case, desk, step="submit", redact_4="other_person", evidence=[3, 4, 5])
    url = reverse("referrals:escalate", args=[case.reference])
    assert browser_of(mara).post(url, data).status_code == 302
    assert Escalation.objects.get().current.redactions == {}
