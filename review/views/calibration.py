"""Calibration: making a session, voting alone, discussing by letters, and writing down what was agreed."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import access
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.assignments import licensees_served_by, people_serving
from licensees.together import ask
from review import calibration
from review.care import RestFirst
from review.forms import AgreeForm, CalibrationForm, VoteForm
from review.models import CalibrationCase, CalibrationSession, CalibrationVote
from review.permissions import check_may_calibrate, check_may_lead, check_may_vote, get_session_for
from review.views.blind import Blind, blind_page, revealed_blind
from review.views.reading import reviewers, start_of
from review.views.request import PersonRequest

State = CalibrationSession.State
SHOWN = 50


@reviewers
@require_GET
def sessions(request: PersonRequest) -> HttpResponse:
    person = request.user
    led = licensees_served_by(person, Role.SUPERVISOR)
    all_ = CalibrationSession.objects.select_related("licensee").order_by("-made_at", "-pk")
    invited = all_.filter(
        invitations__person=person, licensee__in=licensees_served_by(person, Role.MODERATOR)
    )
    context = {
        "invited": invited[:SHOWN],
        "led": all_.filter(licensee__in=led).exclude(invitations__person=person)[:SHOWN],
        "licensees": led.order_by("name"),
        "moderates": person.has_role(Role.MODERATOR),
    }
    return render(request, "review/calibration_sessions.html", context)


@access(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def begin(request: PersonRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(licensees_served_by(request.user, Role.SUPERVISOR), slug=slug)
    check_may_calibrate(request.user, licensee)
    people = list(people_serving(licensee, Role.MODERATOR).exclude(pk=request.user.pk))
    form = CalibrationForm(
        people, request.POST or None, initial={"vote_until": timezone.now() + timedelta(days=3)}
    )
    if form.is_valid():
        try:
            return _begun(request, licensee, form)
        except NotPossible as refusal:
            # Nothing that was typed is lost.
            form.add_error(None, refusal.sentence)
    context = {"licensee": licensee, "form": form, "few": len(people) < calibration.FEWEST_PEOPLE}
    return render(request, "review/calibration_begin.html", context, status=422 if form.is_bound else 200)


def _begun(request: PersonRequest, licensee: Any, form: CalibrationForm) -> HttpResponse:
    said = form.cleaned_data
    session = calibration.begin_session(
        licensee=licensee,
        by=request.user,
        title=said["title"],
        references=said["references"],
        person_ids=said["people"],
        vote_until=said["vote_until"],
    )
    messages.success(request, "The session has begun. Nobody sees a vote until you open the discussion.")
    return redirect(session)


@reviewers
@require_GET
def detail(request: PersonRequest, session_id: int) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    return render(request, "review/calibration_session.html", _session_page(request, session))


@reviewers
@require_http_methods(["GET", "POST"])
def case(request: PersonRequest, session_id: int, number: int) -> HttpResponse:
    """Where one of the invited reads and votes. What is not revealed is not in the page."""
    session = get_session_for(request.user, session_id)
    check_may_vote(request.user, session)
    votes = CalibrationVote.objects.filter(item__session=session, item__number=number, voted_by=request.user)
    answers = ask(items=calibration.items_of(session.pk, number), votes=votes)
    item, voted = _found(answers["items"]), next(iter(answers["votes"]), None)
    form = VoteForm(request.POST or None)
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("disposition", "reason", "platform_action")}
        calibration.vote(item_id=item.pk, by=request.user, **said)
        messages.success(request, f"Your vote on case {number} is kept. Nobody sees it while people vote.")
        return redirect(session)
    context = blind_page(_blind(request, session, item), request.user, start=start_of(request))
    context |= {"session": session, "item": item, "voted": voted, "decide_form": form}
    context["open"] = session.state == State.VOTING and session.vote_until > timezone.now() and voted is None
    return render(request, "review/calibration_case.html", context, status=422 if form.is_bound else 200)


@reviewers
@require_POST
def reveal(request: PersonRequest, session_id: int, number: int) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    check_may_vote(request.user, session)
    item = get_object_or_404(calibration.items_of(session.pk, number))
    try:
        return revealed_blind(request, _blind(request, session, item))
    except RestFirst:
        return redirect("review:care")


@access(Role.SUPERVISOR)
@require_POST
def discuss(request: PersonRequest, session_id: int) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    calibration.open_discussion(session_id=session.pk, by=request.user)
    messages.info(request, "The votes are shown now, under letters. Nobody votes any more.")
    return redirect(session)


@access(Role.SUPERVISOR)
@require_POST
def agree(request: PersonRequest, session_id: int, number: int) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    check_may_lead(request.user, session)
    item = get_object_or_404(calibration.items_of(session.pk, number))
    form = AgreeForm(number, request.POST)
    if not form.is_valid():
        page = _session_page(request, session, bound={number: form})
        return render(request, "review/calibration_session.html", page, status=422)
    said = form.cleaned_data
    calibration.agree(item_id=item.pk, by=request.user, disposition=said["disposition"], why=said["why"])
    messages.success(request, f"The answer to case {number} is written down.")
    return redirect(session)


@access(Role.SUPERVISOR)
@require_POST
def close(request: PersonRequest, session_id: int) -> HttpResponse:
    session = get_session_for(request.user, session_id)
    calibration.close_session(session_id=session.pk, by=request.user)
    messages.success(request, "The session is closed.")
    return redirect(session)


def _found(items: Sequence[CalibrationCase]) -> CalibrationCase:
    if not items:
        raise Http404
    return items[0]


def _blind(request: PersonRequest, session: CalibrationSession, item: CalibrationCase) -> Blind:
    def reveal(numbers: Collection[int]) -> dict[int, str]:
        return calibration.reveal_in_session(item=item, numbers=numbers, by=request.user)

    url = reverse("review:calibration_reveal", args=[session.pk, item.number])
    return Blind(
        case=item.case,
        messages=calibration.messages_of(calibration.items_of(session.pk, item.number)),
        reveal=reveal,
        reveal_url="" if session.state == State.CLOSED else url,
        page_url=_case_url(session, item.number),
        about=session.about(),
    )


def _case_url(session: CalibrationSession, number: int) -> str:
    return reverse("review:calibration_case", args=[session.pk, number])


def _session_page(
    request: PersonRequest, session: CalibrationSession, bound: dict[int, AgreeForm] | None = None
) -> dict[str, Any]:
    leading = session.is_led
    items = list(session.cases.select_related("case").order_by("number"))
    votes = list(CalibrationVote.objects.filter(item__session=session).order_by("item__number"))
    letters = calibration.letters_of(session)
    shown = session.state != State.VOTING
    why = calibration.read_agreed(session, by=request.user) if shown else {}
    own = {vote.item_id: vote for vote in votes if vote.voted_by_id == request.user.pk}
    rows = [
        {
            "item": item,
            "url": "" if leading else _case_url(session, item.number),
            "own": own.get(item.pk),
            "votes": _by_letter(item, votes, letters) if shown else [],
            "why": why.get(item.number, ""),
            "form": (bound or {}).get(item.number) or AgreeForm(item.number, initial=_agreed(item, why)),
        }
        for item in items
    ]
    return {
        "session": session,
        "leading": leading,
        "rows": rows,
        "people": len(letters),
        "given": len(votes),
        "wanted": len(letters) * len(items),
        "over": session.vote_until <= timezone.now(),
        "letter": "" if leading else letters.get(request.user.pk, ""),
        "agreement": calibration.agreement_of(session) if shown else None,
        "may_close": all(item.agreed for item in items),
        "next": next((row["url"] for row in rows if row["own"] is None), ""),
    }


def _by_letter(
    item: CalibrationCase, votes: list[CalibrationVote], letters: dict[int, str]
) -> list[dict[str, Any]]:
    """Outcomes, the most frequent first, each with the letters that chose it: never a name."""
    on_it = [vote for vote in votes if vote.item_id == item.pk]
    said = Counter(vote.get_disposition_display() for vote in on_it)
    return [
        {
            "outcome": outcome,
            "letters": sorted(
                letters[v.voted_by_id] for v in on_it if v.get_disposition_display() == outcome
            ),
        }
        for outcome, _ in said.most_common()
    ]


def _agreed(item: CalibrationCase, why: dict[int, str]) -> dict[str, str]:
    return {"disposition": item.agreed, "why": why.get(item.number, "")}
