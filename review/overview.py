"""What the queue page shows: figures for each lane, and cases to browse without claiming. Never a message's text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Count, F, Func, Min, Prefetch, Q, QuerySet, Value
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from licensees.together import Question
from review.models import Case, Claim
from review.queue import URGENCY

DUE_SOON = timedelta(minutes=30)
PAGE = 50
NEWEST_FIRST = ("-opened_at", "-id")
SEPARATOR = "~"
AT_WORK = frozenset({Case.State.IN_REVIEW, Case.State.HELD})


@dataclass
class Lane:
    """One lane of one licensee, in figures."""

    licensee: Licensee
    lane: Case.Lane
    waiting: int = 0
    oldest_at: datetime | None = None
    due_soon: int = 0
    overdue: int = 0
    people: list[User] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A stretch of the list; `after` is where the next one goes on, empty at the end."""

    cases: list[Case]
    after: str


def about_lanes(licensee_ids: set[int]) -> dict[str, Question]:
    """The questions, to be asked together with others."""
    return {"waiting": _waiting_figures(licensee_ids), "claims": _live_claims(licensee_ids)}


def lanes_in(licensees: Iterable[Licensee], answers: Mapping[str, Sequence[Any]]) -> list[Lane]:
    lanes = {(licensee.pk, lane): Lane(licensee, lane) for licensee in licensees for lane in Case.Lane}
    for figures in answers["waiting"]:
        lane = lanes[figures.pop("licensee_id"), Case.Lane(figures.pop("lane"))]
        for name, value in figures.items():
            setattr(lane, name, value)
    for claim in answers["claims"]:
        lanes[claim.case.licensee_id, Case.Lane(claim.case.lane)].people.append(claim.holder)
    return [one for one in lanes.values() if one.lane != Case.Lane.ARCHIVE or one.waiting or one.people]


def browse(
    licensees: Iterable[Licensee],
    *,
    state: Case.State,
    lane: Case.Lane | None = None,
    after: str = "",
    size: int = PAGE,
) -> Page:
    """Waiting cases in the order in which they are taken, others newest first; each page costs the same (keyset)."""
    slices = [_slice(licensee.pk, state, lane, after)[: size + 1] for licensee in licensees]
    if not slices:
        return Page([], "")
    order = _order(state)
    keys = slices[0].union(*slices[1:], all=True).order_by(*order)[: size + 1] if slices[1:] else slices[0]
    rows = list(keys)
    return Page(
        _with_holders([row[-1] for row in rows[:size]]), _cursor(rows[size - 1]) if len(rows) > size else ""
    )


def _waiting_figures(licensee_ids: set[int]) -> QuerySet[Any, Any]:
    now = timezone.now()
    return (
        Case.objects.filter(licensee_id__in=licensee_ids, state=Case.State.WAITING)
        .values("licensee_id", "lane")
        .annotate(
            waiting=Count("id"),
            oldest_at=Min("opened_at"),
            overdue=Count("id", filter=Q(due_at__lt=now)),
            due_soon=Count("id", filter=Q(due_at__gte=now, due_at__lt=now + DUE_SOON)),
        )
    )


def _live_claims(licensee_ids: set[int]) -> QuerySet[Claim]:
    return (
        Claim.objects.filter(ended_at=None, expires_at__gt=timezone.now(), case__licensee_id__in=licensee_ids)
        .select_related("case", "holder")
        .order_by("holder__name")
    )


def _order(state: Case.State) -> tuple[str, ...]:
    return URGENCY if state == Case.State.WAITING else NEWEST_FIRST


def _slice(licensee_id: int, state: Case.State, lane: Case.Lane | None, after: str) -> QuerySet[Any]:
    """The keys of one licensee's cases from the cursor on, read in the order of an index."""
    order = _order(state)
    cases = _shown_in(state).filter(licensee_id=licensee_id, state=state)
    if lane is not None:
        cases = cases.filter(lane=lane)
    key = _key(after, order)
    if key:
        cases = cases.filter(_beyond(order, key))
    return cases.order_by(*order).values_list(*(name.lstrip("-") for name in order))


def _shown_in(state: Case.State) -> QuerySet[Case]:
    """What people are at is shown whole: practice looks like any other case while it lasts."""
    manager: Any = Case.every if state in AT_WORK else Case.objects
    cases: QuerySet[Case] = manager.all()
    return cases


def _beyond(order: tuple[str, ...], key: list[object]) -> Func:
    """ROW(a, b, c) > ROW(x, y, z): one bound that the index understands, unlike a > x OR (a = x AND …)."""
    columns = Func(*(F(name.lstrip("-")) for name in order), function="ROW", output_field=BooleanField())
    values = Func(*(Value(value) for value in key), function="ROW", output_field=BooleanField())
    past = " < " if order[0].startswith("-") else " > "
    return Func(columns, values, template="%(expressions)s", arg_joiner=past, output_field=BooleanField())


def _with_holders(case_ids: list[int]) -> list[Case]:
    """In the order of the ids, each with its open claim, in two queries."""
    open_claims = Prefetch(
        "claims", queryset=Claim.objects.filter(ended_at=None).select_related("holder"), to_attr="open_claims"
    )
    found = Case.every.select_related("licensee").prefetch_related(open_claims).in_bulk(case_ids)
    return [found[case_id] for case_id in case_ids if case_id in found]


def _cursor(row: tuple[object, ...]) -> str:
    return SEPARATOR.join(value.isoformat() if isinstance(value, datetime) else str(value) for value in row)


def _key(after: str, order: tuple[str, ...]) -> list[object]:
    """An address that somebody altered is read as the first page."""
    parts = after.split(SEPARATOR)
    if len(parts) != len(order):
        return []
    try:
        return [_value(name, part) for name, part in zip(order, parts, strict=True)]
    except (ValueError, OverflowError):
        return []


def _value(name: str, text: str) -> object:
    if not name.endswith("_at"):
        return int(text)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
