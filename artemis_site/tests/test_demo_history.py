"""What the demo tells was done by its verbs: recorded act by act, in order, by people who may."""

from datetime import timedelta
from io import StringIO
from itertools import groupby
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import AuditEvent
from audit.sealed_trail import LONGEST_ACT
from audit.verbs import Verb
from audit.verify import check_cases, check_entries, stored_events
from referrals.models import Approval, Delivery, Escalation, EscalationVersion, Packet
from review.models import CalibrationSession, Case, Claim, Decision, HandOver, Reveal
from scoring.pipeline import Model

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = 6


@pytest.fixture
def told(transactional_db: None, tmp_path: Path, sample_model: Model) -> str:
    """What load_demo printed."""
    file, printed = tmp_path / "sample.npz", StringIO()
    file.write_bytes(sample_model.to_bytes())
    call_command("load_demo", days=DAYS, model=file, stdout=printed, stderr=StringIO())
    return printed.getvalue()


def _recorded(verb: Verb, key: str) -> list[int]:
    return sorted(event.payload[key] for event in AuditEvent.objects.filter(verb=verb))


def test_a_week_is_told_as_it_would_have_been(told: str):
    """One load, since it takes seconds, and everything that has to be true of it."""
    _the_trail_holds_every_act()
    _times_are_in_order()
    _every_page_has_something_to_show()
    _two_people_stand_behind_each_packet()
    assert "priya@demo.example" not in told
    assert told.count("@demo.example") == 7
    again = StringIO()
    call_command("load_demo", stdout=again, stderr=StringIO())
    assert again.getvalue().startswith("The demo is already loaded.")


def _the_trail_holds_every_act() -> None:
    assert list(check_entries(stored_events())) == []
    assert list(check_cases()) == []
    assert _recorded(Verb.CASE_DECIDED, "decision") == sorted(Decision.objects.values_list("pk", flat=True))
    assert AuditEvent.objects.filter(verb=Verb.CASE_OPENED).count() == Case.objects.count()
    viewed = {
        (event.case_reference, message)
        for event in AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED)
        for message in event.payload.get("messages", [])
    }
    assert viewed >= set(Reveal.objects.values_list("case__reference", "message_id"))


def _times_are_in_order() -> None:
    now = timezone.now()
    for decision in Decision.objects.select_related("case"):
        assert decision.case.opened_at < decision.decided_at <= now
    moments = AuditEvent.objects.order_by("at").values_list("at", flat=True)
    assert now - moments[0] > timedelta(days=DAYS)
    assert max(moments) <= now
    _sealed_in_order()
    told = AuditEvent.objects.exclude(case_reference="").order_by("case_reference", "case_sequence")
    for reference, events in groupby(told, key=lambda event: event.case_reference):
        listed = list(events)
        assert listed == sorted(listed, key=lambda event: event.at), reference


def _sealed_in_order() -> None:
    """What is committed later is dated less than an hour before what was, as `verify_audit` asks of the seal."""
    committed_first = AuditEvent.objects.filter(verb=Verb.CONVERSATIONS_ACCEPTED).latest("at").at
    asked = Escalation.objects.filter(approval__isnull=False).earliest("pk")
    claimed = AuditEvent.objects.filter(case_reference=asked.case.reference, verb=Verb.CASE_CLAIMED).latest(
        "at"
    )
    assert committed_first - claimed.at < LONGEST_ACT


def _every_page_has_something_to_show() -> None:
    days = Decision.objects.dates("decided_at", "day").count()
    assert days >= DAYS - 2
    assert set(Decision.objects.values_list("disposition", flat=True)) == set(Decision.Disposition.values)
    waiting = Case.objects.filter(state=Case.State.WAITING)
    assert waiting.filter(licensee__slug="northwind").count() >= 3
    assert Case.objects.filter(state=Case.State.IN_REVIEW).count() == 2
    assert HandOver.objects.get().to_claim.ended_at is None
    assert Claim.objects.filter(ending=Claim.Ending.EXPIRED).exists()
    assert set(CalibrationSession.objects.values_list("state", flat=True)) == {"voting", "closed"}
    follow_ups = Escalation.objects.filter(state="requested", follows__isnull=False)
    assert set(follow_ups.values_list("relation", flat=True)) == {"supplements", "retracts"}
    assert EscalationVersion.objects.filter(exit="imminent_threat", escalation__state="requested").exists()
    assert Delivery.objects.filter(state=Delivery.State.ACKNOWLEDGED).exists()


def _two_people_stand_behind_each_packet() -> None:
    assert Packet.objects.count() == Approval.objects.count() >= 2
    for approval in Approval.objects.select_related("escalation"):
        assert approval.approved_by_id != approval.escalation.requested_by_id
    requested = Escalation.objects.filter(state=Escalation.State.REQUESTED)
    assert requested.filter(follows=None).count() == 2
    assert requested.filter(relation=Escalation.Relation.SUPPLEMENTS).count() == 1
