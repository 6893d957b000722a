"""What each person is refused, on each page: answered with 403, recorded, and nothing moved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from referrals.models import Delivery, Escalation, EscalationAnswer, EscalationVersion, Packet, Recipient
from referrals.tests.conftest import approved_by, ask, asked, claim_and_read
from review.models import Case
from tests.people import signed_in_client

Browser = Callable[[User], Client]


def snapshot() -> dict[str, Any]:
    return {
        "cases": sorted(Case.objects.values_list("pk", "state")),
        "escalations": sorted(Escalation.objects.values_list("pk", "state", "version_count")),
        "counts": [
            model.objects.count() for model in (EscalationVersion, EscalationAnswer, Packet, Delivery)
        ],
    }


def is_refused(client: Client, method: str, url: str, data: dict[str, Any] | None = None) -> str:
    """The page of the refusal, after making sure that it was recorded and that nothing moved."""
    before, refusals = snapshot(), AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED)
    known = refusals.count()
    answer = getattr(client, method)(url, data or {})
    assert answer.status_code == 403, f"{method} {url} answered {answer.status_code}"
    assert snapshot() == before
    assert refusals.count() == known + 1
    page: str = answer.content.decode()
    assert "between the two of us" not in page
    return page


@pytest.fixture
def addresses(
    escalation: Escalation, otto: User, desk: Recipient, another_case: Callable[[str], Case]
) -> dict[str, str]:
    """Every address of referrals, about Northwind's cases."""
    open_, sealed = escalation, _sealed(another_case("c2"), otto, desk, escalation.requested_by)
    names = ["escalation", "approve", "return", "decline", "withdraw", "resubmit"]
    return {
        **{name: reverse(f"referrals:{name}", args=[open_.pk]) for name in names},
        "escalate": reverse("referrals:escalate", args=[open_.case.reference]),
        "panel": reverse("referrals:panel", args=[open_.case.reference]),
        "packet": reverse("referrals:packet", args=[sealed.pk]),
        "download": reverse("referrals:download", args=[sealed.pk]),
    }


def _sealed(case: Case, otto: User, desk: Recipient, mara: User) -> Packet:
    return approved_by(ask(case, mara, desk), otto)


READ = ["escalation", "panel", "packet", "escalate", "resubmit"]
POSTED = ["approve", "return", "decline", "withdraw", "resubmit", "escalate", "download"]


@pytest.mark.parametrize("who", ["kai", "june", "adam"])
def test_outsiders_are_refused_everywhere(
    who: str, addresses: dict[str, str], browser_of: Browser, request: pytest.FixtureRequest
) -> None:
    client = browser_of(request.getfixturevalue(who))
    for name in READ:
        is_refused(client, "get", addresses[name])
    for name in POSTED:
        is_refused(client, "post", addresses[name], {"reason_text": "A reason that is long enough."})


def test_kai_learns_nothing_about_another_licensee(
    addresses: dict[str, str], kai: User, browser_of: Browser
) -> None:
    """The same sentence for what exists elsewhere and for what does not exist (ADR 10)."""
    client = browser_of(kai)
    there = is_refused(client, "get", addresses["escalation"])
    nowhere = is_refused(client, "get", reverse("referrals:escalation", args=[987_654]))
    sentence = "There is no escalation here that is open to you"
    assert sentence in there
    assert sentence in nowhere
    assert "Northwind" not in there
    assert is_refused(client, "get", reverse("referrals:packet", args=[987_654]))


def test_the_lists_show_people_their_own_licensees_only(
    addresses: dict[str, str], kai: User, otto: User, escalation: Escalation, browser_of: Browser
) -> None:
    url = reverse("referrals:escalations")
    reference = escalation.case.reference
    assert reference in browser_of(otto).get(url).content.decode()
    assert reference not in browser_of(kai).get(url).content.decode()


