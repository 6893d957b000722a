"""The panels of the overview, each as what the template draws and as the table that says the same."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from licensees.models import Licensee
from review.care import TeamExposure
from review.models import Decision
from review.statistics import AGE_LABELS, Share, Statistics
from review.views.overview_charts import columns, stacked
from scoring.intervals import share_with_interval

DISPOSITIONS = Decision.Disposition
AGE_KINDS = tuple(f"age-{number}" for number in range(1, len(AGE_LABELS) + 1))
# Under the one no conclusion is safe, from the other on it is (Krippendorff 2004, page 241).
TENTATIVE, RELIABLE = 0.667, 0.8

Row = dict[str, Any]


def headline(statistics: Statistics) -> list[Row]:
    waiting, late = (
        sum(lane.count for lane in statistics.waiting),
        sum(lane.late for lane in statistics.waiting),
    )
    late_share, confirmed = statistics.late_in_all, statistics.confirmed
    return [
        {
            "number": f"{waiting:,}",
            "label": "wait now",
            "interval": f"{late:,} past their due time" if late else "",
        },
        {"number": f"{statistics.arrived.total():,}", "label": "cases opened"},
        {"number": f"{statistics.decided.total():,}", "label": "decisions"},
        {
            "label": "decided in time",
            **share_stat(Share(late_share.whole - late_share.part, late_share.whole)),
        },
        {"label": "of decided flags confirmed", **share_stat(confirmed)},
        {"label": "agreement (alpha)", **_alpha_stat(statistics)},
    ]


def panels(statistics: Statistics, licensees: Sequence[Licensee]) -> Row:
    names = {licensee.pk: licensee.name for licensee in licensees}
    return {
        "flow": _flow(statistics),
        "ages": _ages(statistics, several=len(licensees) > 1),
        "breaches": _breaches(statistics),
        "by_licensee": _shares(
            "Licensee", [(names[pk], statistics.by_licensee.get(pk, Share())) for pk in names]
        ),
        "by_model": _shares("Model", sorted(statistics.by_model.items())),
        "outcomes": _counts("Outcome", statistics.outcomes, DISPOSITIONS.choices),
        "reasons": _counts("Reason", statistics.reasons, Decision.Reason.choices),
        "agreement": _agreement(statistics),
    }


# --- Over time -----------------------------------------------------------------------------------


def _flow(statistics: Statistics) -> Row:
    days, arrived, decided = statistics.days, statistics.arrived, statistics.decided
    titles = [f"{_day(day)}: {arrived[day]} opened, {decided[day]} decisions" for day in days]
    return {
        "chart": columns([arrived[day] for day in days], titles, line=[decided[day] for day in days]),
        "labels": _short([days[block[0]] for block in _blocks(len(days), _labelled(len(days)))]),
        "table": _table(
            ["Day", "Opened", "Decisions"],
            [[_day(day), arrived[day], decided[day]] for day in reversed(days)],
        ),
    }


def _breaches(statistics: Statistics) -> Row:
    """By day for a week, by weeks or half months for longer, the last of which ends today."""
    days, by_day = statistics.days, statistics.late
    size = _labelled(len(days))
    blocks = [[days[place] for place in block] for block in _blocks(len(days), size)]
    shares = [_added(by_day.get(day, Share()) for day in block) for block in blocks]
    labels = [_day(block[0]) if size == 1 else f"{_day(block[0])} to {_day(block[-1])}" for block in blocks]
    titles = [
        f"{label}: {share.part} of {share.whole} late" for label, share in zip(labels, shares, strict=True)
    ]
    return {
        "chart": columns([share.whole for share in shares], titles, within=[share.part for share in shares]),
        "labels": [
            {"label": label, "late": share.part, "due": share.whole}
            for label, share in zip(_short([block[0] for block in blocks]), shares, strict=True)
        ],
        "today": by_day.get(days[-1], Share()),
        "of": {1: "a day", 7: "a week"}.get(size, f"{size} days"),
        "any": any(share.whole for share in shares),
        "table": _table(
            ["Days" if size > 1 else "Day", "Due", "Late", "Share late"],
            [
                [label, share.whole, share.part, _percent(share)]
                for label, share in reversed(list(zip(labels, shares, strict=True)))
            ],
        ),
    }


def _labelled(days: int) -> int:
    return 1 if days <= 7 else 7 if days <= 28 else 15


def _blocks(count: int, size: int) -> list[range]:
    """Stretches of `size` places that end with the last; the first may be shorter."""
    starts = range(count % size or size, count + 1, size)
    return [range(max(0, end - size), end) for end in starts]


# --- Side by side --------------------------------------------------------------------------------


def _ages(statistics: Statistics, *, several: bool) -> Row:
    top = max((lane.count for lane in statistics.waiting), default=0)
    rows: list[Row] = []
    for lane in statistics.waiting:
        label = f"{lane.licensee.name}, {lane.lane.label.lower()}" if several else lane.lane.label
        titles = [f"{count} {words}" for count, words in zip(lane.ages, AGE_LABELS, strict=True)]
        rows.append(
            {
                "label": label,
                "figure": f"{lane.count:,}",
                "note": f"{lane.late:,} late" if lane.late else "",
                "parts": stacked(lane.ages, AGE_KINDS, titles, top=top),
                "ages": lane.ages,
                "late": lane.late,
            }
        )
    return {
        "rows": rows,
        "any": bool(top),
        "keys": [{"kind": kind, "label": label} for kind, label in zip(AGE_KINDS, AGE_LABELS, strict=True)],
        "table": _table(
            ["Lane", *AGE_LABELS, "past due"], [[row["label"], *row["ages"], row["late"]] for row in rows]
        ),
    }


def _shares(what: str, shares: Sequence[tuple[str, Share]]) -> Row:
    return {
        "rows": [_share_row(label, share) for label, share in shares],
        "any": any(share.whole for _, share in shares),
        "table": _table(
            [what, "Confirmed", "Decided", "Share", "95 % interval"],
            [[label, share.part, share.whole, _percent(share), _interval(share)] for label, share in shares],
        ),
    }


def _share_row(label: str, share: Share) -> Row:
    counted = share_with_interval(share.part, share.whole)
    if counted is None:
        return {"label": label, "figure": "–", "note": "none decided", "parts": []}
    middle, lower, upper = counted
    return {
        "label": label,
        "figure": f"{middle:.0%}",
        "note": f"{_interval(share)}, n = {share.whole:,}",
        "parts": stacked([middle], ["bar"], [f"{share.part} of {share.whole}"], top=1),
        "whisker": {"from": round(100 * lower, 2), "to": round(100 * upper, 2)},
    }


def _counts(what: str, counted: Any, choices: Iterable[tuple[str, Any]]) -> Row:
    named = [(str(label), counted[value]) for value, label in choices]
    total, top = counted.total(), max(counted.values(), default=0)
    return {
        "rows": [
            {
                "label": label,
                "figure": f"{number:,}",
                "note": f"{number / total:.0%}" if total else "",
                "parts": stacked([number], ["bar"], [f"{number} of {total}"], top=top),
            }
            for label, number in named
        ],
        "any": bool(total),
        "table": _table(
            [what, "Cases", "Share"],
            [[label, number, f"{number / total:.0%}" if total else "–"] for label, number in named],
        ),
    }


# --- Agreement -----------------------------------------------------------------------------------


def _agreement(statistics: Statistics) -> Row:
    """Alpha on a line from 0 to 1; what lies below 0 is drawn at 0 and said in the figure."""
    told = statistics.agreement
    if told.alpha is None:
        return {"any": False, "units": told.units}
    place: Callable[[float], float] = lambda value: round(100 * min(max(value, 0.0), 1.0), 2)  # noqa: E731
    has_interval = told.lower is not None and told.upper is not None
    return {
        "any": True,
        "units": told.units,
        "figure": _number(told.alpha),
        "interval": f"{_number(told.lower)} to {_number(told.upper)}" if has_interval else "",
        "verdict": _verdict(told.alpha, told.lower),
        "bar": place(told.alpha),
        "whisker": {"from": place(told.lower or 0), "to": place(told.upper or 0)} if has_interval else None,
        "levels": [place(TENTATIVE), place(RELIABLE)],
        "table": _table(
            ["", "Value"],
            [
                ["Alpha", _number(told.alpha)],
                ["95 % interval", f"{_number(told.lower)} to {_number(told.upper)}" if has_interval else "–"],
                ["Cases that two people judged", told.units],
                ["Their judgements", told.judgements],
            ],
        ),
    }


def _verdict(alpha: float, lower: float | None) -> str:
    """What the lower end of the interval allows to say, where there is one."""
    least = alpha if lower is None else lower
    if least >= RELIABLE:
        return "Reliable: people judge alike."
    if least >= TENTATIVE:
        return "Good enough for tentative conclusions."
    return "Too uncertain, or too low, to conclude from. Calibrate together."


def _alpha_stat(statistics: Statistics) -> Row:
    told = statistics.agreement
    if told.alpha is None:
        return {"number": "–", "interval": "not judged twice yet"}
    interval = f"{_number(told.lower)} to {_number(told.upper)}" if told.lower is not None else ""
    return {"number": _number(told.alpha), "interval": interval, "n": f"{told.units:,}"}


# --- Care ----------------------------------------------------------------------------------------


def exposure_panel(team: TeamExposure | None) -> Row:
    """What the team of all the supervisor's licensees read today; nothing for fewer than five people."""
    if team is None:
        return {"any": False}
    each = team.revealed_today / team.people
    return {
        "any": True,
        "stats": [
            {"number": f"{team.revealed_today:,}", "label": "messages revealed", "n": team.people},
            {"number": f"{each:,.0f}", "label": "a person on average"},
            {"number": f"{team.severe_today:,}", "label": "severe cases read"},
            {"number": f"{team.over_half_of_cap}", "label": "people over half of a cap"},
        ],
    }


