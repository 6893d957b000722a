"""What the conflict page says and keeps when a decision could not be made: nothing that was typed is lost."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from licensees.together import ask
from review.forms import DecideForm, typed_before
from review.leases import open_claims_of
from review.models import Case
from review.permissions import about_opening, check_may_open, know_opening
from review.policies import count, is_live, moment
from review.turn_numbers import whole
from review.views.standing import Standing


def conflict(case: Case, person: User, form: DecideForm) -> dict[str, Any]:
    """For `errors/409.html`: what changed, and a form that goes on with the typed words where that is open.

    The case is read anew, after the refusal.
    """
    standing = _standing_now(case, person)
    page: dict[str, Any] = {"changes": _changes(standing, form)}
    if not (standing.is_mine or standing.take[0]):
        return page
    label = "Open the case with what you typed" if standing.is_mine else "Claim it again with what you typed"
    typed = typed_before(form.data)
    return page | {
        # Claiming what one holds changes nothing, so one address serves both.
        "again_url": reverse("review:claim", args=[case.reference]),
        "again_label": label,
        "again_note": typed.pop("note", ""),
        "again_fields": [
            (name, one)
            for name, value in typed.items()
            for one in (value if isinstance(value, list) else [value])
        ],
        "kept": "",
    }


def _standing_now(case: Case, person: User) -> Standing:
    """In one question. It may have been closed to this person meanwhile."""
    answers = ask(
        **Case.every.with_all_around(case.pk),
        **about_opening(case.pk, person),
        held=open_claims_of(person),
    )
    now = Case.every.from_answers(answers)
    know_opening(now, person, answers)
    check_may_open(person, now)
    held = next(filter(is_live, answers["held"]), None)
    standing = Standing(now, person)
    standing.held = held.case if held else None
    return standing


def _changes(standing: Standing, form: DecideForm) -> list[dict[str, str]]:
    case, claim = standing.case, standing.claim
    who = (
        f"{claim.holder}, who claimed it {moment(claim.claimed_at)}" if claim and is_live(claim) else "nobody"
    )
    changes = [
        {"label": "The case is", "value": case.get_state_display().lower()},
        {"label": "Who is on it", "value": who},
        {"label": "The conversation has", "value": _length(case, form)},
    ]
    chosen = dict(form.fields["disposition"].choices).get(form.data.get("disposition", ""))  # type: ignore[attr-defined]
    return [*changes, {"label": "You had chosen", "value": chosen.lower()}] if chosen else changes


def _length(case: Case, form: DecideForm) -> str:
    now = case.conversation.message_count
    seen = whole(form.data.get("seen_messages", ""))
    more = 0 if seen is None else now - seen
    return f"{count(now, 'message')}, {more} more than you had read" if more > 0 else count(now, "message")
