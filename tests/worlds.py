"""A licensee with its people and one of everything that an address may name, small or large, for the walks over all
pages: `size` of each kind of row that a page may show several of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from artemis_site.site_map import Page
from audit.models import AuditEvent
from licensees.models import ApiKey, Licensee, Proposal
from licensees.onboarding import issue_key
from licensees.two_admins import propose_roles
from platforms.asking import ask_platforms
from platforms.confirming import confirm
from platforms.models import Attempt, Event, EventDelivery
from platforms.tests.acts import seconds_pass
from platforms.webhooks import add_webhook, send_test
from referrals import delivering
from referrals.models import Delivery, Recipient, RecipientRequest
from referrals.tests.conftest import approved_by, ask
from retention.accounts import file_request
from review import holds
from review.golden import answer_golden, mark_golden
from review.models import Case, SecondReview
from review.opting_out import leave_out
from review.queue import claim, claim_next, hand_over
from review.second_review import claim_second_review, give_second_review, reveal_blind
from review.tests.acts import dismiss
from review.tests.test_calibration import begun, voted
from review.tests.test_golden import mixed_in
from review.unveiling import unveil
from review.workflow import annotate, decide, reveal
from scoring.models import ModelVersion
from tests import joining
from tests.factories import TEXTS, make_case
from tests.people import TESTS, make_licensee, make_person

NO_ACTION = {"disposition": "no_action", "reason": "peers", "seen_revision": 1}
WHY = "Both accounts say their school year, and it is the same."


@dataclass
class World:
    name: str
    size: int
    licensee: Licensee = field(init=False)
    people: dict[str, User] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    # {place in an address: what stands there}, for everybody, and for one person where it is another.
    there: dict[str, Any] = field(default_factory=dict)
    meant: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.licensee = make_licensee(name=self.name, code=self.name[:2].upper())
        self.people = {
            "moderator": self._person("Moda", Role.MODERATOR),
            "another": self._person("Nora", Role.MODERATOR),
            "second": self._person("Sela", Role.MODERATOR),
            "practising": self._person("Pia", Role.MODERATOR),
            "supervisor": self._person("Supa", Role.SUPERVISOR),
            "auditor": self._person("Aude", Role.AUDITOR),
            "admin": self._person("Adda", Role.ADMIN),
        }
        for number in range(self.size):
            issue_key(
                licensee=self.licensee,
                label=f"key {number}",
                scopes=[ApiKey.Scope.CONVERSATIONS_READ],
                by=TESTS,
            )
            self._person(f"Further{number}", Role.MODERATOR)
            self._case(f"waiting{number}", messages=8)
        self._judged()
        self._referred()
        self._practised()
        self._calibrated()
        self.cases["masked"] = self._case("masked", messages=8 * self.size)
        self._held()
        self._read()
        self._acted()
        for _ in range(self.size):
            self.there |= joining.places(self.licensee, by=self.people["admin"])
        self.there |= {
            "slug": self.licensee.slug,
            "key_id": ApiKey.objects.filter(licensee=self.licensee).earliest("pk").pk,
            "role": "moderator",
            "person_id": self.people["another"].pk,
            "proposal_id": self._proposed().pk,
            "account_request_id": file_request(
                licensee=self.licensee,
                kind="erasure",
                account="u0",
                reference="T-7",
                by=self.people["supervisor"],
            ).pk,
            "event_id": AuditEvent.objects.filter(licensee_id=self.licensee.pk).earliest("at").pk,
            "model_id": ModelVersion.objects.earliest("pk").pk,
        }

    def addresses(self, page: Page, who: str) -> Iterator[tuple[str, str]]:
        """(what it is about, address) of a page."""
        wanted = re.findall(r"<(?:\w+:)?(\w+)>", page.route)
        given = self.there | self.meant.get(who, {})
        if not set(wanted) <= {*given, "reference"}:
            return
        values = {name: given[name] for name in wanted if name != "reference"}
        if "reference" not in wanted:
            yield "", reverse(page.name, kwargs=values)
            return
        for kind, case in self.cases.items():
            # The others stand as the first moderator does, to whom nothing is handed; and a supervisor who does not
            # moderate stands alike with every case that is open.
            if who == "moderator" or (who == "supervisor" and kind in ("read", "decided", "referred")):
                yield kind, reverse(page.name, kwargs=values | {"reference": case.reference})

    def _person(self, name: str, role: Role) -> User:
        return make_person(f"{name}{self.name}", roles=[role], serving=self.licensee)

    def _case(self, name: str, *, messages: int) -> Case:
        texts = [TEXTS[place % len(TEXTS)] for place in range(messages)]
        return make_case(self.licensee, external_id=name, texts=texts)

    def _shown(self) -> range:
        return range(1, min(50, 8 * self.size) + 1)

    def _judged(self) -> None:
        """Dismissed; second reviews of them given, differing and begun."""
        another, second = self.people["another"], self.people["second"]
        for number in range(self.size + 1):
            dismiss(self._case(f"dismissed{number}", messages=8), another)
        for _ in range(self.size):
            given = claim_second_review(by=second)
            assert given is not None
            give_second_review(
                review_id=given.pk, by=second, disposition="platform_action", platform_action="warn"
            )
            self.meant["supervisor"] = {"review_id": given.pk}
        SecondReview.objects.filter(licensee=self.licensee, state="waiting").update(state="withdrawn")
        case = self._case("decided", messages=8 * self.size)
        claim(case_id=case.pk, by=another)
        decide(case_id=case.pk, by=another, note="Of one age.", **NO_ACTION)
        self.cases["decided"] = case
        review = claim_second_review(by=second)
        assert review is not None
        reveal_blind(review_id=review.pk, numbers=self._shown(), by=second)
        self.there["review_id"] = review.pk

    def _referred(self) -> None:
        """Asked for, approved, delivered, answered by the recipient."""
        recipients = [self._recipient(number) for number in range(self.size)]
        another, supervisor = self.people["another"], self.people["supervisor"]
        for number in range(self.size):
            waiting = ask(self._case(f"asked{number}", messages=8), another, recipients[0])
        case = self._case("referred", messages=8)
        many: dict[str, Any] = {"evidence_numbers": [1, 3, 5, 7], "context": 3} if self.size > 1 else {}
        packet = approved_by(ask(case, another, recipients[0], **many), supervisor)
        for _ in range(self.size):
            delivering.download(packet_id=packet.pk, by=supervisor)
        delivery = Delivery.objects.filter(packet=packet).latest("pk")
        delivering.mark_arrived(
            delivery_id=delivery.pk,
            by=supervisor,
            reference="D-1",
            arrived_at=timezone.now(),
            reason="Their desk confirmed it.",
        )
        for _ in range(self.size):
            delivering.record_feedback(
                delivery_id=delivery.pk, by=supervisor, outcome="more_asked", words="The week before."
            )
        self.cases["referred"] = case
        # What is sealed, with an answer and what its recipient asked for, is read by who asked.
        self.meant["another"] = {"escalation_id": packet.approval.escalation_id}
        self.there |= {
            "escalation_id": waiting.pk,
            "packet_id": packet.pk,
            "delivery_id": delivery.pk,
            "recipient_id": recipients[0].pk,
            "request_id": RecipientRequest.objects.latest("pk").pk,
        }

    def _recipient(self, number: int) -> Recipient:
        return Recipient.objects.create(
            name=f"Test desk {number} of {self.name}",
            exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
            jurisdiction="US",
            contact="desk@recipient.example",
        )

    def _practised(self) -> None:
        golden = mark_golden(case_id=self.cases["referred"].pk, by=self.people["supervisor"], why=WHY)
        mixed_in(self.licensee, self.people["admin"])
        practising = self.people["practising"]
        with pytest.MonkeyPatch.context() as certain:
            certain.setattr("review.golden.secrets.randbelow", lambda most: 0)
            case = claim_next(by=practising)
        assert case is not None and case.is_practice
        answer = answer_golden(case_id=case.pk, by=practising, **NO_ACTION)
        mixed_in(self.licensee, self.people["admin"], percent=0)
        self.there["golden_id"], self.meant["practising"] = golden.pk, {"answer_id": answer.pk}

    def _calibrated(self) -> None:
        cases = [self._case(f"voted{number}", messages=8) for number in range(self.size)]
        for case in cases:
            dismiss(case, self.people["another"])
        SecondReview.objects.filter(case__in=cases).update(state="withdrawn")
        voters = [self.people[who] for who in ("another", "second", "practising")]
        session = begun(self.licensee, self.people["supervisor"], cases, voters)
        voted(session, self.people["second"], "no_action")
        self.there |= {"session_id": session.pk, "number": 1}

    def _acted(self) -> None:
        """The platform was asked to act, told by webhook, and has answered, with a note."""
        by, admin = self.people["another"], self.people["admin"]
        for number in range(self.size):
            url = f"https://hooks.example.org/{self.name}/{number}"
            webhook, _ = add_webhook(licensee=self.licensee, url=url, by=admin)
        key, _ = issue_key(licensee=self.licensee, label="acts", scopes=["events:confirm"], by=TESTS)
        case = self._case("acted", messages=8)
        claim(case_id=case.pk, by=by)
        decide(
            case_id=case.pk,
            by=by,
            disposition="platform_action",
            platform_action="block",
            subjects=[0, 1],
            seen_revision=1,
        )
        SecondReview.objects.filter(case=case).update(state="withdrawn")
        with pytest.MonkeyPatch.context() as later:
            seconds_pass(later)
            ask_platforms()
        events = Event.objects.filter(case=case)
        for _ in range(self.size):
            send_test(webhook_id=webhook.pk, by=admin)
        for event in events:
            said = confirm(event_id=event.pk, by=key, done=True, at=timezone.now(), note="Blocked.")
        deliveries = EventDelivery.objects.filter(webhook=webhook)
        for delivery in deliveries:
            for number in range(1, self.size + 1):
                Attempt.objects.create(
                    delivery=delivery, number=number, began_at=timezone.now(), outcome="refused", status=500
                )
        deliveries.update(state="given_up", attempts=self.size)
        self.cases["acted"] = case
        self.there |= {
            "webhook_id": webhook.pk,
            "event_delivery_id": deliveries.earliest("pk").pk,
            "public_id": said.event.public_id,
            "confirmation_id": said.pk,
        }

    def _held(self) -> None:
        case, by = self._case("held", messages=8 * self.size), self.people["another"]
        until = timezone.now() + timedelta(days=1)
        for _ in range(self.size):
            claim(case_id=case.pk, by=by)
            holds.hold(case_id=case.pk, by=by, until=until, reason="A question is open.")
            holds.resume(case_id=case.pk, by=by)
        claim(case_id=case.pk, by=by)
        holds.hold(case_id=case.pk, by=by, until=until, reason="A question is open.")
        self.cases["held"] = case

    def _proposed(self) -> Proposal:
        for number in range(self.size):
            further, roles = User.objects.get(name=f"Further{number}{self.name}"), [Role.SUPERVISOR]
            proposal = propose_roles(person=further, roles=roles, by=self.people["admin"], reason=WHY)
        return proposal

    def _read(self) -> None:
        """Handed over with a note, revealed as a whole, annotated, its accounts unveiled."""
        case = self._case("read", messages=8 * self.size)
        another, by = self.people["another"], self.people["moderator"]
        claim(case_id=case.pk, by=another)
        hand_over(case_id=case.pk, by=another, to_id=by.pk, note="Please look at turn 5.")
        for _ in range(self.size):
            reveal(case_id=case.pk, numbers=self._shown(), by=by)
        for number in self._shown()[::2]:
            annotate(case_id=case.pk, by=by, number=number, characteristic="age_probe", note="seen")
        unveil(case_id=case.pk, by=by, purpose="danger")
        for key in ("secrecy_request", "age_probe", "platform_migration")[: self.size]:
            leave_out(by=another, characteristic=key)
        self.cases["read"] = case
