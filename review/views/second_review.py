"""Second reviews: taking one, judging blindly, and adjudicating where two judgements differ."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import access, may
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from review import second_review
from review.care import RestFirst
from review.forms import AdjudicateForm, NextForm, SecondReviewForm
from review.models import SecondReview
from review.permissions import check_may_adjudicate, get_second_review_for
from review.views.blind import Blind, blind_page, revealed_blind
from review.views.reading import start_of
from review.views.request import PersonRequest
from review.views.words import ago

SHOWN = 50
NOTHING = "No second review waits for you. Those of cases that you have worked on are for others."
GIVEN = "Your second review is given. Thank you."


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def second_reviews(request: PersonRequest) -> HttpResponse:
    person = request.user
    supervised = licensees_served_by(person, Role.SUPERVISOR)
    differing = SecondReview.objects.filter(licensee__in=supervised, state=SecondReview.State.DISAGREED)
    rows = differing.select_related("case", "licensee").order_by("opened_at", "id")[:SHOWN]
    context = {
        "moderates": person.has_role(Role.MODERATOR),
        "supervises": person.has_role(Role.SUPERVISOR),
        "held": second_review.held_second_review(person),
        "waits": person.has_role(Role.MODERATOR) and second_review.offered_to(person).exists(),
        "rows": [{"review": review, "ago": ago(review.decided_at)} for review in rows if review.decided_at],
    }
    return render(request, "review/second_reviews.html", context)


@access(Role.MODERATOR)
@require_POST
def take_second_review(request: PersonRequest) -> HttpResponse:
    form = NextForm(request.POST)
    wish = form.cleaned_data.get("licensee") if form.is_valid() else None
    try:
        review = second_review.claim_second_review(by=request.user, licensee_id=wish)
    except RestFirst:
        return redirect("review:care")
    if review is None:
        messages.info(request, NOTHING)
        return redirect("review:second_reviews")
    return redirect("review:second_review", review.pk)


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def detail(request: PersonRequest, review_id: int) -> HttpResponse:
    review = get_second_review_for(request.user, review_id)
    if review.state in SecondReview.OPEN:
        return _blind(request, review, SecondReviewForm())
    return _both(request, review, AdjudicateForm())


@access(Role.MODERATOR)
@require_POST
def reveal(request: PersonRequest, review_id: int) -> HttpResponse:
    review = get_second_review_for(request.user, review_id)
    return revealed_blind(request, _blind_of(request, review))


@access(Role.MODERATOR)
@require_POST
def release(request: PersonRequest, review_id: int) -> HttpResponse:
    review = get_second_review_for(request.user, review_id)
    second_review.release_second_review(review_id=review.pk, by=request.user)
    messages.info(request, "You gave the second review back. It waits for somebody else.")
    return redirect("review:second_reviews")


@access(Role.MODERATOR)
@require_POST
def give(request: PersonRequest, review_id: int) -> HttpResponse:
    review = get_second_review_for(request.user, review_id)
    form = SecondReviewForm(request.POST)
    if not form.is_valid():
        return _blind(request, review, form, status=422)
    said = {name: form.cleaned_data[name] for name in ("disposition", "reason", "platform_action", "note")}
    second_review.give_second_review(review_id=review.pk, by=request.user, **said)
    messages.success(request, GIVEN)
    return redirect("review:second_reviews")


@access(Role.SUPERVISOR)
@require_http_methods(["POST"])
def adjudicate(request: PersonRequest, review_id: int) -> HttpResponse:
    review = get_second_review_for(request.user, review_id)
    form = AdjudicateForm(request.POST)
    if not form.is_valid():
        return _both(request, review, form, status=422)
    disposition = form.cleaned_data["disposition"]
    second_review.adjudicate(review_id=review.pk, by=request.user, disposition=disposition)
    messages.success(request, f"{review.case.reference} is adjudicated.")
    return redirect("review:second_reviews")


def _blind(
    request: PersonRequest, review: SecondReview, form: SecondReviewForm, *, status: int = 200
) -> HttpResponse:
    context = blind_page(_blind_of(request, review), request.user, start=start_of(request))
    context |= {"review": review, "decide_form": form}
    return render(request, "review/second_review.html", context, status=status)


def _blind_of(request: PersonRequest, review: SecondReview) -> Blind:
    def reveal(numbers: Collection[int]) -> dict[int, str]:
        return second_review.reveal_blind(review_id=review.pk, numbers=numbers, by=request.user)

    return Blind(
        case=review.case,
        messages=second_review.messages_of(review.pk),
        reveal=reveal,
        reveal_url=reverse("review:second_review_reveal", args=[review.pk]),
        page_url=review.get_absolute_url(),
        about=second_review.blind_about(review),
    )


def _both(
    request: PersonRequest, review: SecondReview, form: AdjudicateForm, *, status: int = 200
) -> HttpResponse:
    allowed, why_not = may(check_may_adjudicate, request.user, review)
    context: dict[str, Any] = {"review": review, "form": form, "why_not": why_not, "may_adjudicate": allowed}
    context["judgements"] = [_judgement("First", review.decision, review.first_decided_by.name)]
    if review.reviewer is not None:
        note = second_review.read_second_note(review_id=review.pk, by=request.user)
        context["judgements"].append(
            _judgement("Second, blind", review, review.reviewer.name) | {"note": note}
        )
    return render(request, "review/adjudicate.html", context, status=status)


def _judgement(which: str, judged: Any, by: str) -> dict[str, Any]:
    return {
        "which": which,
        "by": by,
        "outcome": judged.get_disposition_display(),
        "detail": judged.get_reason_display() or judged.get_platform_action_display(),
        "at": judged.decided_at,
    }
