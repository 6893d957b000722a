"""Four layers against one person confirming themselves: the button, the permission, the lock, the database.

The database is attacked with plain SQL as the application and as the owner of the tables; each time nothing moves.
"""

from collections.abc import Callable, Iterator
from typing import Any

import django.db
import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.assignments import assign
from licensees.models import Licensee
from referrals.models import Approval, ConversationReport, Escalation, EscalationVersion, Packet, Recipient
from referrals.tests.conftest import approved_by, ask, seen_by
from referrals.workflow import approve, return_escalation, withdraw
from review.models import Case
from review.tests.racing import race
from tests.people import TESTS, make_person

# --- 1. The button --------------------------------------------------------------------------------


def page_of(person: User, escalation: Escalation, browser_of: Callable[[User], Client]) -> str:
    return browser_of(person).get(reverse("referrals:escalation", args=[escalation.pk])).content.decode()


@pytest.fixture
def own(case: Case, ines: User, desk: Recipient) -> Escalation:
    """Ines holds both roles, and asked for it herself."""
    return ask(case, ines, desk)


def test_who_asked_sees_a_sentence_and_who_can_instead_of_the_button(
    own: Escalation, otto: User, ines: User, browser_of: Callable[[User], Client]
) -> None:
    page = page_of(ines, own, browser_of)
    assert "You asked for this escalation, so you cannot approve it. Ask Otto." in page
    assert "Approve and seal" not in page
    assert "typed_reference" not in page


def test_another_supervisor_has_the_button_and_it_names_the_act(
    own: Escalation, otto: User, browser_of: Callable[[User], Client]
) -> None:
    reference = own.case.reference
    assert f"Approve and seal {reference} for Test desk of the clearing house" in page_of(
        otto, own, browser_of
    )


# --- 2. The permission ------------------------------------------------------------------------------


def refused(escalation: Escalation, person: User) -> str:
    with pytest.raises(NotAllowed) as refusal:
        approve(
            escalation_id=escalation.pk,
            by=person,
            packet_digest="0" * 64,
            typed_reference=escalation.case.reference,
            confirmed_at=timezone.now(),
        )
    assert nothing_moved(escalation)
    return refusal.value.sentence


def nothing_moved(escalation: Escalation) -> bool:
    escalation.refresh_from_db()
    return (
        escalation.state == Escalation.State.REQUESTED
        and Case.objects.get(pk=escalation.case_id).state == Case.State.ESCALATED
        and not Approval.objects.exists()
        and not Packet.objects.exists()
    )


def test_who_asked_cannot_approve_with_both_roles(own: Escalation, otto: User, ines: User) -> None:
    assert refused(own, ines) == "You asked for this escalation, so you cannot approve it. Ask Otto."


def test_where_there_is_no_second_supervisor_it_says_so(own: Escalation, ines: User) -> None:
    assert refused(own, ines) == (
        "You asked for this escalation, so you cannot approve it. Nobody else supervises Northwind yet: ask an "
        "admin to assign a supervisor."
    )


def test_who_asked_cannot_become_the_second_person_by_promotion(
    escalation: Escalation, mara: User, otto: User, northwind: Licensee
) -> None:
    mara.groups.add(*otto.groups.all())
    promoted = User.objects.get(pk=mara.pk)
    assign(person=promoted, licensee=northwind, role=Role.SUPERVISOR, by=TESTS)
    assert (
        refused(escalation, promoted) == "You asked for this escalation, so you cannot approve it. Ask Otto."
    )


def test_a_moderator_cannot_approve_what_others_asked(
    escalation: Escalation, otto: User, northwind: Licensee
) -> None:
    another = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    assert refused(escalation, another).startswith("There is no escalation here that is open to you")


def test_a_supervisor_of_another_licensee_cannot(
    escalation: Escalation, otto: User, lakeside: Licensee
) -> None:
    other = make_person("Lena", roles=[Role.SUPERVISOR], serving=lakeside)
    assert refused(escalation, other).startswith("There is no escalation here that is open to you")


def test_a_supervisor_whose_assignment_ended_cannot(escalation: Escalation, lakeside: Licensee) -> None:
    """The role alone opens nothing."""
    unassigned = make_person("Pia", roles=[Role.SUPERVISOR])
    assert refused(escalation, unassigned).startswith("There is no escalation here that is open to you")


def test_who_asked_can_neither_return_nor_decline_it(own: Escalation, ines: User, otto: User) -> None:
    with pytest.raises(NotAllowed) as refusal:
        return_escalation(escalation_id=own.pk, by=ines, reason="Some long enough reason.")
    assert refusal.value.sentence == "You asked for this escalation, so you cannot return it. Ask Otto."
    assert nothing_moved(own)


