"""Some of the demo's cases are already worked on: through the verbs, by the people whose work it is."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.second_factor import code_now
from referrals import reading, workflow
from referrals.models import Escalation, Recipient
from review import workflow as reviewing
from review.models import Case, Decision
from review.queue import claim_next
from scoring.models import MessageRating, Score

GROUNDS = (
    "The subject account asks about age, asks to keep the chat between the two of them and proposes another app. "
    "Demonstration: the messages are neutral and nobody is concerned."
)
JUDGEMENTS: list[tuple[Decision.Disposition, dict[str, Any]]] = [
    (Decision.Disposition.NO_ACTION, {"reason": Decision.Reason.PEERS}),
    (Decision.Disposition.MONITOR, {"monitor_until": timezone.localdate() + timedelta(days=14)}),
    (Decision.Disposition.PLATFORM_ACTION, {"platform_action": Decision.PlatformAction.WARN}),
    (Decision.Disposition.NO_ACTION, {"reason": Decision.Reason.TRUSTED_ROLE}),
]
WORTH_A_LABEL = 0.5
EVIDENCE = 3


def do_some(people: dict[str, tuple[User, str]]) -> None:
    """Four judgements, one escalation that waits for Otto, and one that he approved; people come with passwords."""
    mara = people["Mara"][0]
    for disposition, details in JUDGEMENTS:
        case = claim_next(by=mara)
        if case is not None:
            _judge(case, by=mara, disposition=disposition, details=details)
    sealed, _waiting = _escalate_next(by=mara), _escalate_next(by=mara)
    if sealed is not None:
        _approve(sealed, *people["Otto"])


def _judge(case: Case, *, by: User, disposition: Decision.Disposition, details: dict[str, Any]) -> None:
    numbers = _weightiest(case)
    reviewing.reveal(case_id=case.pk, numbers=numbers, by=by)
    _annotate(case, numbers, by=by)
    reviewing.decide(
        case_id=case.pk, by=by, disposition=disposition, seen_revision=case.conversation.revision, **details
    )


def _weightiest(case: Case) -> list[int]:
    rated = MessageRating.objects.weighed_by(Score.objects.newest_judged(case.conversation_id))
    return sorted(
        rated.order_by(F("contribution").desc()).values_list("message__number", flat=True)[:EVIDENCE]
    )


def _annotate(case: Case, numbers: list[int], *, by: User) -> None:
    """Say again what the machine rated highest: enough to show what an annotation looks like."""
    for message in case.conversation.messages.filter(number__in=numbers).select_related("rating"):
        ratings = message.rating.ratings
        if ratings and max(ratings.values()) >= WORTH_A_LABEL:
            characteristic = max(ratings, key=lambda key: ratings[key])
            reviewing.annotate(case_id=case.pk, by=by, number=message.number, characteristic=characteristic)


def _escalate_next(*, by: User) -> Escalation | None:
    case = claim_next(by=by)
    if case is None:
        return None
    numbers = _weightiest(case)
    reviewing.reveal(case_id=case.pk, numbers=numbers, by=by)
    subject, possible_minor = case.conversation.participants.order_by("position")[:2]
    exit_ = Recipient.Exit.SUSPECTED_EXPLOITATION
    return workflow.escalate(
        case_id=case.pk,
        by=by,
        seen_revision=case.conversation.revision,
        exit=exit_,
        recipient_id=Recipient.objects.filter(exit=exit_).values_list("pk", flat=True)[0],
        subject_id=subject.pk,
        possible_minor_id=possible_minor.pk,
        evidence_numbers=numbers,
        context=3,
        incident_at=case.conversation.last_message_at,
        grounds=GROUNDS,
        incident_definition="when the last message was sent, by the platform’s clock",
    )


def _approve(escalation: Escalation, by: User, password: str) -> None:
    """As he would: signed in, on the page, with his password. Nothing but that page can approve."""
    browser = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0], HTTP_X_FORWARDED_PROTO="https")
    browser.post(reverse("sign_in"), {"username": by.email, "password": password}, secure=True)
    code = code_now(person=by, now=timezone.now())
    signed_in = browser.post(reverse("second_step"), {"code": code}, secure=True)
    seen = reading.view_packet(escalation_id=escalation.pk, by=by)
    data = {
        "packet_digest": seen.draft.digest,
        "typed_reference": escalation.case.reference,
        "password": password,
    }
    answer = browser.post(reverse("referrals:approve", args=[escalation.pk]), data, secure=True)
    if (signed_in.status_code, answer.status_code) != (302, 302):
        raise RuntimeError(f"The demo's approval was answered with {answer.status_code}.")
