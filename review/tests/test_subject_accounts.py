"""A platform action names the accounts that it concerns; nothing else does."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.append_only import AppendOnlyError
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Decision, SubjectAccount
from review.queue import claim
from review.tests.acts import dismiss, let_lapse
from review.workflow import decide
from tests.factories import make_case

BrowserOf = Callable[[User], Client]
BLOCK = {"disposition": "platform_action", "platform_action": "block"}


@pytest.fixture
def mine(case: Case, mara: User) -> Case:
    return claim(case_id=case.pk, by=mara)


def decided(case: Case, by: User, subjects: Sequence[int], **said: Any) -> Decision:
    return decide(case_id=case.pk, by=by, seen_revision=1, subjects=subjects, **(said or BLOCK))


def letters(decision: Decision) -> list[str]:
    return [str(one.account) for one in decision.subject_accounts.order_by("account__position")]


def test_one_account_or_several(northwind: Licensee, mine: Case, mara: User):
    one = decided(mine, mara, [1])
    assert letters(one) == ["Account B"]
    other = make_case(northwind, external_id="both")
    claim(case_id=other.pk, by=mara)
    assert letters(decided(other, mara, [0, 1])) == ["Account A", "Account B"]


def test_the_trail_names_them_by_number(mine: Case, mara: User):
    decision = decided(mine, mara, [0])
    event = AuditEvent.objects.get(verb=Verb.CASE_DECIDED)
    assert event.payload["subject_accounts"] == [decision.subject_accounts.get().account_id]


@pytest.mark.parametrize("subjects", [[], [7], [0, 7]])
def test_nobody_and_strangers_are_refused(mine: Case, mara: User, subjects: list[int]):
    with pytest.raises(NotPossible):
        decided(mine, mara, subjects)
    assert not Decision.objects.exists()


def test_another_outcome_concerns_no_account(mine: Case, mara: User):
    with pytest.raises(NotPossible, match="no other outcome does"):
        decided(mine, mara, [0], disposition="no_action", reason="peers")
    assert not Decision.objects.exists()


def test_the_page_asks_and_keeps_what_was_chosen(mine: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    page = browser.get(reverse("review:case", args=[mine.reference])).content.decode()
    assert "Account A, subject account (adult)" in page or "Account A, other account (adult)" in page
    assert "Account B, possible minor (13–15)" in page
    url = reverse("review:decide", args=[mine.reference])
    answer = browser.post(url, {**BLOCK, "seen_revision": 1})
    assert answer.status_code == 422
    assert "Choose the account or accounts that it concerns." in answer.content.decode()
    assert not Decision.objects.exists()
    assert browser.post(url, {**BLOCK, "seen_revision": 1, "subjects": ["0", "1"]}).status_code == 302
    assert letters(Decision.objects.get()) == ["Account A", "Account B"]


def test_an_account_that_is_not_there_is_refused_on_the_server(mine: Case, mara: User, browser_of: BrowserOf):
    url = reverse("review:decide", args=[mine.reference])
    answer = browser_of(mara).post(url, {**BLOCK, "seen_revision": 1, "subjects": ["9"]})
    assert answer.status_code == 409
    assert "not in this conversation" in answer.content.decode()
    assert not Decision.objects.exists()


def test_the_choice_outlives_a_claim_that_ran_out(mine: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    let_lapse(mine)
    said = {**BLOCK, "seen_revision": 1, "subjects": ["0", "1"]}
    answer = browser.post(reverse("review:decide", args=[mine.reference]), said)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert page.count('name="subjects"') == 2
    again = browser.post(
        reverse("review:claim", args=[mine.reference]), {**said, "again": "1"}
    ).content.decode()
    assert again.count('name="subjects"') == 2
    assert again.count("checked") >= 3


def test_other_outcomes_leave_the_accounts_aside(mine: Case, mara: User, browser_of: BrowserOf):
    url = reverse("review:decide", args=[mine.reference])
    said = {"disposition": "no_action", "reason": "peers", "subjects": ["0"], "seen_revision": 1}
    assert browser_of(mara).post(url, said).status_code == 302
    assert not SubjectAccount.objects.exists()


# --- In the database --------------------------------------------------------------------------------


def test_a_row_is_written_once(mine: Case, mara: User):
    row = decided(mine, mara, [0]).subject_accounts.get()
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        SubjectAccount.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectAccount.objects.create(decision=row.decision, account=row.account)


def test_the_database_knows_whose_account_it_is(northwind: Licensee, mine: Case, mara: User, ines: User):
    decision = decided(mine, mara, [0])
    other = make_case(northwind, external_id="other")
    stranger = other.conversation.participants.first()
    with pytest.raises(DatabaseError, match="asks nothing of account"), transaction.atomic():
        SubjectAccount.objects.create(decision=decision, account=stranger)
    dismissed = dismiss(other, ines)
    with pytest.raises(DatabaseError, match="asks nothing of account"), transaction.atomic():
        SubjectAccount.objects.create(decision=dismissed, account=stranger)


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_action_that_concerns_nobody(case: Case, mara: User):
    with pytest.raises(DatabaseError, match="names no account") as refused, transaction.atomic():
        Decision.objects.create(case=case, decided_by=mara, conversation_revision=1, band="high", **BLOCK)
    assert isinstance(refused.value.__cause__, psycopg.errors.RaiseException)
    assert not Decision.objects.exists()
