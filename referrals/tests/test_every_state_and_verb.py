"""Every state of an escalation × every verb: what happens, and that nothing moves where it is refused.

The states are reached by people through the verbs; “approved” never rests, since approving and sealing are one act.
A supplement goes through the same states after it was prepared; only the case stays referred, whatever happens to it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from licensees.models import Licensee
from referrals import delivering, workflow
from referrals.following import begin
from referrals.models import Approval, Delivery, Escalation, Packet, Recipient
from referrals.permissions import get_packet_to_follow
from referrals.reading import view_packet
from referrals.standing import standings
from referrals.tests.conftest import GROUNDS, ask, asked
from review.models import Case
from tests.people import make_person

State = Escalation.State
REASON = "A reason that is long enough."
RESTING = [state for state in State if state is not State.APPROVED]
VERBS = ("escalate", "resubmit", "withdraw", "reassign", "return", "decline", "approve", "download", "follow")
# What is prepared is a supplement or a retraction; nothing else is.
FIRST = [(state, "first") for state in RESTING if state is not State.PREPARED]
EVERY = [*FIRST, *((state, "supplement") for state in RESTING)]

# What each verb does in each state: the state afterwards, or None where it is refused.
TABLE: dict[str, dict[str, str | None]] = {
    verb: dict(zip(RESTING, row, strict=True))
    for verb, row in {
        # prepared, requested, returned, declined, withdrawn, sealed
        "escalate": (None, None, None, None, None, None),
        "resubmit": (State.REQUESTED, None, State.REQUESTED, None, None, None),
        "withdraw": (State.WITHDRAWN, State.WITHDRAWN, State.WITHDRAWN, None, None, None),
        "reassign": (State.PREPARED, State.REQUESTED, State.RETURNED, None, None, None),
        "return": (None, State.RETURNED, None, None, None, None),
        "decline": (State.DECLINED, State.DECLINED, State.DECLINED, None, None, None),
        "approve": (None, State.SEALED, None, None, None, None),
        "download": (None, None, None, None, None, State.SEALED),
        # A supplement of its own packet, which has not left the house; of one that has: test_following.py.
        "follow": (None, None, None, None, None, None),
    }.items()
}


@pytest.fixture
def nora(northwind: Licensee) -> User:
    return make_person("Nora", roles=[Role.MODERATOR], serving=northwind)


@pytest.fixture
def acts(
    case: Case, mara: User, otto: User, nora: User, desk: Recipient
) -> dict[str, Callable[[Escalation], Any]]:
    """Each verb, by the person whose verb it is."""

    def approve(escalation: Escalation) -> Any:
        seen = view_packet(escalation_id=escalation.pk, by=otto).draft.digest
        return workflow.approve(
            escalation_id=escalation.pk,
            by=otto,
            packet_digest=seen,
            typed_reference=case.reference,
            confirmed_at=timezone.now(),
        )

    def download(escalation: Escalation) -> Any:
        packet = Packet.objects.filter(approval__escalation=escalation).first()
        return delivering.download(packet_id=packet.pk if packet else 0, by=otto)

    def follow(escalation: Escalation) -> Any:
        packet = Packet.objects.filter(approval__escalation=escalation).first()
        packet = get_packet_to_follow(mara, packet.pk if packet else 0)
        return begin(packet_id=packet.pk, by=mara, relation="supplements", grounds=GROUNDS)

    return {
        "follow": follow,
        "escalate": lambda _: workflow.escalate(
            case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk)
        ),
        "resubmit": lambda one: workflow.resubmit(
            escalation_id=one.pk, by=mara, seen_revision=1, **asked(case, desk)
        ),
        "withdraw": lambda one: workflow.withdraw(escalation_id=one.pk, by=mara, reason=REASON),
        "reassign": lambda one: workflow.reassign(escalation_id=one.pk, by=otto, to=nora, reason="away"),
        "return": lambda one: workflow.return_escalation(escalation_id=one.pk, by=otto, reason=REASON),
        "decline": lambda one: workflow.decline(escalation_id=one.pk, by=otto, reason=REASON),
        "approve": approve,
        "download": download,
    }


@pytest.fixture
def in_state(
    case: Case, mara: User, desk: Recipient, acts: dict[str, Callable[[Escalation], Any]]
) -> Callable[[str], Escalation]:
    ways = {
        State.PREPARED: [],
        State.REQUESTED: [],
        State.RETURNED: ["return"],
        State.DECLINED: ["decline"],
        State.WITHDRAWN: ["withdraw"],
        State.SEALED: ["approve"],
    }

    def supplement(first: Escalation, state: str) -> Escalation:
        """Of the packet that became of the first, once Otto took it to the recipient."""
        acts["approve"](first)
        acts["download"](first)
        packet = Packet.objects.get(approval__escalation=first)
        escalation = begin(packet_id=packet.pk, by=mara, relation="supplements", grounds=GROUNDS)
        if state != State.PREPARED:
            acts["resubmit"](escalation)
        return escalation

    def reach(state: str, kind: str = "first") -> Escalation:
        escalation = ask(case, mara, desk)
        if kind == "supplement":
            escalation = supplement(escalation, state)
        for verb in ways[State(state)]:
            acts[verb](escalation)
        escalation = Escalation.objects.get(pk=escalation.pk)
        assert escalation.state == state
        return escalation

    return reach


def everything() -> tuple[Any, ...]:
    """What a verb could change, but for the trail and who looked at what."""
    return (
        list(Escalation.objects.values_list("pk", "state", "owner", "version_count", "due_at")),
        list(Case.objects.values_list("state", "closed_at")),
        [
            model.objects.count()
            for model in (Approval, Packet, Delivery, Escalation.versions.rel.related_model)
        ],
        Escalation.answers.rel.related_model.objects.count(),
    )


def test_the_table_has_every_verb_and_every_state_that_rests() -> None:
    assert set(TABLE) == set(VERBS)
    assert all(set(row) == set(RESTING) for row in TABLE.values())
    moves = {(before, after) for before, after in Escalation.MOVES}
    told = {
        (before, after)
        for verb, row in TABLE.items()
        for before, after in row.items()
        if after and after != before
    }
    # Approving passes through “approved” without resting there.
    through = {(State.REQUESTED, State.APPROVED), (State.APPROVED, State.SEALED)}
    assert told - {(State.REQUESTED, State.SEALED)} == moves - through


@pytest.mark.parametrize(("state", "kind"), EVERY)
def test_every_verb_in_a_state(
    state: str,
    kind: str,
    in_state: Callable[..., Escalation],
    acts: dict[str, Callable[[Escalation], Any]],
) -> None:
    """Each verb from the same row, which is put back between two of them."""
    reached = in_state(state, kind)
    for verb in VERBS:
        row = transaction.savepoint()
        escalation = Escalation.objects.get(pk=reached.pk)
        expected, before, trail = TABLE[verb][State(state)], everything(), AuditEvent.objects.count()
        sentence = _tried(acts[verb], escalation)
        if expected is None:
            assert len(sentence) > 20, verb
            assert everything() == before, verb
        else:
            assert not sentence, verb
            assert Escalation.objects.get(pk=reached.pk).state == expected, verb
            assert AuditEvent.objects.count() > trail, verb
        transaction.savepoint_rollback(row)


def _tried(act: Callable[[Escalation], Any], escalation: Escalation) -> str:
    """The sentence of the refusal, or nothing."""
    try:
        with transaction.atomic():
            act(escalation)
    except (NotPossible, NotAllowed) as refusal:
        return refusal.sentence
    return ""


@pytest.mark.parametrize(("state", "kind"), EVERY)
def test_nothing_ends_silently(state: str, kind: str, in_state: Callable[..., Escalation]) -> None:
    """An owner and a next step in each state; a due time wherever somebody has something to do."""
    escalation = in_state(state, kind)
    standing = standings([escalation])
    (one,) = standing.values()
    assert one.owner.pk
    assert one.next_step.endswith(".")
    assert (one.due_at is not None) == (state not in (State.DECLINED, State.WITHDRAWN))
    if one.due_at is None and kind == "first":
        assert one.next_step == "It ended here; the case went on: waiting."
    if kind == "supplement":
        assert Case.objects.get(pk=escalation.case_id).state == Case.State.REFERRED
