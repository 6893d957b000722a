"""The case page: what it shows, to whom, and above all what it does not hold."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Annotation, Case, Claim, Decision, Reveal
from review.queue import claim, release
from review.tests.acts import dismiss, escalated, in_days, let_lapse, rescored
from review.workflow import annotate, decide, reveal
from scoring.models import Message, MessageRating
from tests.factories import TEXTS, make_case

BrowserOf = Callable[[User], Client]


@pytest.fixture
def mine(case: Case, mara: User) -> Case:
    """Mara holds the case."""
    claim(case_id=case.pk, by=mara)
    return case


@pytest.fixture
def browser(mara: User, browser_of: BrowserOf) -> Client:
    return browser_of(mara)


def page_of(browser: Client, case: Case, query: str = "") -> str:
    answer = browser.get(reverse("review:case", args=[case.reference]) + query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def act(browser: Client, case: Case, name: str, *, htmx: bool = False, **data: Any) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(reverse(f"review:{name}", args=[case.reference]), data, headers=headers)


def shown(page: str) -> list[str]:
    return [text for text in TEXTS if escape(text) in page]


# --- Masking ---------------------------------------------------------------------------------------


def test_masked_text_is_not_in_the_page(mine: Case, browser: Client):
    page = page_of(browser, mine)

    assert shown(page) == []
    assert page.count('id="m-') == 8
    assert not AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).exists()


def test_one_turn_is_revealed_and_stays_revealed(mine: Case, browser: Client):
    answer = act(browser, mine, "reveal", number="5")

    assert answer.status_code == 302
    assert answer["Location"] == reverse("review:case", args=[mine.reference]) + "#m-5"
    assert shown(page_of(browser, mine)) == [TEXTS[4]]
    assert AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count() == 2  # asked for, and shown again


def test_htmx_gets_the_one_turn(mine: Case, browser: Client):
    answer = browser.post(
        reverse("review:reveal", args=[mine.reference]) + "?number=5", headers={"HX-Request": "true"}
    )

    fragment = answer.content.decode()
    assert fragment.lstrip().startswith("<article")
    assert 'id="m-5"' in fragment
    assert shown(fragment) == [TEXTS[4]]


def test_all_flagged_turns_are_revealed_at_once(mine: Case, browser: Client):
    page = page_of(browser, mine)
    assert all(f'<input type="hidden" name="number" value="{number}">' in page for number in (3, 5, 7))

    fragment = act(browser, mine, "reveal", htmx=True, number=["3", "5", "7"]).content.decode()

    assert fragment.count("<article") == fragment.count('hx-swap-oob="true"') == 3
    assert shown(fragment) == [TEXTS[2], TEXTS[4], TEXTS[6]]
    assert Reveal.objects.count() == 3


def test_what_one_person_revealed_is_masked_for_another(
    mine: Case, mara: User, otto: User, browser_of: BrowserOf
):
    reveal(case_id=mine.pk, numbers=[5], by=mara)

    assert shown(page_of(browser_of(otto), mine)) == []


def test_what_was_revealed_is_masked_again_without_the_claim(mine: Case, mara: User, browser: Client):
    reveal(case_id=mine.pk, numbers=[5], by=mara)
    release(case_id=mine.pk, by=mara)

    page = page_of(browser, mine)

    assert shown(page) == []
    assert "You have not claimed this case." in page


def test_whoever_may_not_reveal_is_given_no_button_for_it(mine: Case, ines: User, kai: User, browser: Client):
    release(case_id=mine.pk, by=mine.claims.get().holder)

    assert f"{mine.reference}/reveal" not in page_of(browser, mine)


def test_no_turn_chosen_is_refused_in_words(mine: Case, browser: Client):
    answer = act(browser, mine, "reveal")

    assert answer.status_code == 409
    assert "No turn was chosen." in answer.content.decode()


def test_hostile_text_is_text(northwind: Licensee, mara: User, browser: Client):
    hostile = "<script>alert(1)</script> \ud800 & so on"
    case = make_case(northwind, external_id="hostile", texts=[hostile, "ok"])
    claim(case_id=case.pk, by=mara)
    act(browser, case, "reveal", number="1")

    page = page_of(browser, case)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ? &amp; so on" in page


def test_deleted_and_edited_messages_are_shown_as_such(mine: Case, browser: Client):
    Message.objects.filter(number=2).update(deleted_at=mine.opened_at)
    Message.objects.filter(number=4).update(edited_at=mine.opened_at)

    page = page_of(browser, mine)

    assert page.count("deleted by its sender") == 1
    assert page.count("</svg>\nedited</span>") + page.count("</svg>edited</span>") == 1


# --- What stands around the conversation ---------------------------------------------------------------


def test_the_facts_of_the_conversation(mine: Case, browser: Client):
    page = page_of(browser, mine)

    for words in ("Northwind", "8 messages", "0.91", "flag from 0.70", "Account A", "Account B", "13–15"):
        assert words in page
    assert "possible minor" in page
    assert "subject account" in page


def test_characteristics_are_rated_and_explained(mine: Case, browser: Client):
    page = page_of(browser, mine)

    assert "Asks for secrecy" in page
    assert "Asks that the conversation or part of it be kept from others or deleted." in page
    assert "8 messages, 3 flagged turns." in page


def test_a_turn_that_weighed_much_is_flagged_without_a_characteristic(mine: Case, browser: Client):
    MessageRating.objects.filter(message__number=1).update(evidence=1.4)
    MessageRating.objects.filter(message__number=2).update(evidence=0.2)

    page = page_of(browser, mine)

    assert "8 messages, 4 flagged turns." in page
    assert page.count("data-flagged") == 4
    assert "This turn weighed much in the score" in page


def test_an_abstaining_machine_says_so(mine: Case, browser: Client):
    mine.conversation.scores.update(probability=None, flagged=False, band="", abstained="too_short")

    page = page_of(browser, mine)

    assert "The machine abstains" in page
    assert "There is too little text to judge." in page


def test_history_tells_who_did_what(mine: Case, mara: User, browser: Client):
    reveal(case_id=mine.pk, numbers=[1, 2], by=mara)

    page = page_of(browser, mine)

    assert "<b>Mara</b> claimed the case" in page
    assert "<b>Mara</b> viewed evidence: 2 messages" in page
    assert "<b>Intake</b> opened a case: standard lane" in page


def test_a_refused_attempt_is_in_the_history(mine: Case, ines: User, browser: Client, browser_of: BrowserOf):
    act(browser_of(ines), mine, "release")

    page = page_of(browser, mine)

    assert "<b>Ines</b> tried something that was refused: Mara claimed this case at" in page


# --- Annotating ----------------------------------------------------------------------------------------


def test_annotated_words_are_marked(mine: Case, mara: User, browser: Client):
    reveal(case_id=mine.pk, numbers=[5], by=mara)
    answer = act(
        browser,
        mine,
        "annotate",
        number="5",
        characteristic="secrecy_request",
        words="this chat",
        note="again",
    )

    assert answer.status_code == 302
    page = page_of(browser, mine)
    assert '<mark data-level="high" title="Asks for secrecy">this chat</mark>' in page
    assert "again" in page


def test_a_note_is_masked_with_its_message(mine: Case, mara: User, otto: User, browser_of: BrowserOf):
    reveal(case_id=mine.pk, numbers=[5], by=mara)
    annotate(case_id=mine.pk, by=mara, number=5, characteristic="secrecy_request", note="a quoting note")

    page = page_of(browser_of(otto), mine)

    assert "a quoting note" not in page
    assert "Asks for secrecy</b>" in page


def test_a_superseded_annotation_is_no_longer_marked(mine: Case, mara: User, browser: Client):
    reveal(case_id=mine.pk, numbers=[5], by=mara)
    old = annotate(
        case_id=mine.pk, by=mara, number=5, characteristic="secrecy_request", words="this chat", note=""
    )
    act(browser, mine, "annotate", number="5", supersedes=str(old.pk))

    page = page_of(browser, mine)

    assert "<mark" not in page
    assert "superseded" in page
    assert Annotation.objects.count() == 2


def test_htmx_puts_the_annotated_turn_in_its_place(mine: Case, mara: User, browser: Client):
    reveal(case_id=mine.pk, numbers=[5], by=mara)

    answer = act(browser, mine, "annotate", htmx=True, number="5", characteristic="secrecy_request")

    assert 'id="m-5"' in answer.content.decode()
    assert 'hx-swap-oob="true"' in answer.content.decode()
    assert (answer["HX-Reswap"], answer["HX-Trigger"]) == ("none", "annotated")


@pytest.mark.parametrize("htmx", [True, False])
def test_an_incomplete_annotation_comes_back_with_what_was_typed(mine: Case, browser: Client, htmx: bool):
    answer = act(browser, mine, "annotate", htmx=htmx, number="5", note="half a thought")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Choose what you see in this turn." in page
    assert "half a thought" in page


# --- Claiming, extending, deciding ---------------------------------------------------------------------


def test_a_waiting_case_offers_to_be_claimed(case: Case, browser: Client):
    assert "Claim this case" in page_of(browser, case)

    assert act(browser, case, "claim").status_code == 302
    page = page_of(browser, case)
    assert "Decide and take next" in page
    assert "15 min left" in page


def test_extending_answers_the_claim_bar(mine: Case, browser: Client):
    answer = act(browser, mine, "extend", htmx=True)

    assert 'id="claim_bar"' in answer.content.decode()
    assert act(browser, mine, "extend").status_code == 302


def test_who_does_not_hold_the_case_is_told_who_does(mine: Case, ines: User, browser_of: BrowserOf):
    page = page_of(browser_of(ines), mine)

    assert "Mara claimed this case at" in page
    assert "Decide and take next" not in page


def test_deciding_and_taking_the_next(mine: Case, northwind: Licensee, mara: User, browser: Client):
    following = make_case(northwind, external_id="following")

    answer = act(
        browser,
        mine,
        "decide",
        disposition="monitor",
        monitor_until=in_days(7),
        seen_revision="1",
        then="next",
    )

    assert answer["Location"] == reverse("review:case", args=[following.reference])
    assert Claim.objects.get(ended_at=None).case == following
    assert Decision.objects.get().disposition == "monitor"


def test_deciding_alone_leads_to_the_queue(mine: Case, northwind: Licensee, browser: Client):
    make_case(northwind, external_id="following")

    answer = act(
        browser,
        mine,
        "decide",
        disposition="monitor",
        monitor_until=in_days(7),
        seen_revision="1",
        then="queue",
    )

    assert answer["Location"] == reverse("review:queue")
    assert not Claim.objects.filter(ended_at=None).exists()
    assert f"{mine.reference} is decided: monitor." in browser.get(answer["Location"]).content.decode()


def test_the_form_on_the_page_is_one_that_can_be_sent(mine: Case, browser: Client):
    rescored(mine.conversation, probability=0.93)

    page = page_of(browser, mine)

    assert 'name="seen_revision" value="2"' in page
    assert 'name="seen_messages" value="8"' in page


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose an outcome."),
        ({"disposition": "monitor"}, "Choose the day on which the conversation comes back."),
        ({"disposition": "no_action"}, "Choose a reason: the technique learns from it."),
        ({"disposition": "platform_action"}, "Choose what the platform shall do."),
        ({"disposition": "escalate"}, "To escalate, choose “Escalate…”"),
    ],
)
def test_an_incomplete_decision_comes_back_with_what_was_typed(
    mine: Case, browser: Client, sent: dict[str, str], sentence: str
):
    answer = act(browser, mine, "decide", seen_revision="1", note="half a thought", **sent)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "half a thought" in page
    assert not Decision.objects.exists()
    mine.refresh_from_db()
    assert mine.state == Case.State.IN_REVIEW


def test_what_belongs_to_another_outcome_is_left_aside(mine: Case, browser: Client):
    sent = {"disposition": "no_action", "reason": "peers", "platform_action": "block", "seen_revision": "1"}

    assert act(browser, mine, "decide", **sent).status_code == 302
    assert (Decision.objects.get().reason, Decision.objects.get().platform_action) == ("peers", "")


def test_a_stale_decision_is_a_conflict_that_keeps_the_note(mine: Case, browser: Client):
    mine.conversation.revision, mine.conversation.message_count = 2, 11
    mine.conversation.save()

    answer = act(
        browser,
        mine,
        "decide",
        disposition="monitor",
        monitor_until=in_days(7),
        seen_revision="1",
        seen_messages="8",
        note="half a thought",
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "3 messages arrived since you opened this case. Read them, then decide." in page
    assert "half a thought" in page


def test_a_decided_case_shows_the_decision_and_its_note_to_who_may_read(
    case: Case, mara: User, otto: User, ines: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    decide(
        case_id=case.pk,
        by=mara,
        disposition="platform_action",
        platform_action="warn",
        subjects=[0],
        note="why",
        seen_revision=1,
    )

    page = page_of(browser_of(otto), case)
    assert "<b>Platform action</b>, warn Account A" in page
    assert '<p class="decisions__note">why</p>' in page
    theirs = page_of(browser_of(mara), case)
    assert "Mara decided this case at" in theirs
    assert "decisions__note" not in theirs


def test_an_escalated_case_says_that_it_waits_for_a_second_person(
    case: Case, mara: User, otto: User, browser_of: BrowserOf
):
    escalated(case, mara)

    page = page_of(browser_of(otto), case)

    assert "waits for a second person" in page
    assert "not claimed" not in page


def test_a_returning_conversation_tells_of_its_earlier_case(case: Case, mara: User, browser: Client):
    dismiss(case, mara)
    rescored(case.conversation, probability=0.99)
    again = make_case(case.licensee, external_id="other")
    newer = Case.objects.exclude(pk__in=[case.pk, again.pk]).get()

    page = page_of(browser, newer)

    assert "<dt>Earlier cases</dt><dd>1 " in page


def test_earlier_cases_of_the_same_accounts_are_named_and_later_ones_are_not(
    case: Case, lakeside: Licensee, mara: User, browser: Client
):
    make_case(lakeside, external_id="elsewhere")
    newer = make_case(case.licensee, external_id="other")

    named = f'<a href="{reverse("review:case", args=[case.reference])}">{case.reference}</a></p>'
    assert f"Earlier cases with one of these accounts:</span> {named}" in page_of(browser, newer)
    assert "Earlier cases with one of these accounts" not in page_of(browser, case)


# --- Long conversations ----------------------------------------------------------------------------------


def test_a_long_conversation_comes_in_windows(northwind: Licensee, mara: User, browser: Client):
    long = make_case(northwind, external_id="long", texts=["ok"] * 450)
    claim(case_id=long.pk, by=mara)
    url = reverse("review:case", args=[long.reference])

    first, last = page_of(browser, long), page_of(browser, long, "?from=401")

    assert first.count("<article") == 50
    assert f'href="{url}?from=51"' in first
    assert "Turns 1 to 50 of 450" in first
    assert last.count("<article") == 50
    assert f'href="{url}?from=351"' in last
    assert 'data-reach="later"' not in last


def test_revealing_far_down_leads_back_to_that_window(northwind: Licensee, mara: User, browser: Client):
    long = make_case(northwind, external_id="long", texts=["ok"] * 250)
    claim(case_id=long.pk, by=mara)

    answer = act(browser, long, "reveal", number="230")

    assert answer["Location"] == reverse("review:case", args=[long.reference]) + "?from=201#m-230"


@pytest.mark.parametrize("query", ["?from=nonsense", "?from=-3", "?from=99999999999999", "?from=0"])
def test_an_altered_address_shows_the_beginning(mine: Case, browser: Client, query: str):
    assert page_of(browser, mine, query).count("<article") == 8


def test_a_refused_reveal_gives_back_the_private_note_that_went_with_it(mine: Case, browser: Client):
    """The refusal replaces the page, and with it the decision that was being written."""
    assert 'hx-include="#decide_note"' in page_of(browser, mine)
    let_lapse(mine)

    answer = act(browser, mine, "reveal", htmx=True, number="1", note="half a thought")

    assert answer.status_code == 409
    assert "half a thought" in answer.content.decode()


def test_claiming_has_one_button(case: Case, browser: Client):
    assert page_of(browser, case).count(reverse("review:claim", args=[case.reference])) == 1
