"""What the case page shows, gathered in a constant number of queries."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.forms import Form
from django.http import QueryDict

from review.forms import AnnotateForm, DecideForm, RevealForm, SearchForm
from review.golden import earlier_cases
from review.models import Case
from review.permissions import supervises
from review.policies import count
from review.rereading import Opened, Sealed, read_again
from review.timeline import in_words
from review.views.accounts import accounts_of, unveiled
from review.views.case_file import CaseFile, read_file
from review.views.marks import label_of, level_of
from review.views.reasons import reasons
from review.views.reported_panel import reported
from review.views.said import history_rows, noted, said
from review.views.standing import Standing
from review.views.strip import Strip, strip
from review.views.transcript import seen_again, transcript
from review.views.undo import toast
from review.views.window import Window
from review.views.words import due, language
from scoring.abstention import REASONS
from scoring.characteristics import BY_KEY
from scoring.models import Score
from scoring.models.model_version import DEMONSTRATION

SHOWN_RATING = 0.2


def case_page(
    standing: Standing,
    *,
    start: int = 1,
    decide_form: DecideForm | None = None,
    annotate_form: Form | None = None,
    range_form: Form | None = None,
    undo: bool = False,
    report_words: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """The context of `review/case_detail.html`. What this person sees once more is recorded first."""
    case, conversation = standing.case, standing.case.conversation
    window, hidden = Window(start), standing.score_hidden
    file = read_file(case, standing.person, window, undo=undo, hidden=hidden)
    standing.held = file.held
    opened = _opened(standing, file)
    drawn, newest = strip(case, file, start=start), file.newest
    may_decide, why_not_decide = standing.decide
    accounts = accounts_of(standing, file, opened.accounts)
    return {
        "case": case,
        "due": due(case),
        "claim_bar": standing.claim_bar(),
        "may_decide": may_decide,
        "why_not_decide": why_not_decide,
        "may_take": not may_decide and standing.take[0],
        "score_hidden": hidden,
        "may_judge_first": hidden and case.hides_score and may_decide,
        "facts": _facts(case, score_hidden=hidden),
        "accounts": accounts,
        "reported": reported(standing, file.reports, report_words or {}),
        "strip": drawn,
        "strip_summary": _strip_summary(conversation.message_count, drawn, hidden=hidden),
        "band": "" if hidden else newest.band if newest and newest.band else case.band,
        "abstained": _abstained(newest),
        "ratings": _ratings(newest),
        "why": reasons(case, file, start=start),
        "transcript": transcript(
            standing, file, window, opened.texts, message_count=conversation.message_count
        ),
        "decide_form": _offering(decide_form or fresh_decide_form(case), accounts["rows"]),
        "annotate_form": annotate_form or AnnotateForm(),
        "range_form": range_form or RevealForm(QueryDict(), conversation.message_count),
        "search_form": SearchForm(),
        "is_mine": standing.is_mine,
        "hidden": standing.shown is not None,
        "start": start,
        "may_mark_golden": case.is_closed and supervises(standing.person, case),
        **said(file, opened.notes),
        "history": history_rows(case, file.events, score_hidden=hidden),
        "undo": toast(file.undo),
        "environment_badge": DEMONSTRATION if file.is_demonstration else "",
    }


def _opened(standing: Standing, file: CaseFile) -> Opened:
    """What this person sees of what is sealed, in one reading."""
    sealed = Sealed(seen_again(standing, file), noted(standing, file), unveiled(standing, file))
    return read_again(case_id=standing.case.pk, by=standing.person, sealed=sealed)


def _offering(form: DecideForm, accounts: Iterable[Mapping[str, Any]]) -> DecideForm:
    """A platform action asks on whom: by the pseudonyms of the facts column, with what each is thought to be."""
    form.offer_subjects((one["place"], f"{one['name']}, {one['described']}") for one in accounts)
    return form


def fresh_decide_form(case: Case, typed: Mapping[str, Any] | None = None) -> DecideForm:
    conversation = case.conversation
    seen = {"seen_revision": conversation.revision, "seen_messages": conversation.message_count}
    return DecideForm(initial={**(typed or {}), **seen})


def _facts(case: Case, *, score_hidden: bool) -> list[dict[str, str]]:
    conversation, opening = case.conversation, case.opened_by_score
    counted = case.others  # type: ignore[attr-defined]  # by get_case_for
    earlier = earlier_cases(case).count() if case.is_practice else counted
    first, last = conversation.first_message_at, conversation.last_message_at
    span = _span(first, last) if first and last else ""
    return [
        {"label": "Platform", "value": case.licensee.name},
        {"label": "Kind", "value": conversation.get_kind_display()},
        {"label": "Language", "value": language(conversation.language)},
        {"label": "Span", "value": span, "note": in_words(last - first) if first and last else ""},
        {"label": "Length", "value": count(conversation.message_count, "message")},
        {"label": "Opened at", "value": f"revision {case.opened_at_revision}", "note": _now_at(case)},
        *([] if score_hidden or opening is None else _score_facts(opening)),
        *_reported(case),
        {"label": "Earlier cases", "value": str(earlier or "none"), "note": "of this conversation"},
        *_came_back(case),
    ]


def _score_facts(opening: Score) -> list[dict[str, str]]:
    probability = "" if opening.probability is None else f"{opening.probability:.2f}"
    return [
        {"label": "Score at opening", "value": probability, "note": f"flag from {opening.threshold:.2f}"},
        {"label": "Model", "value": str(opening.model or "")},
    ]


def _reported(case: Case) -> list[dict[str, str]]:
    if not case.reports:
        return []
    note = "a report opened this case" if case.opened_by_report_id else ""
    return [{"label": "Reported", "value": f"by a user, {count(case.reports, 'report')}", "note": note}]


def _came_back(case: Case) -> list[dict[str, str]]:
    after = case.came_back_after
    if after is None or after.monitor_until is None:
        return []
    day = f"{after.monitor_until.day} {after.monitor_until:%B %Y}"
    return [{"label": "Came back after", "value": after.case.reference, "note": f"monitored until {day}"}]


def _span(first: datetime, last: datetime) -> str:
    end = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%-d %b %Y, %H:%M}"
    return f"{first:%-d %b %Y, %H:%M} to {end}"


def _now_at(case: Case) -> str:
    revision = case.conversation.revision
    return f"now revision {revision}" if revision != case.opened_at_revision else "unchanged since"


def _strip_summary(message_count: int, drawn: Strip, *, hidden: bool) -> str:
    if hidden:
        return f"{count(message_count, 'message')}."
    return f"{count(message_count, 'message')}, {count(drawn.flagged, 'flagged turn')}."


def _abstained(newest: Score | None) -> str:
    if newest is None or not newest.abstained:
        return ""
    return REASONS.get(newest.abstained, "The conversation could not be scored.")


def _ratings(newest: Score | None) -> list[dict[str, Any]]:
    rated = sorted((newest.characteristics if newest else {}).items(), key=lambda pair: -pair[1])
    return [
        {
            "label": label_of(key),
            "percent": round(rating * 100),
            "level": level_of(rating),
            "reason": BY_KEY[key].description if key in BY_KEY else "",
        }
        for key, rating in rated
        if rating >= SHOWN_RATING
    ]