@pytest.mark.parametrize("name", ["approve", "return", "decline", "download"])
def test_mara_cannot_answer_her_own_request(
    name: str, addresses: dict[str, str], mara: User, browser_of: Browser
) -> None:
    page = is_refused(browser_of(mara), "post", addresses[name], {"reason_text": "A reason, long enough."})
    assert "This needs the role supervisor." in page


@pytest.mark.parametrize("name", ["withdraw", "resubmit", "escalate"])
def test_otto_cannot_ask(name: str, addresses: dict[str, str], otto: User, browser_of: Browser) -> None:
    page = is_refused(browser_of(otto), "post", addresses[name], {"reason_text": "A reason, long enough."})
    assert "This needs the role moderator." in page


@pytest.mark.parametrize(
    ("name", "act"), [("approve", "approve"), ("return", "return"), ("decline", "decline")]
)
def test_ines_cannot_answer_what_she_asked(
    name: str, act: str, case: Case, ines: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    own = ask(case, ines, desk)
    data = {
        "typed_reference": case.reference,
        "packet_digest": "0" * 64,
        "reason_text": "A reason that is long enough.",
    }
    page = is_refused(browser_of(ines), "post", reverse(f"referrals:{name}", args=[own.pk]), data)
    assert f"You asked for this escalation, so you cannot {act} it. Ask Otto." in page
    event = AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).latest("case_sequence")
    assert (event.actor, event.object_type, event.object_id) == (ines.actor_name, "escalation", str(own.pk))


def test_ines_can_answer_what_mara_asked_but_not_withdraw_it(
    escalation: Escalation, ines: User, browser_of: Browser
) -> None:
    url = reverse("referrals:withdraw", args=[escalation.pk])
    page = is_refused(browser_of(ines), "post", url, {"reason_text": "A reason, long enough."})
    assert "Only Mara asked for this escalation" in page
    assert approved_by(escalation, ines).approval.approved_by == ines


def test_a_stranger_is_sent_to_sign_in(addresses: dict[str, str]) -> None:
    before = snapshot()
    for name in READ:
        assert Client().get(addresses[name]).status_code == 302
    for name in POSTED:
        assert Client().post(addresses[name]).status_code == 302
    assert snapshot() == before


def test_an_answer_needs_a_token_of_the_page(addresses: dict[str, str], otto: User) -> None:
    client = signed_in_client(otto, enforce_csrf_checks=True)
    before = snapshot()
    assert client.post(addresses["decline"], {"reason_text": "A reason, long enough."}).status_code == 403
    assert snapshot() == before


def test_a_recipient_that_is_not_on_the_list_cannot_be_posted(
    case: Case, mara: User, desk: Recipient, browser_of: Browser
) -> None:
    claim_and_read(case, mara)
    data = _posted(case, desk) | {"recipient": "999", "step": "submit"}
    answer = browser_of(mara).post(reverse("referrals:escalate", args=[case.reference]), data)
    assert answer.status_code == 422
    assert not Escalation.objects.exists()


def test_the_actor_is_never_a_field_of_a_form(
    escalation: Escalation, mara: User, otto: User, browser_of: Browser
) -> None:
    """Mara posts that she is Otto."""
    data = {"by": otto.pk, "approved_by": otto.pk, "typed_reference": escalation.case.reference}
    is_refused(browser_of(mara), "post", reverse("referrals:approve", args=[escalation.pk]), data)


def _posted(case: Case, desk: Recipient) -> dict[str, Any]:
    values = asked(case, desk)
    return {
        "exit": str(values["exit"]),
        "recipient": values["recipient_id"],
        "priority": values["priority"] or "",
        "incident_definition": values["incident_definition"],
        "subject": values["subject_id"],
        "possible_minor": values["possible_minor_id"],
        "context": values["context"],
        "grounds": values["grounds"],
        "evidence": values["evidence_numbers"],
        "seen_revision": case.conversation.revision,
    }
