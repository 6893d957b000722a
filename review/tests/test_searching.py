"""Searching a conversation answers numbers of turns; what was looked for is written nowhere."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from review import searching
from review.models import Case, Reveal
from review.queue import claim
from review.searching import search_all, search_revealed
from review.tests.acts import let_lapse
from review.workflow import reveal
from scoring.evidence import open_texts

BrowserOf = Callable[[User], Client]


@pytest.fixture
def mine(case: Case, mara: User) -> Case:
    """Mara holds the case and has revealed turns 1 and 3."""
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1, 3], by=mara)
    return case


def post(browser: Client, case: Case, *, htmx: bool = True, **data: str):
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(reverse("review:search", args=[case.reference]), data, headers=headers)


def searched() -> int:
    return AuditEvent.objects.filter(verb=Verb.EVIDENCE_SEARCHED).count()


def test_only_what_this_person_has_revealed_is_searched(mine: Case, mara: User, otto: User):
    assert search_revealed(case_id=mine.pk, words="you", by=mara) == [3]
    assert search_revealed(case_id=mine.pk, words="you", by=otto) == []
    turns = AuditEvent.objects.filter(verb=Verb.EVIDENCE_SEARCHED).order_by("-case_sequence")
    assert [event.payload["turns"] for event in turns] == [0, 2]


def test_all_turns_are_searched_on_the_record_and_none_counts_as_seen(mine: Case, mara: User):
    assert search_all(case_id=mine.pk, words="this chat", by=mara) == [5]

    event = AuditEvent.objects.get(verb=Verb.EVIDENCE_SEARCHED)
    assert event.payload == {"turns": 8}
    assert "this chat" not in event.entry
    assert Reveal.objects.count() == 2


@pytest.mark.parametrize("words", ["THIS chat", "this\n chat", "\uff54his chat"])
def test_capitals_widths_and_breaks_make_no_difference(mine: Case, mara: User, words: str):
    assert search_all(case_id=mine.pk, words=words, by=mara) == [5]


def test_it_is_recorded_before_anything_is_decrypted(mine: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    recorded_by_then = []

    def watched(*arguments):
        recorded_by_then.append(searched())
        return open_texts(*arguments)

    monkeypatch.setattr(searching, "open_texts", watched)
    search_all(case_id=mine.pk, words="chat", by=mara)

    assert recorded_by_then == [1]


def test_only_who_holds_the_claim_searches_all_turns(mine: Case, mara: User, otto: User, kai: User):
    with pytest.raises(NotPossible, match="Mara claimed this case"):
        search_all(case_id=mine.pk, words="chat", by=otto)
    with pytest.raises(NotAllowed):
        search_all(case_id=mine.pk, words="chat", by=kai)
    let_lapse(mine)
    for search in (search_all, search_revealed):
        with pytest.raises(NotPossible, match="Your claim ended"):
            search(case_id=mine.pk, words="chat", by=mara)
    assert searched() == 0


def test_the_answer_is_a_list_of_links_and_no_text(mine: Case, mara: User, browser_of: BrowserOf):
    fragment = post(browser_of(mara), mine, words="between the two", scope="all").content.decode()

    assert "1 turn in the whole conversation has these words." in fragment
    assert f'href="{reverse("review:case", args=[mine.reference])}#m-5"' in fragment
    assert "Let us keep" not in fragment


def test_without_a_choice_only_what_was_revealed_is_searched(mine: Case, mara: User, browser_of: BrowserOf):
    fragment = post(browser_of(mara), mine, words="chat").content.decode()

    assert "No turn among those that you have revealed has these words." in fragment
    assert searched() == 1


def test_without_htmx_the_case_page_has_the_answer(mine: Case, mara: User, browser_of: BrowserOf):
    answer = post(browser_of(mara), mine, htmx=False, words="How old")

    assert answer.status_code == 200
    assert "1 turn among those that you have revealed has these words." in answer.content.decode()


@pytest.mark.parametrize(
    ("words", "sentence"), [("", "Write what to look for."), ("a", "at least two letters")]
)
def test_too_little_to_look_for_comes_back(
    mine: Case, mara: User, browser_of: BrowserOf, words: str, sentence: str
):
    answer = post(browser_of(mara), mine, words=words)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_supervisor_is_offered_what_is_open_to_one(mine: Case, otto: User, browser_of: BrowserOf):
    page = browser_of(otto).get(reverse("review:case", args=[mine.reference])).content.decode()

    assert "the search looks at what you have revealed" in page
    assert "Search all turns" not in page


def test_words_cannot_stand_in_an_address(mine: Case, mara: User, browser_of: BrowserOf):
    assert (
        browser_of(mara).get(reverse("review:search", args=[mine.reference]) + "?words=x").status_code == 405
    )
