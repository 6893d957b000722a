"""More of the conversation: earlier and later turns, the next flagged one, and word of messages that have arrived."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import asked_by_the_page
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from review.first_judgement import check_score_shown, hides_from
from review.history import events_of
from review.models import Case
from review.permissions import get_case_for
from review.policies import count
from review.rereading import Sealed, read_again
from review.views.case_file import read_part
from review.views.reading import number_in, reviewers, standing_of
from review.views.request import PersonRequest
from review.views.said import history_rows
from review.views.strip import flagged_beyond
from review.views.transcript import seen_again, transcript
from review.views.window import Window, turn_url, window_url

# htmx stops asking.
STOP_POLLING = 286


@reviewers
@require_GET
def turns(request: PersonRequest, reference: str) -> HttpResponse:
    """A window for htmx: `after` or `before` a turn to be joined on, or `at` one, in place of what is shown."""
    case = get_case_for(request.user, reference)
    for name, way in (("after", Window.after), ("before", Window.before), ("at", Window.around)):
        number = number_in(request, name)
        if number is not None:
            return _window(request, case, way(number), joined=name != "at")
    return redirect(window_url(case, 1))


@reviewers
@require_GET
def flagged(request: PersonRequest, reference: str) -> HttpResponse:
    """To the nearest flagged turn after one, or before one, in whichever window it stands."""
    case = get_case_for(request.user, reference)
    check_score_shown(case, request.user)
    after, before = number_in(request, "after"), number_in(request, "before")
    found = (
        flagged_beyond(case, after or 0) if before is None else flagged_beyond(case, before, backwards=True)
    )
    if not request.htmx:
        return redirect(turn_url(case, found) if found else window_url(case, before or after or 1))
    if found is None:
        return HttpResponse(status=204)
    response = _window(request, case, Window.around(found), joined=False)
    response["HX-Trigger-After-Swap"] = f'{{"found": {{"number": {found}}}}}'
    return response


@reviewers
@asked_by_the_page
@require_GET
def arrivals(request: PersonRequest, reference: str) -> HttpResponse:
    """Asked every few seconds while a case is open, so it is one query; nothing new has no answer, and who may no
    longer see the case is told nothing and asks no more."""
    served = licensees_served_by(request.user, Role.MODERATOR, Role.SUPERVISOR)
    cases = Case.every.filter(reference=reference, licensee__in=served)
    now = cases.values_list(
        "conversation__message_count", "conversation__revision", "conversation__rewritten_revision"
    ).first()
    if now is None:
        return HttpResponse(status=STOP_POLLING)
    messages, revision, rewritten = now
    seen_messages, seen = number_in(request, "seen_messages") or 0, number_in(request, "seen_revision") or 0
    if revision <= max(seen, number_in(request, "said_revision") or 0):
        return HttpResponse(status=204)
    new = max(0, messages - seen_messages)
    changed = rewritten > seen or not new
    context = {
        "sentence": _sentence(new, changed=changed),
        "first": 0 if changed else seen_messages + 1,
        "messages": messages,
        "revision": revision,
    }
    return render(request, "review/_arrivals.html", context)


@reviewers
@asked_by_the_page
@require_GET
def history(request: PersonRequest, reference: str) -> HttpResponse:
    """Once more, when the page has heard that something was done about the case."""
    case = get_case_for(request.user, reference)
    if not request.htmx:
        return redirect("review:case", case.reference)
    rows = history_rows(case, events_of(case), score_hidden=hides_from(request.user, case))
    return render(request, "review/_history.html", {"case": case, "history": rows})


def _sentence(new: int, *, changed: bool) -> str:
    arrived = count(new, "new message") if new else ""
    if not changed:
        return arrived
    return f"{arrived}, and an earlier one was changed" if new else "A message was changed"


def _window(request: PersonRequest, case: Case, window: Window, *, joined: bool) -> HttpResponse:
    message_count = case.conversation.message_count
    standing = standing_of(request, case)
    part = read_part(case, request.user, window, hidden=standing.score_hidden)
    sealed = Sealed(seen_again(standing, part))
    texts = read_again(case_id=case.pk, by=request.user, sealed=sealed).texts
    shown = transcript(standing, part, window, texts, message_count=message_count)
    context = {
        "case": case,
        "transcript": shown,
        "joins_later": joined and window.goes_on,
        "joins_earlier": joined and not window.goes_on,
    }
    return render(request, "review/_window.html" if joined else "review/_transcript.html", context)
