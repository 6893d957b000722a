"""What the case page shows, gathered in a constant number of queries."""

from datetime import datetime
from typing import Any

from django.forms import Form

from accounts.models import User
from review.forms import AnnotateForm, DecideForm
from review.history import history
from review.models import Case, Decision
from review.policies import count
from review.timeline import in_words
from review.views.bubbles import age_of_account, role_of
from review.views.marks import label_of, level_of
from review.views.reasons import reasons
from review.views.standing import Standing
from review.views.strip import Weights, weigh
from review.views.transcript import transcript
from review.views.words import ago, due
from review.workflow import read_decision_notes
from scoring.abstention import REASONS
from scoring.characteristics import BY_KEY
from scoring.models import Participant, Score

SHOWN_RATING = 0.2


def case_page(
    case: Case,
    person: User,
    *,
    start: int = 1,
    decide_form: Form | None = None,
    annotate_form: Form | None = None,
) -> dict[str, Any]:
    """The context of `review/case_detail.html`."""
    conversation = case.conversation
    standing = Standing(case, person)
    weights = weigh(case, message_count=conversation.message_count, start=start)
    newest = _newest(case, weights)
    may_decide, why_not_decide = standing.decide
    return {
        "case": case,
        "due": due(case),
        "claim_bar": standing.claim_bar(),
        "may_decide": may_decide,
        "why_not_decide": why_not_decide,
        "may_take": not may_decide and standing.take[0],
        "facts": _facts(case, newest),
        "accounts": _accounts(case, weights.heaviest_sender_id),
        "strip": weights,
        "strip_summary": _strip_summary(conversation.message_count, weights),
        "band": newest.band if newest and newest.band else case.band,
        "abstained": _abstained(newest),
        "ratings": _ratings(newest),
        "why": reasons(case, score=weights.score, newest=newest, start=start),
        "transcript": transcript(standing, weights, start=start, message_count=conversation.message_count),
        "decide_form": decide_form or _fresh_decide_form(case),
        "annotate_form": annotate_form or AnnotateForm(),
        "decisions": _decisions(case, person, standing),
        "history": [{"entry": entry, "ago": ago(entry.at)} for entry in history(case)],
    }


def _newest(case: Case, weights: Weights) -> Score | None:
    """The score of the newest revision that was scored, also where the machine abstained."""
    judged = weights.score
    if judged is not None and judged.revision == case.conversation.scored_revision:
        return judged
    return case.conversation.scores.order_by("-revision").first()


def _fresh_decide_form(case: Case) -> DecideForm:
    conversation = case.conversation
    return DecideForm(
        initial={"seen_revision": conversation.revision, "seen_messages": conversation.message_count}
    )


def _facts(case: Case, newest: Score | None) -> list[dict[str, str]]:
    conversation, opening = case.conversation, case.opened_by_score
    earlier = Case.objects.filter(conversation=conversation).exclude(pk=case.pk).count()
    first, last = conversation.first_message_at, conversation.last_message_at
    span = _span(first, last) if first and last else ""
    return [
        {"label": "Platform", "value": case.licensee.name},
        {"label": "Kind", "value": conversation.get_kind_display()},
        {"label": "Language", "value": conversation.language},
        {"label": "Span", "value": span, "note": in_words(last - first) if first and last else ""},
        {"label": "Length", "value": count(conversation.message_count, "message")},
        {"label": "Opened at", "value": f"revision {opening.revision}", "note": _now_at(case)},
        {
            "label": "Score at opening",
            "value": _probability(opening),
            "note": f"flag from {opening.threshold:.2f}",
        },
        {"label": "Model", "value": str(opening.model or "")},
        {"label": "Earlier cases", "value": str(earlier or "none"), "note": "of this conversation"},
    ]


def _span(first: datetime, last: datetime) -> str:
    end = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%-d %b %Y, %H:%M}"
    return f"{first:%-d %b %Y, %H:%M} to {end}"


def _now_at(case: Case) -> str:
    revision = case.conversation.revision
    return f"now revision {revision}" if revision != case.opened_by_score.revision else "unchanged since"


def _probability(score: Score) -> str:
    return "" if score.probability is None else f"{score.probability:.2f}"


def _accounts(case: Case, subject_id: int | None) -> list[dict[str, Any]]:
    accounts = Participant.objects.filter(conversation_id=case.conversation_id)
    return [
        {
            "name": str(account),
            "role": role_of(account, subject_id),
            "age_band": account.get_declared_age_band_display(),
            "age": age_of_account(account, case),
        }
        for account in accounts
    ]


def _strip_summary(message_count: int, weights: Weights) -> str:
    return f"{count(message_count, 'message')}, {count(weights.flagged, 'flagged turn')}."


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


def _decisions(case: Case, person: User, standing: Standing) -> list[dict[str, Any]]:
    """With the private notes for who may read evidence here."""
    decisions = list(case.decisions.select_related("decided_by").order_by("-decided_at"))
    has_notes = any(decision.note_sealed for decision in decisions)
    notes = read_decision_notes(case_id=case.pk, by=person) if has_notes and standing.reveal[0] else {}
    return [_decision(decision, notes.get(decision.pk, "")) for decision in decisions]


def _decision(decision: Decision, note: str) -> dict[str, Any]:
    detail = decision.get_reason_display() or decision.get_platform_action_display()
    return {
        "outcome": decision.get_disposition_display(),
        "detail": detail,
        "by": decision.decided_by.name,
        "at": decision.decided_at,
        "ago": ago(decision.decided_at),
        "note": note,
    }
