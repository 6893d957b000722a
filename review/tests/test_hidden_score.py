"""Where a licensee chose so, nothing of the score reaches a moderator before their own first judgement."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee, Policy
from licensees.onboarding import set_policy
from review.first_judgement import HIDDEN, judge_first
from review.intake import open_cases
from review.models import Case, Decision, FirstJudgement
from review.queue import claim, release
from review.tests.acts import monitored, rescored, revision_of
from review.tests.racing import race
from review.undoing import take_back
from review.workflow import annotate, decide, reveal
from scoring.characteristics import BY_KEY, CHARACTERISTICS
from tests.factories import TEXTS, make_case

BrowserOf = Callable[[User], Client]
# What the pages say of a score, in any of its forms. No random token can hold these.
TRACES = (
    "band--",
    "risk-strip__column--low",
    "risk-strip__column--medium",
    "risk-strip__column--high",
    "contribution",
    "data-flagged",
    "message--low",
    "message--medium",
    "message--high",
    "flagged turn",
    "reveal_flagged",
    "Score at opening",
    "hand-set ratings",
    "Why, and how sure",
    "turns without a mark",
    "the machine:",
    "(high)",
    *(one.label for one in CHARACTERISTICS),
)
FIGURES = ("flag_threshold", "imminent_threshold", "standard_due_hours", "imminent_due_hours")
FILLED_IN = (*FIGURES, "second_review_percent", "second_review_due_hours", "golden_percent")


def hide_scores(licensee: Licensee, by: User, *, hidden: bool = True) -> Policy:
    figures = {name: getattr(Policy.objects.in_force(licensee.pk), name) for name in FIGURES}
    return set_policy(licensee=licensee, by=by, reason="Against anchoring", hides_score=hidden, **figures)


@pytest.fixture
def hidden(northwind: Licensee, adam: User) -> Case:
    hide_scores(northwind, adam)
    return make_case(northwind, texts=TEXTS * 5)


@pytest.fixture
def held(hidden: Case, mara: User) -> Case:
    """Mara holds it and has read a flagged turn; she has not judged yet."""
    claim(case_id=hidden.pk, by=mara)
    reveal(case_id=hidden.pk, numbers=[5], by=mara)
    return hidden


def url(name: str, case: Case) -> str:
    return reverse(name, args=[case.reference])


def page_of(browser: Client, case: Case) -> str:
    return str(browser.get(url("review:case", case)).content.decode())


def traces_in(html: str) -> list[str]:
    """The form to annotate offers every characteristic by its name, which says nothing of this case."""
    said = re.sub(r'<select name="characteristic".*?</select>', "", html, flags=re.DOTALL)
    return [trace for trace in TRACES if trace in said]


# --- Nothing of it is on a page ------------------------------------------------------------------


def test_a_score_that_is_shown_leaves_these_traces(northwind: Licensee, mara: User, browser_of: BrowserOf):
    """Otherwise the tests below would prove nothing."""
    case = make_case(northwind, texts=TEXTS * 5)
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[5], by=mara)
    found = set(traces_in(page_of(browser_of(mara), case)))
    assert found >= {
        "band--",
        "contribution",
        "data-flagged",
        "flagged turn",
        "Score at opening",
        "Why, and how sure",
    }
    assert found >= {"turns without a mark", "hand-set ratings", "risk-strip__column--high", "message--high"}
    assert BY_KEY["secrecy_request"].label in found


def test_the_case_page_has_no_trace(held: Case, mara: User, browser_of: BrowserOf):
    page = page_of(browser_of(mara), held)
    assert traces_in(page) == []
    assert TEXTS[4] in page
    assert "Give this judgement" in page
    assert 'id="decide"' not in page


def fragments(case: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every address of the console that answers with something of a case."""
    yield "get", url("review:turns", case) + "?at=1", {}
    yield "get", url("review:turns", case) + "?after=2", {}
    yield "get", url("review:turns", case) + "?before=9", {}
    yield "get", url("review:flagged", case) + "?after=0", {}
    yield "get", url("review:flagged", case) + "?before=9", {}
    yield "get", url("review:arrivals", case) + "?seen_revision=0&seen_messages=0", {}
    yield "get", url("review:case", case) + "?from=1", {}
    yield "get", url("referrals:panel", case), {}
    yield "get", url("referrals:escalate", case), {}
    yield "post", url("referrals:escalate", case), {"step": "preview"}
    yield "get", url("review:hold", case), {}
    yield "get", url("review:hand_over", case), {}
    yield "post", url("review:reveal", case), {"number": ["3", "5"]}
    yield "post", url("review:search", case), {"words": "chat", "scope": "all"}
    yield "post", url("review:annotate", case), {"number": "5", "characteristic": "", "note": ""}
    yield "post", url("review:extend", case), {}
    yield "post", url("review:hide", case), {}
    yield "post", url("review:decide", case), {"disposition": "monitor"}
    yield "post", reverse("review:find"), {"text": case.reference}


