"""The panic key masks a case again for the session that pressed it; a range is revealed as a whole or not at all."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Decision, Reveal
from review.queue import claim
from review.workflow import decide, reveal
from tests.factories import TEXTS, make_case

BrowserOf = Callable[[User], Client]


@pytest.fixture
def mine(case: Case, mara: User) -> Case:
    """Mara holds the case and has revealed three turns of it."""
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[1, 3, 5], by=mara)
    return case


@pytest.fixture
def browser(mara: User, browser_of: BrowserOf) -> Client:
    return browser_of(mara)


def shown(browser: Client, case: Case) -> list[int]:
    answer = browser.get(reverse("review:case", args=[case.reference]))
    assert answer.status_code == 200
    return [number for number, text in enumerate(TEXTS, start=1) if escape(text) in answer.content.decode()]


def act(browser: Client, case: Case, name: str, *, htmx: bool = False, **data: object):
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(reverse(f"review:{name}", args=[case.reference]), data, headers=headers)


def viewed() -> int:
    return AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).count()


# --- Hiding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [True, False])
def test_after_the_key_a_reload_shows_nothing(mine: Case, browser: Client, htmx: bool):
    assert shown(browser, mine) == [1, 3, 5]

    answer = act(browser, mine, "hide", htmx=htmx)

    assert answer.status_code == (200 if htmx else 302)
    before = viewed()
    assert shown(browser, mine) == []
    assert viewed() == before  # nothing was read


def test_what_is_revealed_after_it_is_shown_and_nothing_else(mine: Case, browser: Client):
    act(browser, mine, "hide")

    act(browser, mine, "reveal", number="3")

    assert shown(browser, mine) == [3]


def test_pressed_again_it_hides_again(mine: Case, browser: Client):
    act(browser, mine, "hide")
    act(browser, mine, "reveal", number="3")

    act(browser, mine, "hide")

    assert shown(browser, mine) == []


def test_show_again_brings_back_what_was_revealed(mine: Case, browser: Client):
    act(browser, mine, "hide")

    assert act(browser, mine, "show").status_code == 302
    assert shown(browser, mine) == [1, 3, 5]


def test_another_session_and_another_case_are_not_touched(
    mine: Case, northwind: Licensee, otto: User, browser: Client, browser_of: BrowserOf
):
    other = make_case(northwind, external_id="other")
    supervisor = browser_of(otto)
    for one in (mine, other):
        act(supervisor, one, "reveal", number="2")

    act(browser, mine, "hide")
    act(supervisor, mine, "hide")

    assert shown(supervisor, mine) == []
    assert shown(supervisor, other) == [2]


def test_private_notes_of_decisions_are_hidden_with_it(
    case: Case, mara: User, otto: User, browser_of: BrowserOf
):
    claim(case_id=case.pk, by=mara)
    decide(
        case_id=case.pk,
        by=mara,
        disposition=Decision.Disposition.PLATFORM_ACTION,
        platform_action=Decision.PlatformAction.WARN,
        subjects=[0],
        note="a note",
        seen_revision=1,
    )
    browser = browser_of(otto)
    url = reverse("review:case", args=[case.reference])
    assert "a note" in browser.get(url).content.decode()

    act(browser, case, "hide")

    assert "a note" not in browser.get(url).content.decode()


def test_that_it_was_pressed_is_recorded_nowhere(mine: Case, browser: Client):
    before = AuditEvent.objects.count()

    act(browser, mine, "hide")

    assert AuditEvent.objects.count() == before


# --- A range ---------------------------------------------------------------------------------------


def test_a_range_is_revealed_and_each_turn_of_it_recorded(mine: Case, browser: Client):
    answer = act(browser, mine, "reveal", htmx=True, first="6", last="8")

    fragment = answer.content.decode()
    assert [f'id="m-{number}"' in fragment for number in (5, 6, 7, 8)] == [False, True, True, True]
    assert all(escape(text) in fragment for text in TEXTS[5:])
    assert set(Reveal.objects.values_list("message__number", flat=True)) == {1, 3, 5, 6, 7, 8}


def test_its_ends_may_stand_the_other_way_round(mine: Case, browser: Client):
    answer = act(browser, mine, "reveal", first="8", last="6")

    assert answer["Location"].endswith("#m-6")
    assert shown(browser, mine) == [1, 3, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("6", "9", "The last turn is 8."),
        ("", "3", "Write the number of a turn."),
        ("x", "3", "Enter a whole number."),
        ("0", "3", "greater than or equal to 1"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_range_that_is_none_comes_back_with_what_is_wrong(
    mine: Case, browser: Client, first: str, last: str, sentence: str, htmx: bool
):
    answer = act(browser, mine, "reveal", htmx=htmx, first=first, last=last)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Reveal.objects.count() == 3


def test_more_than_may_be_read_at_once_is_refused_as_a_whole(
    northwind: Licensee, mara: User, browser: Client
):
    long = make_case(northwind, external_id="long", texts=["ok"] * 250)
    claim(case_id=long.pk, by=mara)

    answer = act(browser, long, "reveal", htmx=True, first="1", last="250")

    assert answer.status_code == 409
    assert "At most 200 turns are revealed at once." in answer.content.decode()
    assert not Reveal.objects.exists()
