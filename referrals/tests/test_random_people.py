"""Several people act in random order, and the three promises of the README hold after every step.

Some steps run with the suite. `ARTEMIS_RANDOM_STEPS=10000 scripts/test referrals/tests/test_random_people.py`
takes ten thousand. Each run of the machine is a transaction on a real PostgreSQL that is rolled back at its end.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

import hypothesis
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign, end_assignment
from licensees.models import Licensee
from referrals import delivering, following, workflow
from referrals.models import (
    Approval,
    Delivery,
    DeliveryFeedback,
    Escalation,
    Packet,
    Recipient,
    RecipientRequest,
)
from referrals.permissions import who_can_answer
from referrals.reading import view_packet
from referrals.requests import answer_request
from referrals.standing import standings
from referrals.tests.conftest import asked, edit_message
from review.models import Case, Reveal
from review.queue import claim
from review.workflow import reveal
from tests.people import TESTS, make_person

STEPS = int(os.environ.get("ARTEMIS_RANDOM_STEPS", "160"))
STEPS_A_RUN = 40
FURTHER = "Further messages came since, and one of them asks for a meeting."
REASON = "A reason that is long enough."
PEOPLE = ("Mara", "Nora", "Otto", "Ines", "Pia")
who = st.sampled_from(PEOPLE)
which = st.integers(0, 1)
wording = st.sampled_from(["It asks for secrecy and for age.", "It proposes to change to another app."])
evidence = st.sets(st.sampled_from([1, 3, 5, 7]), min_size=1, max_size=3)


class World:
    """What every run begins with, made once: two conversations in the queue and five people."""

    def __init__(
        self, licensee: Licensee, cases: list[Case], people: dict[str, User], desk: Recipient
    ) -> None:
        self.licensee, self.cases, self.people, self.desk = licensee, cases, people, desk
        self.steps = self.refusals = self.sealed = self.followed = 0


class Desk(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        # {(person, case): digest}: the packet as it is on the page that each of them has open.
        self.open_pages: dict[tuple[str, int], str] = {}
        self.edits = 0
        self.trail = AuditEvent.objects.count()

    def teardown(self) -> None:
        self.world.sealed += Packet.objects.count()
        self.world.followed += Packet.objects.exclude(approval__escalation__follows=None).count()
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    @initialize(
        who_asks=st.sampled_from(["Mara", "Nora", "Ines", "Pia"]), numbers=evidence, is_answered=st.booleans()
    )
    def somebody_asks(self, who_asks: str, numbers: set[int], is_answered: bool) -> None:
        """A run begins where two people come in, or after them; the other case still waits in the queue."""
        self.works_until_the_request(who_asks, 0, numbers, "It asks for secrecy and for age.")
        if is_answered and self.answerable():
            self.reads_and_approves_one(0)

    # --- What people do -----------------------------------------------------------------------

    @rule(name=who, at=which)
    def claims_and_reads(self, name: str, at: int) -> None:
        self.read(name, at)

    def read(self, name: str, at: int) -> None:
        case = self.world.cases[at]

        def act(person: User) -> None:
            claim(case_id=case.pk, by=person)
            reveal(case_id=case.pk, numbers=range(1, 9), by=person)

        self.tries(name, act)

    @rule(name=who, at=which, numbers=evidence, grounds=wording, context=st.integers(0, 2))
    def asks(self, name: str, at: int, numbers: set[int], grounds: str, context: int) -> None:
        self.ask(name, at, numbers, grounds, context=context)

    def ask(self, name: str, at: int, numbers: set[int], grounds: str, *, context: int) -> None:
        case = self.world.cases[at]
        request = asked(case, self.world.desk, evidence_numbers=numbers, grounds=grounds, context=context)
        revision = self.revision(case)
        self.tries(
            name,
            lambda person: workflow.escalate(case_id=case.pk, by=person, seen_revision=revision, **request),
        )

    @rule(name=who, at=which, numbers=evidence, grounds=wording)
    def asks_again(self, name: str, at: int, numbers: set[int], grounds: str) -> None:
        case = self.world.cases[at]
        request = asked(case, self.world.desk, evidence_numbers=numbers, grounds=grounds)
        self.on(name, at, workflow.resubmit, seen_revision=self.revision(case), **request)

    @rule(name=who, at=which)
    def withdraws(self, name: str, at: int) -> None:
        self.on(name, at, workflow.withdraw, reason=REASON)

    @rule(name=who, at=which)
    def returns(self, name: str, at: int) -> None:
        self.on(name, at, workflow.return_escalation, reason=REASON)

    @rule(name=who, at=which)
    def declines(self, name: str, at: int) -> None:
        self.on(name, at, workflow.decline, reason=REASON)

    @rule(name=who, at=which, to=who)
    def gives_it_to(self, name: str, at: int, to: str) -> None:
        self.on(name, at, workflow.reassign, to=self.person(to), reason="away")

    @rule(name=who, at=which)
    def opens_the_page(self, name: str, at: int) -> None:
        self.look(name, at)

    @rule(name=who, at=which, has_confirmed=st.booleans(), types_it=st.booleans())
    def approves(self, name: str, at: int, has_confirmed: bool, types_it: bool) -> None:
        self.approve(name, at, has_confirmed=has_confirmed, types_it=types_it)

    # Chance alone seldom goes the whole way: these two take the likely steps one after another.

    @precondition(lambda self: self.has(Case.State.WAITING))
    @rule(name=st.sampled_from(["Mara", "Nora", "Ines"]), at=which, numbers=evidence, grounds=wording)
    def goes_the_usual_way(self, name: str, at: int, numbers: set[int], grounds: str) -> None:
        self.works_until_the_request(name, at, numbers, grounds)

    def works_until_the_request(self, name: str, at: int, numbers: set[int], grounds: str) -> None:
        self.read(name, at)
        self.ask(name, at, numbers, grounds, context=1)

    @precondition(lambda self: self.answerable())
    @rule(choice=st.integers(0, 9))
    def reads_and_approves(self, choice: int) -> None:
        self.reads_and_approves_one(choice)

    def reads_and_approves_one(self, choice: int) -> None:
        """One of the escalations that wait, by one of those who may answer it."""
        ready = self.answerable()
        name, at = ready[choice % len(ready)]
        self.look(name, at)
        self.approve(name, at, has_confirmed=True, types_it=True)

    @rule(name=who, at=which, newest=st.booleans())
    def downloads(self, name: str, at: int, newest: bool) -> None:
        packet = self.packet(at, newest=newest)
        if packet is not None:
            self.tries(name, lambda person: delivering.download(packet_id=packet.pk, by=person))

    @rule(name=who, at=which, relation=st.sampled_from(Escalation.Relation.values), newest=st.booleans())
    def begins_what_follows(self, name: str, at: int, relation: str, newest: bool) -> None:
        packet = self.packet(at, newest=newest)
        if packet is not None:
            named: dict[str, Any] = {"packet_id": packet.pk, "relation": relation, "grounds": FURTHER}
            self.tries(name, lambda person: following.begin(by=person, **named))

    @rule(name=who, at=which, numbers=st.sets(st.integers(1, 9), min_size=1, max_size=2))
    def reads_on(self, name: str, at: int, numbers: set[int]) -> None:
        self.on(name, at, following.read_on, numbers=numbers)

    @precondition(lambda self: Packet.objects.exists())
    @rule(name=who, at=which, choice=st.integers(0, 9), relation=st.sampled_from(Escalation.Relation.values))
    def goes_on_after_the_seal(self, name: str, at: int, choice: int, relation: str) -> None:
        """The likely way once something is sealed: it leaves, somebody follows it up, a second person answers."""
        self.downloads_by_a_supervisor(at)
        packet = self.packet(at, newest=True)
        if packet is None:
            return
        named: dict[str, Any] = {"packet_id": packet.pk, "relation": relation, "grounds": FURTHER}
        if self.tries(name, lambda person: following.begin(by=person, **named)) is None:
            return
        is_retraction = relation == Escalation.Relation.RETRACTS
        version = packet.approval.escalation.current
        numbers = set(version.evidence_numbers)
        request = asked(
            self.world.cases[at],
            self.world.desk,
            evidence_numbers=numbers,
            grounds=FURTHER,
            context=0 if is_retraction else 1,
        )
        self.on(name, at, workflow.resubmit, seen_revision=self.revision(self.world.cases[at]), **request)
        if self.answerable():
            self.reads_and_approves_one(choice)

    @rule(name=who, at=which)
    def records_that_it_arrived(self, name: str, at: int) -> None:
        delivery = self.delivery(at)
        if delivery is not None:
            named: dict[str, Any] = {"reference": "R-1", "arrived_at": timezone.now(), "reason": REASON}
            self.tries(
                name, lambda person: delivering.mark_arrived(delivery_id=delivery.pk, by=person, **named)
            )

    @rule(name=who, at=which, outcome=st.sampled_from(["acted_on", "more_asked"]))
    def records_what_they_said(self, name: str, at: int, outcome: str) -> None:
        delivery = self.delivery(at)
        if delivery is not None:
            named = {"outcome": outcome, "words": REASON}
            self.tries(
                name, lambda person: delivering.record_feedback(delivery_id=delivery.pk, by=person, **named)
            )

    @rule(name=who)
    def answers_what_they_asked(self, name: str) -> None:
        request = RecipientRequest.objects.order_by("state", "pk").last()
        if request is not None:
            self.tries(name, lambda person: answer_request(request_id=request.pk, by=person, words=REASON))

    # --- What happens around them -------------------------------------------------------------

    @rule(at=which, number=st.sampled_from([3, 5]))
    def the_platform_edits(self, at: int, number: int) -> None:
        self.edits += 1
        edit_message(self.world.cases[at], number, text=f"Shall we tell the teacher? ({self.edits})")

    @rule(name=who, role=st.sampled_from([Role.MODERATOR, Role.SUPERVISOR]))
    def an_admin_changes_who_serves(self, name: str, role: Role) -> None:
        person, licensee = self.person(name), self.world.licensee
        if not person.has_role(role):
            return
        try:
            with transaction.atomic():
                assign(person=person, licensee=licensee, role=role, by=TESTS)
        except NotPossible:
            end_assignment(person=person, licensee=licensee, role=role, by=TESTS)

    # --- What they find ---

    def packet(self, at: int, *, newest: bool) -> Packet | None:
        found = Packet.objects.filter(approval__escalation__case=self.world.cases[at]).order_by("pk")
        return found.last() if newest else found.first()

    def delivery(self, at: int) -> Delivery | None:
        return Delivery.objects.filter(packet__approval__escalation__case=self.world.cases[at]).last()

    def downloads_by_a_supervisor(self, at: int) -> None:
        packet = self.packet(at, newest=True)
        if packet is not None:
            self.tries("Otto", lambda person: delivering.download(packet_id=packet.pk, by=person))

    # --- How ----------------------------------------------------------------------------------

    def look(self, name: str, at: int) -> None:
        escalation = self.newest(at)
        if escalation is not None and escalation.is_live:
            seen = self.tries(name, lambda person: view_packet(escalation_id=escalation.pk, by=person))
            if seen is not None:
                self.open_pages[name, at] = seen.draft.digest

    def approve(self, name: str, at: int, *, has_confirmed: bool, types_it: bool) -> None:
        self.on(
            name,
            at,
            workflow.approve,
            packet_digest=self.open_pages.get((name, at), "0" * 64),
            typed_reference=self.world.cases[at].reference if types_it else "NW-0-0",
            confirmed_at=timezone.now() if has_confirmed else None,
        )

    def has(self, state: str) -> bool:
        return Case.objects.filter(state=state).exists()

    def answerable(self) -> list[tuple[str, int]]:
        """(who, which case) of all that could be answered now."""
        newest = {at: self.newest(at) for at in range(len(self.world.cases))}
        return [
            (person.name, at)
            for at, escalation in newest.items()
            if escalation is not None and escalation.state == Escalation.State.REQUESTED
            for person in who_can_answer(escalation)
        ]

    def person(self, name: str) -> User:
        """As a request loads them: with the roles of this moment."""
        return User.objects.get(pk=self.world.people[name].pk)

    def newest(self, at: int) -> Escalation | None:
        return Escalation.objects.filter(case=self.world.cases[at]).order_by("-pk").first()

    def revision(self, case: Case) -> int:
        return Case.objects.select_related("conversation").get(pk=case.pk).conversation.revision

    def on(self, name: str, at: int, verb: Callable[..., Any], **named: Any) -> None:
        escalation = self.newest(at)
        if escalation is not None:
            self.tries(name, lambda person: verb(escalation_id=escalation.pk, by=person, **named))

    def tries(self, name: str, act: Callable[[User], Any]) -> Any:
        """A refusal changes nothing at all; an act that went through is in the trail."""
        person, before = self.person(name), self.everything()
        trail = AuditEvent.objects.count()
        sentence, done = "", None
        try:
            with transaction.atomic():
                done = act(person)
        except (NotAllowed, NotPossible) as refusal:
            sentence = refusal.sentence
        if sentence:
            self.world.refusals += 1
            assert len(sentence) > 20
            assert self.everything() == before
            assert AuditEvent.objects.count() == trail
            return None
        assert AuditEvent.objects.filter(actor=person.actor_name).exists()
        assert AuditEvent.objects.count() > trail
        return done

    def everything(self) -> tuple[Any, ...]:
        return (
            list(Case.objects.order_by("pk").values_list("state", "closed_at")),
            list(Escalation.objects.order_by("pk").values_list("state", "owner", "version_count", "due_at")),
            list(Delivery.objects.order_by("pk").values_list("state", "reference")),
            list(RecipientRequest.objects.order_by("pk").values_list("state", "owner")),
            [model.objects.count() for model in (Approval, Packet, Delivery, DeliveryFeedback, Reveal)],
        )

    # --- The three promises, after every step -------------------------------------------------

    @invariant()
    def no_packet_without_two_people(self) -> None:
        self.world.steps += 1
        for approval in Approval.objects.select_related("escalation__decision", "packet"):
            escalation = approval.escalation
            first = {escalation.requested_by_id}
            assert (escalation.decision is None) == escalation.is_follow_up
            if escalation.decision is not None:
                first.add(escalation.decision.decided_by_id)
            first |= set(escalation.versions.values_list("submitted_by", flat=True))
            assert approval.approved_by_id not in first
            assert approval.packet.digest == approval.packet_digest
            assert approval.confirmed_at is not None
            seen = AuditEvent.objects.filter(
                verb=Verb.PACKET_VIEWED, actor=f"person:{approval.approved_by_id}"
            )
            assert seen.filter(payload__digest=approval.packet_digest).exists()
        assert Packet.objects.count() == Approval.objects.count()
        referred = Case.objects.filter(state=Case.State.REFERRED).count()
        assert referred == Packet.objects.filter(approval__escalation__follows=None).count()
        # What follows a packet names one of its own case, which left the house; nothing follows a retraction.
        for one in Escalation.objects.exclude(follows=None).select_related(
            "case", "follows__approval__escalation"
        ):
            before = one.follows.approval.escalation  # type: ignore[union-attr]
            assert before.case_id == one.case_id
            assert before.relation != Escalation.Relation.RETRACTS
            assert Delivery.objects.filter(packet=one.follows).exists()
            assert one.case.state == Case.State.REFERRED
        retracted = Escalation.objects.filter(relation="retracts", state=Escalation.State.SEALED)
        named = list(retracted.values_list("follows", flat=True))
        assert len(named) == len(set(named))

    @invariant()
    def nothing_changes_unrecorded(self) -> None:
        for escalation in Escalation.objects.select_related("case__licensee", "owner"):
            about = AuditEvent.objects.filter(object_type="escalation", object_id=str(escalation.pk))
            moves = about.exclude(payload__to=None).order_by("case_sequence")
            states = [event.payload["to"] for event in moves if "to" in event.payload]
            assert (states or ["prepared"])[-1] == escalation.state
            begun = Verb.FOLLOW_UP_BEGUN if escalation.is_follow_up else Verb.ESCALATION_REQUESTED
            assert about.filter(verb=begun).count() == 1
        for case in self.world.cases:
            numbers = list(
                AuditEvent.objects.filter(case_reference=case.reference)
                .order_by("case_sequence")
                .values_list("case_sequence", flat=True)
            )
            assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def nothing_leaves_and_nothing_ends_by_itself(self) -> None:
        taken = AuditEvent.objects.filter(verb=Verb.PACKET_DOWNLOADED)
        assert taken.count() == Delivery.objects.count()
        assert all(actor.startswith("person:") for actor in taken.values_list("actor", flat=True))
        found = list(Escalation.objects.select_related("case__licensee", "owner"))
        for escalation, standing in zip(found, standings(found).values(), strict=True):
            assert standing.next_step
            assert standing.owner.pk
            is_escalated = escalation.case.state == Case.State.ESCALATED
            assert (escalation.is_live and not escalation.is_follow_up) <= is_escalated
            assert escalation.is_live <= (standing.due_at is not None)
        # Whatever is escalated has one escalation that lives: no case waits for an answer to nothing.
        waiting = Case.objects.filter(state=Case.State.ESCALATED)
        live = Escalation.objects.filter(state__in=Escalation.LIVE, follows=None)
        assert waiting.count() == live.count()


def test_people_in_random_order_keep_the_three_promises(
    northwind: Licensee,
    mara: User,
    otto: User,
    ines: User,
    desk: Recipient,
    another_case: Callable[[str], Case],
) -> None:
    people = {"Mara": mara, "Otto": otto, "Ines": ines}
    people["Nora"] = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    people["Pia"] = make_person("Pia", roles=[Role.MODERATOR, Role.SUPERVISOR], serving=northwind)
    world = World(northwind, [another_case("c1"), another_case("c2")], people, desk)
    machine = type("DeskOfThisRun", (Desk,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=hypothesis.settings(
            # A run may end early, where nobody can do anything more.
            max_examples=max(1, 2 * STEPS // STEPS_A_RUN),
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            database=None,
            derandomize=STEPS <= 160,
            suppress_health_check=list(HealthCheck),
            # A failing run is shown as it was: making it shorter would take longer than reading it.
            phases=[Phase.generate],
        ),
    )
    # Shown with `-s`.
    words = f"{world.steps} steps, {world.refusals} refused, {world.sealed} packets sealed, {world.followed} follow-ups"
    sys.stdout.write(f"{words}\n")
    assert world.steps >= STEPS
    assert world.refusals
    assert world.sealed
    assert world.followed
