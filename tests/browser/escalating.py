"""The form that asks a second person, filled in as a person would."""

from collections.abc import Iterable

from playwright.sync_api import Page

from referrals.models import Recipient
from referrals.routing import asks_priority
from review.models import Case

GROUNDS = "Asks about age, asks to keep the chat between the two of them and proposes another app."


def fill_in_the_request(page: Page, case: Case, recipient: Recipient, *, evidence: Iterable[int]) -> None:
    for number in evidence:
        page.locator(f"#id_evidence_{number}").check()
    page.get_by_label("Suspected exploitation").check()
    page.locator("#id_recipient").select_option(str(recipient.pk))
    if asks_priority(recipient):
        page.locator("#id_priority").select_option("2")
    subject, possible_minor = case.conversation.participants.order_by("position")[:2]
    page.locator("#id_subject").select_option(str(subject.pk))
    page.locator("#id_possible_minor").select_option(str(possible_minor.pk))
    page.locator("#id_grounds").fill(GROUNDS)