@pytest.mark.parametrize("htmx", [False, True])
def test_no_fragment_has_a_trace(held: Case, mara: User, browser_of: BrowserOf, htmx: bool):
    browser = browser_of(mara)
    headers: dict[str, Any] = {"headers": {"HX-Request": "true"}} if htmx else {}
    for method, address, data in fragments(held):
        answer = getattr(browser, method)(address, data or None, **headers)
        assert answer.status_code in (200, 204, 302, 409, 422), address
        assert traces_in(answer.content.decode()) == [], address


def test_the_next_flagged_turn_is_refused(held: Case, mara: User, browser_of: BrowserOf):
    for way in ("?after=0", "?before=9"):
        answer = browser_of(mara).get(url("review:flagged", held) + way, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.get("HX-Trigger-After-Swap")) == (409, None)
        assert HIDDEN in answer.content.decode()


def test_what_people_annotated_is_shown(held: Case, mara: User, browser_of: BrowserOf):
    annotate(case_id=held.pk, by=mara, number=5, characteristic="age_probe")
    assert traces_in(page_of(browser_of(mara), held)) == [BY_KEY["age_probe"].label]


def test_the_queue_says_the_lane_and_not_the_band(hidden: Case, mara: User, browser_of: BrowserOf):
    page = browser_of(mara).get(reverse("review:queue")).content.decode()
    assert f"{hidden.reference}</a>" in page
    assert "hidden until judged" in page
    assert "Standard" in page
    assert "band--" not in page


