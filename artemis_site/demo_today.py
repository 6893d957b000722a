"""The last two hours before the demo begins: what is approved, brought away, held, in somebody's hands, and what waits.

Act by act and each committed, as people would: an approval waits for the trail's checkpoint of what was before it.
Nothing but a page can approve, seal or hand out a packet, so the supervisor signs in and posts what it asks for.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.second_factor import code_now
from artemis_site import demo_rare
from artemis_site import demo_work as work
from artemis_site.demo_clock import Clock, moved_clock
from artemis_site.demo_history import History
from referrals import following, reading, workflow
from referrals.models import Delivery, Escalation, Packet, Recipient
from review.holds import hold
from review.models import Case
from review.queue import claim_next, expire_claims

MINUTE = "%Y-%m-%dT%H:%M"
REFERENCE = "TEST-4201"
TAKEN_BY_HAND = "Brought to the test desk on an encrypted stick, and counted there. Demonstration only."
ADDED = (
    "The platform sent the addresses of the subject account after the packet was sealed; nothing else has changed. "
    "Demonstration: the messages are neutral and nobody is concerned."
)
TAKEN_BACK = (
    "The platform found that both accounts are of one household, an aunt and her nephew who planned a birthday. "
    "Demonstration: the messages are neutral and nobody is concerned."
)
WAITS_FOR = "The platform was asked how the two accounts know each other; it answers by tomorrow."


class Supervisor:
    """One person at the pages, in a browser of their own."""

    def __init__(self, person: User, password: str) -> None:
        self.person, self.password = person, password
        self.browser = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0], HTTP_X_FORWARDED_PROTO="https")
        self._post("sign_in", [], {"username": person.email, "password": password})
        self._post("second_step", [], {"code": code_now(person=person, now=timezone.now())})

    def say_yes(self, escalation: Escalation) -> Packet:
        seen = reading.view_packet(escalation_id=escalation.pk, by=self.person)
        self._post(
            "referrals:approve",
            [escalation.pk],
            {
                "packet_digest": seen.draft.digest,
                "typed_reference": escalation.case.reference,
                "password": self.password,
            },
        )
        return Packet.objects.get(approval__escalation=escalation)

    def take_away(self, packet: Packet) -> Delivery:
        self._post("referrals:download", [packet.pk], {}, expected=200)
        return packet.deliveries.get()

    def bring(self, delivery: Delivery, *, arrived_at: datetime) -> None:
        arrived = f"{arrived_at:{MINUTE}}"
        said = {"reference": REFERENCE, "arrived_at": arrived, "reason_text": TAKEN_BY_HAND}
        self._post("referrals:mark_arrived", [delivery.pk], said)

    def _post(self, name: str, place: list[int], data: dict[str, str], *, expected: int = 302) -> None:
        answer = self.browser.post(reverse(name, args=place), data, secure=True)
        if answer.status_code != expected:
            raise RuntimeError(f"The demo's {name} was answered with {answer.status_code}.")


def begin_today(history: History, *, password: str) -> None:
    """`password`: Otto's."""
    with moved_clock(history.now - timedelta(hours=2)) as clock:
        history.clock = clock
        Today(history, password, clock).run()