# --- 3. The lock --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_make_one_packet(
    case: Case, mara: User, otto: User, ines: User, desk: Recipient
) -> None:
    escalation = ask(case, mara, desk)
    digest = seen_by(escalation, otto)
    assert seen_by(escalation, ines) == digest

    def press(person: User) -> Callable[[], Packet]:
        return lambda: approve(
            escalation_id=escalation.pk,
            by=person,
            packet_digest=digest,
            typed_reference=case.reference,
            confirmed_at=timezone.now(),
        )

    answers = race(press(otto), press(ines))
    assert sorted(type(answer).__name__ for answer in answers) == ["NotPossible", "Packet"]
    assert Approval.objects.count() == Packet.objects.count() == 1
    (refusal,) = [answer for answer in answers if isinstance(answer, NotPossible)]
    assert refusal.sentence.startswith(f"{Approval.objects.get().approved_by} approved it at ")


@pytest.mark.django_db(transaction=True)
def test_an_approval_and_a_withdrawal_at_once_end_in_one_of_them(
    case: Case, mara: User, otto: User, desk: Recipient
) -> None:
    escalation = ask(case, mara, desk)
    digest = seen_by(escalation, otto)
    race(
        lambda: approve(
            escalation_id=escalation.pk,
            by=otto,
            packet_digest=digest,
            typed_reference=case.reference,
            confirmed_at=timezone.now(),
        ),
        lambda: withdraw(escalation_id=escalation.pk, by=mara, reason="I mistook the account."),
    )
    escalation.refresh_from_db()
    case.refresh_from_db()
    outcome = (escalation.state, case.state, Packet.objects.count())
    assert outcome in [("sealed", "referred", 1), ("withdrawn", "waiting", 0)]


# --- 4. The database ------------------------------------------------------------------------------------

TABLES = (
    "referrals_escalation",
    "referrals_escalationversion",
    "referrals_approval",
    "referrals_packet",
    "review_case",
    "review_decision",
)
Attack = Callable[..., str]


@pytest.fixture(params=["application", "owner"])
def attack(
    request: pytest.FixtureRequest, transactional_db: None, owner_connection: psycopg.Connection
) -> Iterator[Attack]:
    """Run one statement as this login; answer the database's refusal, and make sure that nothing moved."""

    def run(statement: str, parameters: list[Any] | None = None) -> str:
        before = contents(owner_connection)
        try:
            if request.param == "owner":
                owner_connection.execute(statement, parameters)
            else:
                with connection.cursor() as cursor:
                    cursor.execute(statement, parameters)
        except (psycopg.Error, django.db.Error) as refusal:
            assert contents(owner_connection) == before
            return str(refusal)
        pytest.fail(f"The database let the {request.param} do it: {statement}")

    return run


def contents(owner: psycopg.Connection) -> dict[str, Any]:
    """Every row of the tables, as the database itself prints it."""
    return {table: owner.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in TABLES}  # type: ignore[call-overload] # noqa: S608


APPROVE = (
    "INSERT INTO referrals_approval (escalation_id, version_number, requested_by_id, approved_by_id, approved_at, "
    "confirmed_at, packet_digest) VALUES (%s, 1, %s, %s, now(), now(), %s)"
)
SEAL = (
    "INSERT INTO referrals_packet (approval_id, digest, archive_digest, archive_sealed, archive_size, data_key_id, "
    "signing_key, sealed_at) VALUES (%s, %s, %s, '', 0, %s, '', now())"
)
DIGEST = "a" * 64


@pytest.fixture
def asked_for(transactional_db: None, case: Case, mara: User, otto: User, desk: Recipient) -> Escalation:
    return ask(case, mara, desk)


@pytest.fixture
def approved(asked_for: Escalation, otto: User) -> Packet:
    return approved_by(asked_for, otto)


def test_nobody_approves_what_they_asked_for(asked_for: Escalation, mara: User, attack: Attack) -> None:
    assert "approval_by_another_person" in attack(APPROVE, [asked_for.pk, mara.pk, mara.pk, DIGEST])


def test_the_requester_cannot_be_written_down_as_another(
    asked_for: Escalation, mara: User, otto: User, attack: Attack
) -> None:
    """Mara approves, and claims that Otto asked."""
    refusal = attack(APPROVE, [asked_for.pk, otto.pk, mara.pk, DIGEST])
    assert "approval_requester_is_the_escalations" in refusal


def test_the_requester_of_the_escalation_cannot_be_rewritten(
    asked_for: Escalation, otto: User, attack: Attack
) -> None:
    refusal = attack("UPDATE referrals_escalation SET requested_by_id = %s", [otto.pk])
    assert "Cannot update rows from referrals_escalation" in refusal


def test_who_decided_cannot_be_rewritten(asked_for: Escalation, otto: User, attack: Attack) -> None:
    refusal = attack("UPDATE review_decision SET decided_by_id = %s", [otto.pk])
    assert "append-only" in refusal or "permission denied" in refusal


