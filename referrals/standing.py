"""Where an escalation stands: whose it is, until when, and what happens next. Nothing ends silently."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import about_serving_pairs, pairs_in
from licensees.together import ask
from referrals.models import Delivery, Escalation, RecipientRequest

State = Escalation.State
RETRACTIONS = Escalation.objects.filter(relation=Escalation.Relation.RETRACTS, state=State.SEALED)
OPEN_REQUESTS = RecipientRequest.objects.filter(state=RecipientRequest.State.OPEN)
ASKED_FOR_MORE = Q(state=State.SEALED, is_asked=True)
UNDELIVERED = Q(state__in=[State.APPROVED, State.SEALED], is_taken=False)


RETRACTED = "It was retracted: the retraction says why, and how that one was delivered."


@dataclass(frozen=True)
class Standing:
    """`due_at` is None only where nothing is left to do with the escalation: then the case goes on by itself."""

    owner: User
    owner_is_away: bool
    due_at: datetime | None
    is_overdue: bool
    next_step: str


def standings(
    escalations: Iterable[Escalation], answers: Mapping[str, list[Any]] | None = None
) -> dict[int, Standing]:
    """{escalation: its standing}, in one question for one and for a hundred.

    `answers`: to `about_standings`, where they were asked together with others.
    """
    listed = list(escalations)
    if answers is None:
        answers = ask(**about_standings(listed))
    moderating = set(pairs_in(answers["moderating"]))
    left, retracted = set(answers["left"]), set(answers["retracted"])
    # The one that is due first.
    asked = {request.escalation_id: request for request in answers["requests"]}
    return {
        one.pk: _waiting_for_an_answer(asked[one.pk])
        if one.pk in asked and one.pk in left
        else _standing(
            one,
            is_away=one.is_live and (one.owner_id, one.case.licensee_id) not in moderating,
            has_left=one.pk in left or one.pk in retracted,
            is_retracted=one.pk in retracted,
        )
        for one in listed
    }


def about_standings(listed: Sequence[Escalation]) -> dict[str, QuerySet[Any, Any]]:
    sealed = [one.pk for one in listed if one.state == State.SEALED]
    live = {one.case.licensee_id for one in listed if one.is_live}
    taken = Delivery.objects.filter(packet__approval__escalation__in=sealed, state__in=Delivery.LEFT)
    retracted = RETRACTIONS.filter(follows__approval__escalation__in=sealed)
    requests = OPEN_REQUESTS.filter(escalation__in=sealed).select_related("owner", "recipient")
    return {
        "moderating": about_serving_pairs(Role.MODERATOR, live),
        "left": taken.values_list("packet__approval__escalation", flat=True),
        "retracted": retracted.values_list("follows__approval__escalation", flat=True),
        "requests": requests.order_by("-due_at", "-pk"),
    }


def open_ones(escalations: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Those with which somebody still has to do something: an answer, a change, or bringing the packet away."""
    return with_taken(escalations).filter(Q(state__in=Escalation.LIVE) | UNDELIVERED | ASKED_FOR_MORE)


def overdue(escalations: QuerySet[Escalation], *, now: datetime | None = None) -> QuerySet[Escalation]:
    """Past the due time of the next step: of the answer, the delivery, or what a recipient asked for."""
    return with_due(open_ones(escalations)).filter(next_due_at__lt=now or timezone.now())


def with_due(escalations: QuerySet[Escalation]) -> QuerySet[Any]:
    """`next_due_at`: the escalation's own due time while that runs, then that of the recipient's request."""
    own = Case(When(Q(state__in=Escalation.LIVE) | UNDELIVERED, then=F("due_at")))
    asked = OPEN_REQUESTS.filter(escalation=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    return with_taken(escalations).annotate(next_due_at=Coalesce(own, Subquery(asked)))


def undelivered(escalations: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Sealed, and the packet has not left the house: a delivery that failed or was given up does not count."""
    return with_taken(escalations).filter(UNDELIVERED)


def ended(escalations: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """With which nobody has to do anything any more."""
    return (
        with_taken(escalations)
        .exclude(state__in=Escalation.LIVE)
        .exclude(UNDELIVERED)
        .exclude(ASKED_FOR_MORE)
    )


def with_taken(escalations: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Taken to the recipient, or retracted: in both cases nobody has to bring it away any more."""
    taken = Delivery.objects.filter(packet__approval__escalation=OuterRef("pk"), state__in=Delivery.LEFT)
    retracted = RETRACTIONS.filter(follows__approval__escalation=OuterRef("pk"))
    asked = OPEN_REQUESTS.filter(escalation=OuterRef("pk"))
    return escalations.alias(is_taken=Exists(taken) | Exists(retracted), is_asked=Exists(asked))


def _waiting_for_an_answer(request: RecipientRequest) -> Standing:
    return Standing(
        owner=request.owner,
        owner_is_away=False,
        due_at=request.due_at,
        is_overdue=request.due_at < timezone.now(),
        next_step=f"{request.recipient} asks for more: {request.owner} sees to the answer, or asks for a supplement.",
    )


def _standing(escalation: Escalation, *, is_away: bool, has_left: bool, is_retracted: bool) -> Standing:
    is_open = escalation.is_live or (escalation.state in (State.APPROVED, State.SEALED) and not has_left)
    due_at = escalation.due_at if is_open else None
    return Standing(
        owner=escalation.owner,
        owner_is_away=is_away,
        due_at=due_at,
        is_overdue=due_at is not None and due_at < timezone.now(),
        next_step=RETRACTED if is_retracted else _next_step(escalation, is_away=is_away, has_left=has_left),
    )


def _next_step(escalation: Escalation, *, is_away: bool, has_left: bool) -> str:
    licensee, owner = escalation.case.licensee, escalation.owner
    if escalation.state == State.REQUESTED:
        return f"A supervisor of {licensee} who did not ask for it approves, returns or declines it."
    if escalation.state in (State.PREPARED, State.RETURNED) and is_away:
        return f"{owner} does not moderate for {licensee} any more: a supervisor gives it to another owner."
    if escalation.state == State.PREPARED:
        return f"{owner} completes the {escalation.what} and submits it to a second person, or withdraws it."
    if escalation.state == State.RETURNED:
        return f"{owner} changes it and submits it again, or withdraws it."
    if escalation.state in (State.APPROVED, State.SEALED):
        if has_left:
            return "The packet was taken to the recipient: its page says what became of it."
        packet = f"{escalation.what}" if escalation.is_follow_up else "packet"
        return f"A supervisor of {licensee} brings the {packet} to its recipient."
    if escalation.is_follow_up:
        return "It ended here; the packet that was sealed before stands as it is."
    return f"It ended here; the case went on: {escalation.case.get_state_display().lower()}."
