"""Whether the next case follows a decision is the person's choice, kept with the other preferences."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import User
from review.models import Case
from review.queue import claim

BrowserOf = Callable[[User], Client]
NEXT = "Decide and take next"


def page_of(browser: Client, name: str, *arguments: str) -> str:
    return browser.get(reverse(name, args=arguments)).content.decode()


def test_it_is_on_until_it_is_switched_off_and_on_again(case: Case, mara: User, browser_of: BrowserOf):
    claim(case_id=case.pk, by=mara)
    browser = browser_of(mara)
    assert NEXT in page_of(browser, "review:case", case.reference)
    assert 'name="advance" value="off"' in page_of(browser, "review:queue")

    look = {"theme": "dark", "greyscale": "on", "text_size": "large", "next": reverse("review:queue")}
    assert browser.post(reverse("preferences"), {**look, "advance": "off"}).status_code == 302

    assert browser.cookies["look"].value == "dark.on.large.off"
    page = page_of(browser, "review:case", case.reference)
    assert NEXT not in page
    assert 'value="queue"' in page
    assert 'data-theme="dark"' in page
    queue = page_of(browser, "review:queue")
    assert "After a decision you come back here." in queue
    assert 'name="advance" value="on"' in queue

    browser.post(reverse("preferences"), {**look, "advance": "on"})
    assert NEXT in page_of(browser, "review:case", case.reference)


def test_changing_the_theme_keeps_it(case: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    browser.cookies["look"] = "dark.on.large.off"
    assert '<input type="hidden" name="advance" value="off">' in page_of(browser, "review:queue")
