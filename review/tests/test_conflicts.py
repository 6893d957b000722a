"""What happens meanwhile: a decision that cannot be made says what changed and keeps what was typed."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Claim, Decision
from review.queue import claim, expire_claims
from review.tests.acts import dismiss, in_days, let_lapse, revision_of
from review.tests.racing import race
from review.workflow import decide
from scoring.models import Conversation
from tests.factories import later, make_case

BrowserOf = Callable[[User], Client]
TYPED = {
    "disposition": "monitor",
    "monitor_until": f"{in_days(7)}",
    "note": "half a <thought>",
    "seen_revision": "1",
    "seen_messages": "8",
}


@pytest.fixture
def mine(case: Case, mara: User) -> Case:
    claim(case_id=case.pk, by=mara)
    return case


def send(browser: Client, case: Case, act: str, sent: dict[str, str]) -> tuple[int, str]:
    answer = browser.post(reverse(f"review:{act}", args=[case.reference]), sent)
    return answer.status_code, answer.content.decode()


def again(page: str, case: Case) -> bool:
    return (
        f'id="again" class="stack" method="post" action="{reverse("review:claim", args=[case.reference])}"'
        in page
    )


def test_after_a_lapsed_claim_one_goes_on_with_what_was_typed(mine: Case, mara: User, browser_of: BrowserOf):
    let_lapse(mine)
    browser = browser_of(mara)

    status, page = send(browser, mine, "decide", TYPED)

    assert status == 409
    assert "Claim the case again to go on." in page
    assert "Claim it again with what you typed" in page
    assert "half a &lt;thought&gt;</textarea>" in page
    assert again(page, mine)
    assert AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).count() == 1

    status, page = send(browser, mine, "claim", {**TYPED, "again": "1"})

    assert status == 200
    assert "half a &lt;thought&gt;</textarea>" in page
    assert f'value="{in_days(7)}"' in page
    assert Claim.objects.get(ended_at=None).holder == mara
    assert not Decision.objects.exists()


def test_an_unfinished_decision_without_the_claim_is_kept_too(mine: Case, mara: User, browser_of: BrowserOf):
    let_lapse(mine)

    status, page = send(browser_of(mara), mine, "decide", {**TYPED, "monitor_until": ""})

    assert status == 409
    assert "half a &lt;thought&gt;</textarea>" in page


def test_new_messages_are_named_and_the_form_goes_on_with_them_read(
    mine: Case, mara: User, browser_of: BrowserOf
):
    Conversation.objects.update(revision=2, message_count=11)
    browser = browser_of(mara)

    status, page = send(browser, mine, "decide", TYPED)

    assert status == 409
    assert "11 messages, 3 more than you had read" in page
    assert "Open the case with what you typed" in page
    status, page = send(browser, mine, "claim", {**TYPED, "again": "1"})
    assert 'name="seen_revision" value="2"' in page
    assert 'value="monitor" checked' in page


def test_where_another_has_it_now_the_words_are_given_back_to_copy(
    mine: Case, mara: User, ines: User, browser_of: BrowserOf
):
    let_lapse(mine)
    claim(case_id=mine.pk, by=ines)

    status, page = send(browser_of(mara), mine, "decide", TYPED)

    assert status == 409
    assert "Ines claimed this case at" in page
    assert "half a &lt;thought&gt;</textarea>" in page
    assert not again(page, mine)


def test_what_was_typed_is_in_no_entry_of_the_trail(mine: Case, mara: User, browser_of: BrowserOf):
    let_lapse(mine)
    send(browser_of(mara), mine, "decide", TYPED)
    assert not AuditEvent.objects.filter(entry__contains="half a").exists()


# --- At the same instant -------------------------------------------------------------------------


def deciding(case: Case, by: User) -> Callable[[], Decision]:
    outcome = {"disposition": Decision.Disposition.MONITOR, "monitor_until": in_days(7)}
    return partial(decide, case_id=case.pk, by=by, seen_revision=1, **outcome)


@pytest.mark.django_db(transaction=True)
def test_two_people_decide_the_same_case(northwind: Licensee, mara: User, ines: User):
    """The one's claim has lapsed; the other claims and decides in the same instant."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)
        let_lapse(case)

        answers = race(deciding(case, mara), partial(dismiss, case, ines))

        assert isinstance(answers[0], NotPossible), answers
        decision = Decision.objects.get(case=case)
        assert decision.decided_by == ines
        assert not Claim.objects.filter(case=case, ended_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_the_claim_expires_while_deciding(northwind: Licensee, mara: User):
    """Whoever locks the case first: decided, or back in the queue, and never both."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)
        Claim.objects.filter(case=case).update(expires_at=later(milliseconds=15))

        decided, _ = race(deciding(case, mara), expire_claims)
        expire_claims()

        case.refresh_from_db()
        endings = set(Claim.objects.filter(case=case).values_list("ending", flat=True))
        if isinstance(decided, Decision):
            assert (case.state, endings) == (Case.State.DECIDED, {Claim.Ending.DECIDED})
        else:
            assert isinstance(decided, NotPossible), decided
            let_lapse(case)
            expire_claims()
            case.refresh_from_db()
            assert case.state == Case.State.WAITING
            assert not Decision.objects.filter(case=case).exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_arrives_while_deciding(northwind: Licensee, mara: User):
    """Decided on what was read: at revision 1 before the message, or refused after it."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)

        decided, _ = race(deciding(case, mara), partial(_arrives, case))

        assert revision_of(case) == 2
        if isinstance(decided, Decision):
            assert decided.conversation_revision == 1
        else:
            assert "1 message arrived" in str(decided) or "changed since you opened" in str(decided), decided
            dismiss(case, mara)


def _arrives(case: Case) -> None:
    with transaction.atomic():
        own = Conversation.objects.select_for_update().get(pk=case.conversation_id)
        own.revision, own.message_count = own.revision + 1, own.message_count + 1
        own.save(update_fields=["revision", "message_count"])
