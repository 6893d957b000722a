"""axe looks at every page of the site map, so that a new page cannot be forgotten; what is no page says why."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page as BrowserPage

from accounts.roles import Role
from artemis_site.demo_data import PEOPLE
from artemis_site.site_map import Page, pages
from tests.browser.looking import faults, faults_on_a_phone, open_at, too_wide
from tests.browser.something_of_each import make_something_of_each
from tests.test_access import address_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOBODY = "nobody"
WHO = (NOBODY, "Mara", "Otto", "Adam", "June")
# Pages that say other things to a supervisor than to a moderator.
SEEN_TWICE = {
    "review:queue",
    "review:case",
    "review:calibration_session",
    "referrals:escalations",
    "referrals:escalation",
}
FRAGMENT = "a part of a page, looked at where it stands"
NO_PAGE = {
    "home": "leads on to the work of one's role",
    "health": "for load balancers, not for people",
    "ready": "for load balancers, not for people",
    "metrics": "for Prometheus, which test_figures.py reads it as",
    "second_step": "leads to signing in; test_signing_in.py looks at it",
    "set_up": "leads to signing in; test_signing_in.py looks at it",
    "enter": "opens with a link; test_two_admins.py looks at it",
    "enter_by_link": "leads on; test_two_admins.py walks it",
    "scoring_api:schema": "a file for programs",
    "audit:checkpoint": "a file to keep, which the trail's page leads to",
    "review:today": FRAGMENT,
    "review:arrivals": FRAGMENT,
    "review:turns": FRAGMENT,
    "review:flagged": FRAGMENT,
    "review:history": FRAGMENT,
    "referrals:panel": FRAGMENT,
    "platforms:note": "belongs to one answer on one case; test_blocking.py looks at it",
    "referrals:delivery_progress": FRAGMENT,
    "scoring:job_progress": FRAGMENT,
    "operations:figures": FRAGMENT,
}


def may_enter(page: Page, who: str) -> bool:
    """Of what is open to everybody, only nobody is to look at it."""
    assert page.access is not None
    if page.access.public or who == NOBODY:
        return page.access.public and who == NOBODY
    roles = next(frozenset[Role](one.roles) for one in PEOPLE if one.name == who)
    return bool(page.access.roles & roles)


def pages_of(who: str) -> Iterator[Page]:
    """Those that this person is the first to see, and those that say something else to each."""
    earlier = WHO[: WHO.index(who)]
    for page in pages():
        is_new = page.name in SEEN_TWICE or not any(may_enter(page, one) for one in earlier)
        if may_enter(page, who) and is_new and page.name not in NO_PAGE:
            yield page


def takes_a_post_alone(path: str, browser: BrowserPage) -> bool:
    """It is an act: what it answers is another page."""
    taken = browser.request.fetch(path, method="OPTIONS", max_redirects=0).headers.get("allow", "GET")
    return "GET" not in taken


def faults_of(page: Page, browser: BrowserPage, there: dict[str, str]) -> Iterator[str]:
    path = address_of(page, there)
    if takes_a_post_alone(path, browser):
        return
    status = open_at(browser, path)
    if status != 200:
        yield f"{path} was answered by {status}: what is to be there?"
        return
    yield from faults(browser)
    yield from faults_on_a_phone(browser)
    yield from too_wide(browser)


def test_no_page_has_a_fault_in_either_theme_or_on_a_phone(
    demo: None,
    open_page: Callable[..., BrowserPage],
    sign_in_quickly: Callable[[str], BrowserPage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    something, found = make_something_of_each(tmp_path, monkeypatch), []
    for who in WHO:
        browser, there = open_page() if who == NOBODY else sign_in_quickly(who), something.for_(who)
        found += [f"{who}: {fault}" for page in pages_of(who) for fault in faults_of(page, browser, there)]
    assert not found, "\n".join(found)


def test_no_address_is_left_out():
    """Each is looked at by somebody, or says why it is no page."""
    names = {page.name for page in pages()}
    looked_at = {page.name for who in WHO for page in pages_of(who)}
    platforms = {page.name for page in pages() if page.access and page.access.platform}
    assert names - looked_at - set(NO_PAGE) - platforms == set()
    assert set(NO_PAGE) | SEEN_TWICE <= names