class Today:
    def __init__(self, history: History, password: str, clock: Clock) -> None:
        self.people, self.now = history.people, history.now
        self.history, self.password, self.clock = history, password, clock
        self.chance = Random("artemis-demo:today")  # noqa: S311 - reproducible, not secret

    def run(self) -> None:
        self._at(minutes=96)
        claim_next(by=self.people["Yara"], lane=Case.Lane.STANDARD)  # and it runs out
        brought, mistaken = self._escalate("Jonas"), self._escalate("Ines")
        self._at(minutes=76)
        self._calibrate()
        self._at(minutes=70)
        expire_claims()
        if brought is not None:
            self._bring_and_add(brought, mistaken, self._supervisor())
        self._at(minutes=52)
        self._hold("Sofia")
        self._at(minutes=44)
        for stretch in self.history.to_arrive:
            with transaction.atomic():
                self.history.arrive(stretch, at=self.clock.moment)
        northwind = self.history.licensees["northwind"]
        demo_rare.bring_back(northwind, key=self.history.keys["northwind"], clock=self.clock)
        ready = self._escalate("Mara")
        self._escalate("Mara", lane=Case.Lane.STANDARD)
        self._at(minutes=24)
        demo_rare.hand_on(by=self.people["Sofia"], to=self.people["Jonas"], clock=self.clock)
        self._at(minutes=19)
        self._escalate("Ines", exit_=Recipient.Exit.IMMINENT_THREAT)
        self._at(minutes=3)
        if ready is not None:
            self._supervisor().say_yes(ready)
        self._at(minutes=1)
        claim_next(by=self.people["Priya"], lane=Case.Lane.STANDARD)

    def _supervisor(self) -> Supervisor:
        """Signed in anew: a session ends when nothing is done for a while."""
        return Supervisor(self.people["Otto"], self.password)

    def _calibrate(self) -> None:
        """A session in which Mara has not voted yet."""
        northwind = self.history.licensees["northwind"]
        begun = demo_rare.begin_session(
            northwind, self.people, title="Coaches and teachers", clock=self.clock
        )
        if begun is not None:
            demo_rare.vote(begun, self.people["Priya"], ("no_action", "monitor"), clock=self.clock)

    def _bring_and_add(self, escalation: Escalation, mistaken: Escalation | None, otto: Supervisor) -> None:
        """One packet is where it should be, and a supplement to it waits for an approval; another is taken back."""
        packet = otto.say_yes(escalation)
        wrong = otto.say_yes(mistaken) if mistaken else None
        self.clock.advance(minutes=2)
        delivery = otto.take_away(packet)
        self._follow(packet, Escalation.Relation.SUPPLEMENTS, {"grounds": ADDED})
        if wrong is not None:
            otto.take_away(wrong)
            self._follow(wrong, Escalation.Relation.RETRACTS, {"grounds": TAKEN_BACK, "context": 0})
        self._at(minutes=55)
        otto.bring(delivery, arrived_at=self.clock.moment - timedelta(minutes=3))

    def _follow(self, packet: Packet, relation: Escalation.Relation, said: dict[str, Any]) -> None:
        sealed = packet.approval.escalation
        by, case = sealed.requested_by, sealed.case
        grounds = said["grounds"]
        begun = following.begin(packet_id=packet.pk, by=by, relation=relation.value, grounds=grounds)
        self.clock.advance(minutes=3)
        numbers = sorted(sealed.current.evidence_numbers)
        revision = case.conversation.revision
        asked = work.asked(case, numbers) | said
        workflow.resubmit(escalation_id=begun.pk, by=by, seen_revision=revision, **asked)

    def _escalate(
        self, name: str, lane: Case.Lane | None = None, exit_: Recipient.Exit = work.EXPLOITATION
    ) -> Escalation | None:
        """The next case, or the one after it where that does not look like it."""
        person = self.people[name]
        case = claim_next(by=person, lane=lane)
        if case is not None and not work.fits_a_referral(case):
            work.judge(case, by=person, chance=self.chance, clock=self.clock)
            case = claim_next(by=person, lane=lane)
        if case is None:
            return None
        return work.escalate(case, by=person, clock=self.clock, chance=self.chance, exit_=exit_)

    def _hold(self, name: str) -> None:
        case = claim_next(by=self.people[name], lane=Case.Lane.STANDARD)
        if case is not None:
            self.clock.advance(minutes=3)
            until = self.now + timedelta(hours=20)
            hold(case_id=case.pk, by=self.people[name], until=until, reason=WAITS_FOR)

    def _at(self, *, minutes: int) -> None:
        """So long before the demo begins; never back."""
        self.clock.set(max(self.clock.moment, self.now - timedelta(minutes=minutes)))
