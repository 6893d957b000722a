"""After an erasure every page says what happened and when, and none fails or shows a word of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.transitions import NotPossible
from licensees.models import Licensee
from referrals.models import Packet, Recipient
from referrals.reading import view_packet
from referrals.tests.conftest import asked, claim_and_read
from referrals.workflow import escalate
from retention.tests.ageing import let_pass, sweep_once
from review.intake import open_cases
from review.labels import export_labels
from review.models import Case, Reveal
from review.queue import claim
from review.tests.acts import dismiss
from review.workflow import decide, reveal
from scoring.ingest import accept
from scoring.models import Conversation
from scoring.tests.sending import incoming
from tests.factories import TEXTS, make_conversation, make_score
from tests.people import TESTS

BrowserOf = Callable[[User], Client]
NO_CASE = "no case came of it, and 48 hours after the last message had passed."


@pytest.fixture
def resumed(northwind: Licensee) -> Case:
    """Eight turns were erased before anything came of them; four more came since, and those were flagged."""
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.1)
    let_pass(conversation, hours=60)
    sweep_once(conversation)
    accept(licensee=northwind, items=[incoming(messages=4, first=9)], by=TESTS)
    conversation = Conversation.objects.get()
    make_score(conversation, probability=0.95)
    open_cases()
    return Case.objects.get()


def words_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_case_of_a_conversation_that_went_on_shows_what_is_gone_and_reads_the_rest(
    resumed: Case, mara: User, browser_of: BrowserOf
):
    claim(case_id=resumed.pk, by=mara)
    browser = browser_of(mara)
    said = words_of(browser.get(f"/cases/{resumed.reference}/"))
    assert said.count(NO_CASE) == 8
    assert said.count('name="number"') >= 4

    texts = reveal(case_id=resumed.pk, numbers=[7, 8, 9, 10], by=mara)
    assert sorted(texts) == [9, 10] and "weather" in texts[9]
    assert set(Reveal.objects.values_list("message__number", flat=True)) == {9, 10}
    with pytest.raises(NotPossible, match="It cannot be read again"):
        reveal(case_id=resumed.pk, numbers=[1, 2], by=mara)
    said = words_of(browser.get(f"/cases/{resumed.reference}/"))
    assert said.count(NO_CASE) == 8 and "weather, number 9" in said
    found = browser.post(f"/cases/{resumed.reference}/search", {"words": "match", "scope": "all"})
    assert found.status_code == 200
    assert not any(text in words_of(found) for text in TEXTS)


def test_a_dismissed_case_that_was_erased_opens_and_says_so(case: Case, mara: User, browser_of: BrowserOf):
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1, 2, 3], by=mara)
    decide(
        case_id=case.pk,
        by=mara,
        disposition="no_action",
        reason="peers",
        note="A word about it",
        seen_revision=case.conversation.revision,
    )
    let_pass(case.conversation, days=40)
    sweep_once(case.conversation)
    said = words_of(browser_of(mara).get(f"/cases/{case.reference}/"))
    assert said.count("its case was closed without action, and 30 days after it was closed had passed.") == 8
    assert not any(text in said for text in TEXTS)


def test_a_referral_that_was_erased_opens_on_every_page_and_its_packet_does_not(
    sealed_packet: Packet, otto: User, browser_of: BrowserOf
):
    escalation = sealed_packet.approval.escalation
    let_pass(escalation.case.conversation, days=400)
    sweep_once(escalation.case.conversation)
    browser = browser_of(otto)
    for address in (
        f"/cases/{escalation.case.reference}/",
        f"/escalations/{escalation.pk}/",
        f"/packets/{sealed_packet.pk}/",
    ):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert not any(text in words_of(answer) for text in TEXTS)
    answer = browser.post(f"/packets/{sealed_packet.pk}/download")
    assert answer.status_code == 409 and "was erased" in words_of(answer)


def test_a_packet_says_what_of_its_context_was_erased_and_takes_none_of_it_as_evidence(
    resumed: Case, mara: User, clearing_house: Recipient
):
    claim_and_read(resumed, mara, numbers=[9, 10, 11, 12])
    revision = {"seen_revision": resumed.conversation.revision}
    wanted = asked(resumed, clearing_house, evidence_numbers=[9, 10], context=2)
    with pytest.raises(NotPossible, match="The text of turn 8 was erased"):
        escalate(case_id=resumed.pk, by=mara, **revision, **(wanted | {"evidence_numbers": [8, 9]}))
    escalation = escalate(case_id=resumed.pk, by=mara, **revision, **wanted)
    content = view_packet(escalation_id=escalation.pk, by=mara).content
    assert {number: reason.endswith(NO_CASE) for number, reason in content.redacted.items()} == {
        7: True,
        8: True,
    }
    assert [bool(message.text) for message in content.messages] == [False, False, True, True, True, True]


def test_what_was_erased_teaches_nothing(resumed: Case, mara: User, otto: User, tmp_path: Path):
    dismiss(resumed, mara)
    exported = export_labels(licensee=resumed.licensee, output=tmp_path / "l.jsonl", by=otto, reason="A test")
    assert dict(exported.left_out) == {"erased": 1}
