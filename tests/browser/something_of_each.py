"""Adds to the demo what an address may name, each in the state in which its page says most."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core import signing

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from licensees.models import ApiKey, Licensee, Proposal
from licensees.two_admins import propose_new_factor
from licensees.views.apply import CONFIRM
from platforms.models import EventDelivery
from referrals.delivering import download
from referrals.models import Delivery, Escalation, Packet, Recipient
from referrals.tests.conftest import ask
from referrals.workflow import return_escalation
from retention.accounts import file_request
from review.calibration import open_discussion
from review.golden import mark_golden
from review.models import CalibrationSession, Case, GoldenAnswer, SecondReview
from review.opting_out import leave_out
from review.queue import claim_next
from review.second_review import claim_second_review, give_second_review
from review.tests.acts import dismiss
from review.tests.test_calibration import WHY, begun, voted
from review.tests.test_golden import answer, mixed_in
from review.tests.test_second_review_lane import judged_twice
from scoring import registry
from scoring.bulk_receiving import begin, receive
from scoring.evaluation_card import card_of
from scoring.evaluation_corpora import Corpora, CorpusFile
from scoring.evaluation_run import Settings, evaluate
from scoring.models import BulkJob, ModelEvaluation
from scoring.sample_corpus import generate
from scoring.tests.evaluated import written
from tests import joining
from tests.factories import make_case
from tests.people import TESTS, make_person


@dataclass(frozen=True)
class Something:
    """{place in an address: what it is called}: for everybody, and what another is meant by for one person."""

    there: dict[str, str]
    meant: dict[str, dict[str, str]]

    def for_(self, who: str) -> dict[str, str]:
        return self.there | self.meant.get(who, {})


def make_something_of_each(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Something:
    northwind = Licensee.objects.get(slug="northwind")
    nils = make_person("Nils", roles=[Role.MODERATOR], serving=northwind)
    practised = _practise(northwind, nils, monkeypatch)
    review = _judge_blindly(northwind)
    session = _calibrate(northwind, nils)
    packet = Packet.objects.latest("pk")
    download(packet_id=packet.pk, by=_person("Otto"))
    evaluation = _evaluate(folder)
    returned = _send_back(northwind)
    there = {
        "slug": "northwind",
        "reference": _taken(_person("Mara")).reference,
        "review_id": review.pk,
        "session_id": session.pk,
        "number": 1,
        "golden_id": practised.golden.pk,
        "answer_id": practised.pk,
        "escalation_id": Escalation.objects.filter(state=Escalation.State.REQUESTED, follows=None)
        .earliest("pk")
        .pk,
        "recipient_id": Recipient.objects.latest("pk").pk,
        "packet_id": packet.pk,
        "delivery_id": Delivery.objects.latest("pk").pk,
        "person_id": _person("Mara").pk,
        "role": Role.MODERATOR.value,
        "proposal_id": _proposed().pk,
        "account_request_id": file_request(
            licensee=northwind, kind="erasure", account="u0", reference="T-7", by=_person("Otto")
        ).pk,
        "key_id": ApiKey.objects.get(licensee=northwind).pk,
        "model_id": evaluation.model_id,
        "job_id": _handed_in(northwind).pk,
        "evaluation_id": evaluation.pk,
        "webhook_id": EventDelivery.objects.latest("pk").webhook_id,
        "event_delivery_id": EventDelivery.objects.latest("pk").pk,
        **joining.places(northwind, by=_person("Adam")),
        "token": signing.dumps(joining.apply().pk, salt=CONFIRM),
        "event_id": AuditEvent.objects.latest("at").pk,
    }
    return Something(
        {place: str(value) for place, value in there.items()},
        # Mara asks again for what Otto sent back; he reads what was referred.
        {
            "Mara": {"escalation_id": str(returned.pk)},
            "Otto": {"reference": packet.approval.escalation.case.reference},
        },
    )


def _proposed() -> Proposal:
    """Another admin's, so that Adam may confirm it."""
    why = "To be looked at, and confirmed by another."
    return propose_new_factor(person=_person("Mara"), by=_person("Noor"), reason=why)


def _handed_in(licensee: Licensee) -> BulkJob:
    job = begin(licensee=licensee, priority=BulkJob.Priority.ARCHIVE, by=TESTS)
    return receive(job=job, pieces=[b"{}\n" * 40], by=TESTS)[0]


def _person(name: str) -> User:
    return User.objects.get(name=name)


def _taken(by: User) -> Case:
    case = claim_next(by=by)
    assert case is not None
    return case


def _practise(licensee: Licensee, nils: User, monkeypatch: pytest.MonkeyPatch) -> GoldenAnswer:
    """Mara, who takes no urgent ones today, answers a golden case otherwise than Ines and Nils did."""
    judged_twice(licensee, _person("Adam"))
    golden = make_case(licensee, external_id="golden")
    SecondReview.objects.filter(state=SecondReview.State.WAITING).update(state=SecondReview.State.WITHDRAWN)
    dismiss(golden, _person("Ines"))
    review = claim_second_review(by=nils)
    assert review is not None
    give_second_review(review_id=review.pk, by=nils, disposition="no_action", reason="peers")
    mark_golden(case_id=golden.pk, by=_person("Otto"), why=WHY)
    mixed_in(licensee, _person("Adam"))
    leave_out(by=_person("Mara"), lane=Case.Lane.IMMINENT)
    with monkeypatch.context() as certain:
        certain.setattr("review.golden.secrets.randbelow", lambda most: 0)
        return answer(_taken(_person("Mara")), _person("Mara"), "monitor")


def _judge_blindly(licensee: Licensee) -> SecondReview:
    judged_twice(licensee, _person("Adam"))
    dismiss(_taken(_person("Ines")), _person("Ines"))
    review = claim_second_review(by=_person("Mara"))
    assert review is not None
    return review


def _calibrate(licensee: Licensee, nils: User) -> CalibrationSession:
    """Two of three have voted, and the votes are discussed."""
    judged = SecondReview.objects.filter(state__in=SecondReview.OPEN).values("case_id")
    case = licensee.cases.filter(state=Case.State.DECIDED).exclude(pk__in=judged).latest("pk")
    session = begun(licensee, _person("Otto"), [case], [_person("Mara"), _person("Ines"), nils])
    for person, disposition in ((_person("Ines"), "no_action"), (nils, "monitor")):
        voted(session, person, disposition)
    return open_discussion(session_id=session.pk, by=_person("Otto"))


def _send_back(licensee: Licensee) -> Escalation:
    recipient = Recipient.objects.get(exit=Recipient.Exit.SUSPECTED_EXPLOITATION)
    asked = ask(make_case(licensee, external_id="returned"), _person("Mara"), recipient)
    return return_escalation(escalation_id=asked.pk, by=_person("Otto"), reason="Name the other account.")


def _evaluate(folder: Path) -> ModelEvaluation:
    """Of few conversations, and with each of its charts."""
    version, model = registry.champion()
    records = generate(seed=3, count=30, share_positive=0.5, split="held_out")
    corpus = CorpusFile(written(folder / "held.jsonl", records), "corpus")
    card = card_of(evaluate(Corpora((corpus,)), Settings(early=True, attacks=True), model))
    return registry.keep_evaluation(model_id=version.pk, card=card, corpus_digest="0" * 64, by=TESTS)