def test_a_packet_cannot_be_looked_at_first(held: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    answers = [
        browser.get(url("referrals:escalate", held)),
        browser.post(url("referrals:escalate", held), {"step": "preview"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert HIDDEN in answers[0].content.decode()


def test_a_supervisor_who_judges_nothing_sees_it(held: Case, otto: User, browser_of: BrowserOf):
    assert "band--" in page_of(browser_of(otto), held)
    assert "band--" in browser_of(otto).get(reverse("review:queue") + "?state=in_review").content.decode()


def test_a_supervisor_who_moderates_as_well_does_not(held: Case, ines: User, browser_of: BrowserOf):
    assert traces_in(page_of(browser_of(ines), held)) == []


def test_an_earlier_case_of_the_conversation_does_not_tell(
    northwind: Licensee, mara: User, adam: User, browser_of: BrowserOf
):
    """Its page shows the newest score, which is that of the open case."""
    earlier = make_case(northwind)
    monitored(earlier, mara)
    browser = browser_of(mara)
    assert "band--" in page_of(browser, earlier)
    hide_scores(northwind, adam)
    rescored(earlier.conversation, probability=0.99)
    assert open_cases() == 1
    assert traces_in(page_of(browser, earlier)) == []
    later = Case.objects.get(conversation=earlier.conversation, closed_at=None)
    assert "and the score rose" not in page_of(browser, later)
    claim(case_id=later.pk, by=mara)
    reveal(case_id=later.pk, numbers=[1], by=mara)
    judge_first(case_id=later.pk, by=mara, concern="some")
    assert "band--" in page_of(browser, earlier)
    assert "and the score rose" in page_of(browser, later)


# --- The first judgement ---------------------------------------------------------------------------


def test_it_is_recorded_and_then_the_score_is_shown(held: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    answer = browser.post(url("review:judge_first", held), {"concern": "some"})
    assert answer.status_code == 302
    page = page_of(browser, held)
    assert {"band--", "contribution", "flagged turn", "Score at opening"} <= set(traces_in(page))
    assert 'id="decide"' in page
    given = FirstJudgement.objects.get()
    assert (given.case, given.judged_by, given.concern) == (held, mara, "some")
    event = AuditEvent.objects.get(verb=Verb.CASE_JUDGED_FIRST)
    assert (event.actor, event.case_reference) == (mara.actor_name, held.reference)
    assert event.payload == {"first_judgement": given.pk, "concern": "some"}


def test_it_is_ones_own(held: Case, mara: User, ines: User, browser_of: BrowserOf):
    judge_first(case_id=held.pk, by=mara, concern="serious")
    release(case_id=held.pk, by=mara)
    claim(case_id=held.pk, by=ines)
    assert traces_in(page_of(browser_of(ines), held)) == []
    with pytest.raises(NotPossible, match="hidden until your first judgement"):
        _decide(held, ines)


def _decide(case: Case, by: User) -> Decision:
    said = {"disposition": "no_action", "reason": "peers"}
    return decide(case_id=case.pk, by=by, seen_revision=revision_of(case), **said)


def test_there_is_no_decision_before_it(held: Case, mara: User):
    with pytest.raises(NotPossible, match="hidden until your first judgement"):
        _decide(held, mara)
    held.refresh_from_db()
    assert (held.state, Decision.objects.count()) == ("in_review", 0)


def test_the_decision_keeps_both(held: Case, mara: User):
    judge_first(case_id=held.pk, by=mara, concern="serious")
    decision = _decide(held, mara)
    assert (decision.score_hidden, decision.first_judgement) == (True, "serious")
    event = AuditEvent.objects.get(verb=Verb.CASE_DECIDED)
    assert (event.payload["score_hidden"], event.payload["first_judgement"]) == (True, "serious")


def test_a_decision_that_is_taken_back_needs_no_second_one(held: Case, mara: User):
    judge_first(case_id=held.pk, by=mara, concern="none")
    _decide(held, mara)
    take_back(case_id=held.pk, by=mara)
    assert _decide(held, mara).first_judgement == "none"


def test_where_nothing_is_hidden_the_decision_says_so(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1], by=mara)
    with pytest.raises(NotPossible, match="shown from the beginning"):
        judge_first(case_id=case.pk, by=mara, concern="none")
    decision = _decide(case, mara)
    assert (decision.score_hidden, decision.first_judgement) == (False, "")
    assert not FirstJudgement.objects.exists()


def test_nothing_is_judged_unread(hidden: Case, mara: User):
    claim(case_id=hidden.pk, by=mara)
    with pytest.raises(NotPossible, match="Reveal a turn and read it before you judge"):
        judge_first(case_id=hidden.pk, by=mara, concern="none")
    assert not FirstJudgement.objects.exists()


@pytest.mark.parametrize("concern", ["", "much", "NONE"])
def test_another_word_is_no_judgement(held: Case, mara: User, browser_of: BrowserOf, concern: str):
    answer = browser_of(mara).post(url("review:judge_first", held), {"concern": concern})
    assert answer.status_code == 409
    assert "Choose how much concerns you" in answer.content.decode()
    assert not FirstJudgement.objects.exists()


def test_it_cannot_be_changed_after_the_score_was_seen(held: Case, mara: User):
    judge_first(case_id=held.pk, by=mara, concern="none")
    assert judge_first(case_id=held.pk, by=mara, concern="none").concern == "none"
    with pytest.raises(NotPossible, match="it stays as it was given"):
        judge_first(case_id=held.pk, by=mara, concern="serious")
    assert FirstJudgement.objects.get().concern == "none"
    assert AuditEvent.objects.filter(verb=Verb.CASE_JUDGED_FIRST).count() == 1


def test_only_who_holds_the_case_judges_it(held: Case, ines: User, otto: User, kai: User):
    with pytest.raises(NotPossible, match="Mara claimed this case"):
        judge_first(case_id=held.pk, by=ines, concern="none")
    for stranger in (otto, kai):
        with pytest.raises(NotAllowed):
            judge_first(case_id=held.pk, by=stranger, concern="none")
    assert not FirstJudgement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_of_ones_own_at_the_same_instant(held: Case, mara: User):
    said = [partial(judge_first, case_id=held.pk, by=mara, concern=word) for word in ("none", "serious")]
    answers = race(*said)
    assert sorted(type(answer).__name__ for answer in answers) == ["FirstJudgement", "NotPossible"]
    assert FirstJudgement.objects.count() == 1


def test_the_database_holds_one_a_person_and_a_decision_that_agrees(held: Case, mara: User):
    judge_first(case_id=held.pk, by=mara, concern="none")
    with pytest.raises(IntegrityError, match="first_judgement_once_per_person"), transaction.atomic():
        FirstJudgement.objects.create(case=held, judged_by=mara, concern="some")
    with pytest.raises(IntegrityError, match="decision_judged_first_where_hidden"), transaction.atomic():
        Decision.objects.create(
            case=held,
            decided_by=mara,
            disposition="no_action",
            reason="peers",
            conversation_revision=1,
            band="high",
            score_hidden=True,
        )


# --- The policy ----------------------------------------------------------------------------------


def test_a_case_keeps_the_policy_of_when_it_opened(northwind: Licensee, adam: User):
    before = make_case(northwind, external_id="before")
    hide_scores(northwind, adam)
    during = make_case(northwind, external_id="during")
    hide_scores(northwind, adam, hidden=False)
    after = make_case(northwind, external_id="after")
    for case, hides in ((before, False), (during, True), (after, False)):
        case.refresh_from_db()
        assert case.hides_score is hides


def test_another_licensees_choice_is_its_own(northwind: Licensee, lakeside: Licensee, adam: User):
    hide_scores(lakeside, adam)
    assert not make_case(northwind).hides_score
    assert make_case(lakeside, external_id="theirs").hides_score


def test_setting_something_else_keeps_it(northwind: Licensee, adam: User):
    hide_scores(northwind, adam)
    figures = {name: getattr(Policy.objects.in_force(northwind.pk), name) for name in FIGURES}
    kept = set_policy(licensee=northwind, by=adam, reason="Sooner", **figures | {"standard_due_hours": 12})
    assert (kept.hides_score, kept.standard_due_hours) == (True, 12)


def test_an_admin_sees_it_before_and_after_and_sets_it(
    adam: User, northwind: Licensee, browser_of: BrowserOf
):
    policy = Policy.objects.in_force(northwind.pk)
    values = {name: getattr(policy, name) for name in FILLED_IN}
    values |= {"reason_text": "Against anchoring", "seen": policy.pk, "hides_score": "on"}
    browser, page = browser_of(adam), "/licensees/northwind/policy"
    review = browser.post(page, values)
    change = next(one for one in review.context["form"].changes() if one["is_changed"])
    assert change["label"] == "Hide the score until the first judgement"
    assert (change["before"], change["after"]) == ("no", "yes")
    # What the page of comparison sends on is what is set.
    sent = {field.html_name: field.value() for field in review.context["form"]} | {"confirmed": "1"}
    assert browser.post(page, sent).status_code == 302
    assert Policy.objects.in_force(northwind.pk).hides_score
    assert AuditEvent.objects.get(verb=Verb.POLICY_SET).payload["hides_score"] is True
    assert "hidden at first" in browser.get("/licensees/northwind/").content.decode()


def test_an_unchanged_form_still_says_so(adam: User, northwind: Licensee, browser_of: BrowserOf):
    hide_scores(northwind, adam)
    policy = Policy.objects.in_force(northwind.pk)
    values = {name: getattr(policy, name) for name in FILLED_IN}
    values |= {"reason_text": "x", "seen": policy.pk, "hides_score": "True", "confirmed": "1"}
    answer = browser_of(adam).post("/licensees/northwind/policy", values)
    assert answer.context["form"].errors == {"__all__": ["Nothing here differs from the policy in force."]}
