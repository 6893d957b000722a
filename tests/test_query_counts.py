"""No page and no fragment asks the database more than twelve questions, nor more of them where there is more to show.

Every address is walked as each person who may open it, first in a small world, then in a large one beside it: what a
GET answers the first time it is opened, and what a POST answers with a page instead of the way to one, refusals and
faulty forms among them. What asks more than twelve is named in `OVER`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts import sessions
from accounts.models import User
from artemis_site.site_map import Page, pages
from tests.worlds import World

BrowserOf = Callable[[User], Client]
MOST = 12
# What asks more, and how many: it may only become fewer. A key is named, locked and refused on its own; a door counts
# its failures by three names; without JavaScript a search is recorded, and so is what the page around it shows again.
OVER = {
    "POST licensees:rotate_key": 13,
    "POST replace_app": 14,
    "POST words review:search": 13,
}
HTMX = {"HX-Request": "true"}
PAGE = frozenset({200, 403, 409, 422})


@pytest.fixture(autouse=True)
def settings_of_the_walk(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Once a minute a request also writes down that its session is used: three more, whatever the page.
    monkeypatch.setattr(sessions, "WRITTEN_EVERY", timedelta(days=1))
    caplog.set_level("CRITICAL", "django.request")
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 100
    settings.ARTEMIS_DAILY_MESSAGES = settings.ARTEMIS_DAILY_SEVERE_CASES = 0
    settings.ARTEMIS_REVIEW_MINUTES = 0


def asks(page: Page, kind: str, world: World) -> Iterator[tuple[str, str, dict[str, Any], dict[str, str]]]:
    """(what is done, the end of the address, what is sent; None: it is a GET, headers)."""
    yield "GET", "", None, {}
    yield "POST", "", {}, {}
    if page.name in FRAGMENTS:
        yield "GET htmx", "?after=3", None, HTMX
        yield "POST htmx", "", {}, HTMX
    if kind:
        for words, name, sent, headers in sent_about(world, kind):
            if name == page.name:
                yield f"POST {words}", "", sent, headers


def sent_about(world: World, kind: str) -> Iterator[tuple[str, str, dict[str, Any], dict[str, str]]]:
    """What a person sends to the addresses of a case, where an empty form says little."""
    turns = world.cases[kind].conversation.message_count
    shown = {"number": list(range(1, min(50, turns) + 1))}
    decided = {"disposition": "no_action", "reason": "peers", "note": "Of one age."}
    yield "decided too late", "review:decide", decided | {"seen_revision": 0, "seen_messages": 3}, {}
    yield "decided with a fault", "review:decide", decided | {"reason": "", "seen_revision": 1}, {}
    yield "claimed with what was typed", "review:claim", {"again": "1", "note": "Half a thought."}, {}
    yield "several turns", "review:reveal", shown, HTMX
    yield "a range", "review:reveal", {"first": "1", "last": "99"}, {}
    yield "a note", "review:annotate", {"number": "1", "characteristic": "age_probe", "note": "seen"}, HTMX
    yield "words", "review:search", {"words": "match", "scope": "all"}, HTMX
    yield "words", "review:search", {"words": "match", "scope": "all"}, {}
    yield "nothing yet", "review:hold", {"note": "Half a thought."}, {}
    yield "a fault", "review:hold", {"until": "never"}, {}
    yield "a fault", "review:hand_over", {"to": "0"}, {}


FRAGMENTS = frozenset(
    {
        *(
            "review:turns",
            "review:flagged",
            "review:arrivals",
            "review:today",
            "review:extend",
            "review:hide",
        ),
        *("review:annotate", "review:reveal", "review:search", "review:find", "referrals:panel"),
        *("platforms:panel", "review:history"),
        *("referrals:delivery_progress", "review:case"),
    }
)


class Counting:
    """Questions as in production: a savepoint stands for BEGIN here, its release for COMMIT, and going back to it for
    ROLLBACK, after which it is released as well."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        went_back = bool(self.asked) and self.asked[-1].startswith("ROLLBACK TO")
        if not (went_back and sql.startswith("RELEASE")):
            self.asked.append(sql)
        return execute(sql, *more)


def counted(
    browser: Client, address: str, sent: dict[str, Any] | None, headers: dict[str, str]
) -> tuple[int, int]:
    """(status, questions); what was done is taken back."""
    counting = Counting()
    with transaction.atomic():
        with connection.execute_wrapper(counting):
            if sent is None:
                answer = browser.get(address, headers=headers)
            else:
                answer = browser.post(address, sent, headers=headers)
        transaction.set_rollback(True)
    return 0 if answer.get("Content-Disposition") else answer.status_code, len(counting.asked)


def walked(
    world: World, browser_of: BrowserOf, *, acts_on: Collection[str], about: Collection[str] = ()
) -> dict[tuple[str, str, str], int]:
    """{(what is asked, person, case): questions} of all that is answered with a page, or with a part of one. Acts are
    tried on these cases only; `about`: nor is anything else asked about others."""
    found: dict[tuple[str, str, str], int] = {}
    unknown: set[tuple[str, bool]] = set()
    for who, person in world.people.items():
        browser = browser_of(person)
        for page in pages():
            if page.access is None or not page.access.roles & person.roles:
                continue
            for kind, address in world.addresses(page, who):
                if about and kind not in about:
                    continue
                for done, end, sent, headers in asks(page, kind, world):
                    is_act = sent is not None
                    if (page.name, is_act) in unknown or (is_act and kind not in acts_on):
                        continue
                    status, count = counted(browser, address + end, sent, headers)
                    if status == 405:
                        unknown.add((page.name, is_act))
                    elif status in PAGE:
                        found[f"{done} {page.name}", who, kind] = count
    return found


def test_every_page_in_a_small_and_in_a_large_world(db: None, browser_of: BrowserOf):
    world = World("Small", 1)
    walked(world, browser_of, acts_on=(), about=("", "read"))  # what is read once for a process is read
    small = walked(world, browser_of, acts_on=("", "read"))
    world = World("Large", 7)
    large = walked(world, browser_of, acts_on=("", *world.cases))
    most: dict[str, int] = defaultdict(int)
    for (name, _, _), count in [*small.items(), *large.items()]:
        most[name] = max(most[name], count)
    told = "\n".join(f"{name}: {count}" for name, count in sorted(most.items()))
    print(told)  # noqa: T201 - what the run measured, for who asks for it with -s

    assert {one: (count, large[one]) for one, count in small.items() if large.get(one, count) != count} == {}
    assert {name: count for name, count in most.items() if count > OVER.get(name, MOST)} == {}
    assert set(OVER) <= set(most)
    assert {name for name in most if name.split()[-1].startswith("review:")} >= EVERY_PAGE_OF_REVIEW


EVERY_PAGE_OF_REVIEW = {
    f"GET review:{name}"
    for name in (
        *("arrivals", "calibration", "calibration_case", "calibration_session", "care", "case", "find"),
        *(
            "flagged",
            "golden_answer",
            "golden_cases",
            "hand_over",
            "hold",
            "overview",
            "queue",
            "second_review",
        ),
        *("second_reviews", "today", "turns"),
    )
}