# --- Words ---------------------------------------------------------------------------------------


def share_stat(share: Share) -> Row:
    """For `components/stat.html`: the share, its interval and of how many."""
    counted = share_with_interval(share.part, share.whole)
    if counted is None:
        return {"number": "–", "interval": "nothing counted yet"}
    return {"number": f"{counted[0]:.0%}", "interval": _interval(share), "n": f"{share.whole:,}"}


def _added(shares: Iterable[Share]) -> Share:
    listed = list(shares)
    return Share(sum(one.part for one in listed), sum(one.whole for one in listed))


def _percent(share: Share) -> str:
    return f"{share.part / share.whole:.0%}" if share.whole else "–"


def _interval(share: Share) -> str:
    counted = share_with_interval(share.part, share.whole)
    return f"{100 * counted[1]:.0f}–{counted[2]:.0%}" if counted else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _table(labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> Row:
    return {
        "columns": [{"label": label, "numeric": place > 0} for place, label in enumerate(labels)],
        "rows": rows,
    }


def _day(day: date) -> str:
    return f"{day:%-d %b}"


def _short(days: Sequence[date]) -> list[str]:
    """Days that follow each other name their month once."""
    if len(days) > 1 and (days[1] - days[0]).days == 1:
        return [_day(day) if place == 0 or day.day == 1 else str(day.day) for place, day in enumerate(days)]
    return [_day(day) for day in days]