def test_what_was_asked_cannot_be_rewritten(asked_for: Escalation, attack: Attack) -> None:
    refusal = attack("UPDATE referrals_escalationversion SET evidence_numbers = '[1]'")
    assert "append-only" in refusal or "permission denied" in refusal


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE referrals_approval SET packet_digest = 'b'",
        "DELETE FROM referrals_approval",
        "TRUNCATE referrals_approval CASCADE",
        "UPDATE referrals_packet SET digest = 'b'",
        "DELETE FROM referrals_packet",
        "TRUNCATE referrals_packet CASCADE",
    ],
)
def test_an_approval_and_a_packet_stay_as_they_are(approved: Packet, attack: Attack, statement: str) -> None:
    refusal = attack(statement)
    assert "append-only" in refusal or "permission denied" in refusal


def test_an_escalation_is_approved_once(approved: Packet, mara: User, ines: User, attack: Attack) -> None:
    escalation_id = approved.approval.escalation_id
    assert "unique" in attack(APPROVE, [escalation_id, mara.pk, ines.pk, DIGEST])


def test_there_is_no_packet_without_an_approval(asked_for: Escalation, attack: Attack) -> None:
    key_id = asked_for.case.conversation.data_key_id
    assert "not-null" in attack(SEAL, [None, DIGEST, DIGEST, key_id])


def test_there_is_no_packet_with_an_approval_that_does_not_exist(
    asked_for: Escalation, attack: Attack
) -> None:
    key_id = asked_for.case.conversation.data_key_id
    assert "packet_is_what_was_approved" in attack(SEAL, [1, DIGEST, DIGEST, key_id])


@pytest.mark.django_db(transaction=True)
def test_there_is_no_packet_of_another_digest(
    asked_for: Escalation, mara: User, otto: User, attack: Attack
) -> None:
    """An approval of one packet does not carry another."""
    register(asked_for, asked_for.current.recipient)
    now = timezone.now()
    approval = Approval.objects.create(
        escalation=asked_for,
        version_number=1,
        requested_by=mara,
        approved_by=otto,
        approved_at=now,
        confirmed_at=now,
        packet_digest=DIGEST,
    )
    key_id = asked_for.case.conversation.data_key_id
    assert "packet_is_what_was_approved" in attack(SEAL, [approval.pk, "b" * 64, DIGEST, key_id])


def test_who_submitted_a_version_cannot_approve_even_where_another_asked(
    asked_for: Escalation, mara: User, ines: User, attack: Attack
) -> None:
    """Ines took it over and submitted it again: it is as much hers as Mara's."""
    first = asked_for.current
    EscalationVersion.objects.create(
        escalation=asked_for,
        number=2,
        exit=first.exit,
        recipient=first.recipient,
        subject=first.subject,
        possible_minor=first.possible_minor,
        evidence_numbers=[3],
        grounds_sealed=b"",
        submitted_by=ines,
    )
    register(asked_for, first.recipient)
    assert "approval_by_who_submitted" in attack(APPROVE, [asked_for.pk, mara.pk, ines.pk, DIGEST])


def test_nobody_approves_for_a_clearing_house_that_is_not_the_conversations(
    asked_for: Escalation, mara: User, otto: User, attack: Attack
) -> None:
    other = Recipient.objects.create(
        name="Another desk", exit="suspected_exploitation", jurisdiction="GB", contact="a@b.example"
    )
    register(asked_for, other)
    refusal = attack(APPROVE, [asked_for.pk, mara.pk, otto.pk, DIGEST])
    assert "approval_reported_once" in refusal


def test_a_conversation_has_one_clearing_house(asked_for: Escalation, attack: Attack) -> None:
    register(asked_for, asked_for.current.recipient)
    refusal = attack(
        "INSERT INTO referrals_conversationreport (conversation_id, recipient_id, is_test, escalation_id, "
        "reported_at) SELECT conversation_id, recipient_id, is_test, escalation_id, now() "
        "FROM referrals_conversationreport"
    )
    assert "conversation_reported_to_one_clearing_house" in refusal


@pytest.mark.parametrize(
    ("confirmed", "constraint"),
    [
        ("NULL", "approval_confirmed"),
        ("now() - interval '11 minutes'", "approval_confirmed_shortly_before"),
        ("now() + interval '1 minute'", "approval_confirmed_shortly_before"),
    ],
)
def test_nobody_approves_without_having_shown_again_that_it_is_they(
    asked_for: Escalation, mara: User, otto: User, attack: Attack, confirmed: str, constraint: str
) -> None:
    statement = APPROVE.replace("now(), now()", f"now(), {confirmed}")
    assert constraint in attack(statement, [asked_for.pk, mara.pk, otto.pk, DIGEST])


def register(escalation: Escalation, recipient: Recipient) -> None:
    ConversationReport.objects.create(
        conversation=escalation.case.conversation,
        recipient=recipient,
        is_test=recipient.is_test,
        escalation=escalation,
    )


def test_a_case_has_one_living_escalation(asked_for: Escalation, attack: Attack) -> None:
    refusal = attack(
        "INSERT INTO referrals_escalation (case_id, decision_id, requested_by_id, requested_at, due_at, state, "
        "version_count, owner_id) SELECT case_id, decision_id, requested_by_id, now(), now(), 'requested', 1, owner_id "
        "FROM referrals_escalation"
    )
    assert "unique" in refusal
