"""The case page: what it shows, to whom, and above all what it does not hold."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from accounts.models import User
from review.models import Case
from review.queue import claim


def page_of(browser: Client, case: Case, query: str = "") -> str:
    answer = browser.get(reverse("review:case", args=[case.reference]) + query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_masked_text_is_not_in_the_page(case: Case, mara: User, browser_of: Callable[[User], Client]):
    claim(case_id=case.pk, by=mara)

    page = page_of(browser_of(mara), case)

    assert "keep this chat" not in page
    print(page)
