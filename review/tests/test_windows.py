"""A long conversation is read in windows; its page costs what a short one's does."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from licensees.models import Licensee
from review.folding import Fold, folded
from review.models import Case, Reveal
from review.queue import claim, held_case, release
from review.tests.long_conversations import arrive, make_long_case
from review.views.window import JOINED, WINDOW
from review.workflow import reveal
from scoring.models import Conversation, Message
from tests.factories import TEXTS

BrowserOf = Callable[[User], Client]
MOST_BYTES = 150_000


@pytest.fixture
def browser(mara: User, browser_of: BrowserOf) -> Client:
    return browser_of(mara)


@pytest.fixture
def long(northwind: Licensee, mara: User) -> Case:
    """Mara holds a case of 320 turns."""
    case = make_long_case(northwind, messages=320)
    claim(case_id=case.pk, by=mara)
    return case


def get(browser: Client, case: Case, name: str, query: str = "", *, htmx: bool = True):
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.get(reverse(f"review:{name}", args=[case.reference]) + query, headers=headers)


def numbers_in(fragment: str) -> list[int]:
    return [int(part.split('"')[0]) for part in fragment.split(' id="m-')[1:]]


def test_a_page_of_50_of_500_and_of_5000_turns(northwind: Licensee, mara: User, browser: Client):
    queries, sizes = [], []
    for messages in (50, 500, 5_000):
        if held := held_case(mara):
            release(case_id=held.pk, by=mara)
        case = make_long_case(northwind, messages=messages)
        claim(case_id=case.pk, by=mara)
        get(browser, case, "case", htmx=False)
        with CaptureQueriesContext(connection) as captured:
            page = get(browser, case, "case", htmx=False).content
        queries.append(len(captured))
        sizes.append(len(page))

    assert len(set(queries)) == 1
    assert max(sizes) < MOST_BYTES
    # The strip grows to its most columns, and no further.
    assert sizes[2] - sizes[1] < 8_000


def test_windows_join_without_a_gap_and_without_a_turn_twice(long: Case, browser: Client):
    shown = numbers_in(get(browser, long, "case", "?from=101", htmx=False).content.decode())
    later = numbers_in(get(browser, long, "turns", f"?after={shown[-1]}").content.decode())
    earlier = numbers_in(get(browser, long, "turns", f"?before={shown[0]}").content.decode())

    assert earlier + shown + later == list(range(51, 151 + JOINED))


def test_the_ends_have_no_way_on(long: Case, browser: Client):
    first = get(browser, long, "turns", "?before=31").content.decode()
    last = get(browser, long, "turns", "?after=310").content.decode()

    assert numbers_in(first) == list(range(1, 31))
    assert numbers_in(last) == list(range(311, 321))
    assert "data-reach" not in first + last
    assert 'id="turns_earlier"' in first
    assert 'id="turns_later"' in last


def test_a_joined_window_does_not_say_its_day_again(long: Case, browser: Client):
    assert 'class="day"' not in get(browser, long, "turns", "?after=50").content.decode()


def test_a_turn_far_away_comes_in_its_window(long: Case, browser: Client):
    fragment = get(browser, long, "turns", "?at=230").content.decode()

    assert 'id="transcript"' in fragment
    assert numbers_in(fragment) == list(range(201, 251))


def test_a_window_is_masked_like_the_page(long: Case, mara: User, browser: Client):
    reveal(case_id=long.pk, numbers=[60], by=mara)

    fragment = get(browser, long, "turns", "?after=50").content.decode()

    assert [text for text in TEXTS if text in fragment] == [TEXTS[60 % 8]]
    assert Reveal.objects.count() == 1


@pytest.mark.parametrize("name", ["turns", "flagged", "arrivals"])
def test_nobody_else_gets_anything(long: Case, kai: User, browser_of: BrowserOf, name: str):
    answer = get(browser_of(kai), long, name, "?after=50")

    assert answer.status_code in (403, 286)
    assert "m-51" not in answer.content.decode()


def test_the_next_flagged_turn_is_found_beyond_the_window(long: Case, browser: Client):
    after, before = get(browser, long, "flagged", "?after=7"), get(browser, long, "flagged", "?before=300")

    assert 'id="m-100"' in after.content.decode()
    assert after["HX-Trigger-After-Swap"] == '{"found": {"number": 100}}'
    assert 'id="m-200"' in before.content.decode()
    assert get(browser, long, "flagged", "?after=300").status_code == 204
    assert get(browser, long, "flagged", "?after=7", htmx=False)["Location"].endswith("?from=51#m-100")


# --- Arrivals ----------------------------------------------------------------------------------------


def test_nothing_new_has_no_answer_and_costs_one_query_of_its_own(long: Case, mara: User, browser: Client):
    query = "?seen_revision=1&seen_messages=320"
    get(browser, long, "arrivals", query)
    with CaptureQueriesContext(connection) as captured:
        answer = get(browser, long, "arrivals", query)

    assert answer.status_code == 204
    assert answer.content == b""
    asked = [query["sql"] for query in captured if "review_case" in query["sql"]]
    assert len(asked) == 1
    assert len(captured) <= 6  # with the session, the person and the person's roles


def test_what_arrived_is_said_once_and_read_at_the_end(long: Case, browser: Client):
    arrive(long, number=12)

    line = get(browser, long, "arrivals", "?seen_revision=1&seen_messages=320").content.decode()
    again = get(browser, long, "arrivals", "?seen_revision=1&seen_messages=320&said_revision=2")
    fragment = get(browser, long, "turns", "?after=320").content.decode()

    assert "12 new messages" in line
    assert 'value="321"' in line
    assert again.status_code == 204
    assert numbers_in(fragment) == list(range(321, 333))


def test_a_changed_message_is_said_as_such(long: Case, browser: Client):
    Conversation.objects.filter(pk=long.conversation_id).update(revision=2, rewritten_revision=2)

    line = get(browser, long, "arrivals", "?seen_revision=1&seen_messages=320").content.decode()

    assert "A message was changed" in line
    arrive(long, number=1)
    line = get(browser, long, "arrivals", "?seen_revision=1&seen_messages=320").content.decode()
    assert "1 new message, and an earlier one was changed" in line


# --- Folding -----------------------------------------------------------------------------------------


def folds(count: int, *marked: int) -> list[object]:
    items = list(range(1, count + 1))
    shown = folded(items, is_turn=lambda item: True, is_marked=lambda item: item in marked)
    return [list(one.items) if isinstance(one, Fold) else one for one in shown]


def test_a_long_run_is_folded_between_turns_that_stay():
    assert folds(20, 3) == [1, 2, 3, 4, 5, 6, list(range(7, 18)), 18, 19, 20]


def test_a_short_run_and_one_without_any_mark_stay_open():
    assert folds(16, 3) == list(range(1, 17))
    assert folds(60) == list(range(1, 61))


def test_nothing_is_lost_in_a_fold():
    shown = folds(WINDOW, 1, 25, 26)
    flat = [number for one in shown for number in (one if isinstance(one, list) else [one])]
    assert flat == list(range(1, WINDOW + 1))
    assert sum(isinstance(one, list) for one in shown) == 2


def test_a_run_on_the_page_says_how_long_it_is(long: Case, mara: User, browser: Client):
    page = get(browser, long, "case", htmx=False).content.decode()
    assert page.count('<details class="fold">') == 1
    assert "37 turns without a mark, show" in page

    reveal(case_id=long.pk, numbers=[30], by=mara)
    Message.objects.filter(number=40).update(edited_at=long.opened_at)

    page = get(browser, long, "case", htmx=False).content.decode()
    assert "16 turns without a mark, show" in page
    assert "37 turns" not in page
