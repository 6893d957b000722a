"""The first half of an evaluation's page: main figures, use, curves, calibration, benign kinds, early warning."""

from collections.abc import Sequence
from typing import Any

from scoring.evaluation_blocks import (
    Cell,
    Picture,
    Section,
    Stat,
    Table,
    columns,
    count_figure,
    counted_figure,
    figure,
    number,
    part_right,
    rate_figure,
    share_cell,
    stat,
    words,
)
from scoring.evaluation_format import count, interval_of, rate, share
from scoring.figures_svg import (
    low_false_rates,
    precision_recall_curve,
    reliability_diagram,
    warned_by_message,
)

Card = dict[str, Any]


def main_figures(card: Card) -> Section:
    """The few figures that somebody reads who reads no more."""
    scope = card["scopes"][0]
    point, calibration = scope["points"][0]["left_out"], scope["calibration"]
    worst = card["sources"][-1] if card["sources"] else None
    over = f"of {scope['judged']:,} judged"
    stats = [
        stat("precision", point["precision"], _counts(point["precision"])),
        stat("recall", point["recall"], _counts(point["recall"])),
        stat("F0.5", point["f05"], over),
        stat("area under precision and recall", scope["curves"]["pr_auc"], over),
        stat("calibration error", calibration["ece"], over),
    ]
    if worst is not None:
        stats.append(_false_flags(worst))
    lead = (
        f"On {scope['title']}, flagged at {scope['points'][0]['label']}, abstentions left out. "
        "The range is the 95 % interval."
    )
    return Section("main", "Main figures", lead, stats=stats)


def _false_flags(source: dict[str, Any]) -> Stat:
    found = source["at_recall_90"]
    if found["value"] is None:
        return stat("false flags at recall .90", found)
    label = f"false flags at recall .90, {source['source']}"
    return Stat(label, rate(found["value"]), f"up to {rate(found['upper'])}", _counts(found))


def _counts(own: dict[str, Any]) -> str:
    return f"{own['part']:,} of {own['whole']:,}" if "part" in own else ""


def in_use(card: Card) -> Section:
    """Cases a day and precision at the operator's own prevalence."""
    used = card["in_use"]
    lead = (
        f"Suppose {count(used['conversations_a_day'])} conversations a day like those evaluated, of which "
        f"{_one_in(used['prevalence'])} is positive. Abstentions are not flagged. {_sentence_of(used)}"
    )
    days = Table(
        "Conversations a day at each threshold",
        columns("threshold", "flags right", "flags wrong", "missed", "recall", "false flags"),
        [
            [
                words(row["label"]),
                *(count_figure(row["a_day"][key]) for key in ("true", "false", "missed")),
                figure(row["recall"]),
                rate_figure(row["false_rate"]),
            ]
            for row in used["rows"]
        ],
    )
    shares = [each["prevalence"] for each in used["rows"][0]["precision"]]
    precision = Table(
        "Precision expected at each threshold, by how many conversations are positive",
        columns("threshold", *(_one_in(each) for each in shares)),
        [[words(row["label"]), *(part_right(own) for own in row["precision"])] for row in used["rows"]],
    )
    return Section("in-use", "In use", lead, tables=[days, precision])


def _one_in(share_positive: float) -> str:
    return f"1 in {count(1 / share_positive)}"


def _sentence_of(used: dict[str, Any]) -> str:
    """The number that matters most, said once in a sentence."""
    row = next(row for row in used["rows"] if row["key"] == f"fixed {used['threshold']:g}")
    true, false = row["a_day"]["true"]["value"], row["a_day"]["false"]["value"]
    if true is None or false is None or not true + false:
        return ""
    waiting = f"{count(true + false)} a day would wait for a person"
    return f"Flagged at {row['label']}, {waiting}, {count(true)} of them rightly."


def curves(card: Card) -> Section:
    """Precision, recall and false-positive rate over all thresholds, and at those that were drawn."""
    scope = card["scopes"][-1]
    points, found = scope["points"], scope["curves"]["points"]
    section = Section(
        "curves",
        "At every threshold",
        f"On {scope['title']}: {scope['judged']:,} judged, {scope['positive']:,} positive.",
        tables=[_at_points(scope) for scope in card["scopes"]] + [_fixed_rates(card["scopes"])],
        notes=[f"{point['label']}: {point['chosen']}. {_thresholds(point)}" for point in points],
    )
    section.notes += _rates_not_shown(scope)
    if found:
        marks = [(point["label"], point["left_out"]) for point in points]
        behind = _curve_table(found)
        precision = precision_recall_curve(
            found, [(label, own["precision"], own["recall"]) for label, own in marks]
        )
        low = low_false_rates(
            found,
            scope["judged"] - scope["positive"],
            [(label, own["false_rate"], own["recall"]) for label, own in marks],
        )
        section.pictures = [
            Picture("Precision over recall", precision, behind),
            Picture("Recall at low false-positive rates", low, behind),
        ]
    return section


def _thresholds(point: dict[str, Any]) -> str:
    if len(point["thresholds"]) == 1:
        return ""
    return f"Thresholds of the folds: {', '.join(share(each) for each in point['thresholds'])}."


def _curve_table(points: Sequence[dict[str, float]]) -> Table:
    keys = ("threshold", "recall", "precision", "false_rate")
    rows = [[share_cell(point[key]) for key in keys] for point in points]
    return Table(
        "Points of the curves",
        columns("threshold", "recall", "precision", "false-positive rate"),
        rows,
    )


def _at_points(scope: dict[str, Any]) -> Table:
    """Both ways of counting abstentions, one under the other, where there are any."""
    ways = [("left_out", "abstentions left out"), ("not_flagged", "abstentions not flagged")]
    if scope["judged"] == scope["labelled"]:
        ways = [("left_out", "")]
    rows = [
        [
            Cell(point["label"], name),
            counted_figure(point[way]["precision"]),
            counted_figure(point[way]["recall"]),
            figure(point[way]["f1"]),
            figure(point[way]["f05"]),
            rate_figure(point[way]["false_rate"]),
        ]
        for point in scope["points"]
        for way, name in ways
    ]
    return Table(
        f"At the thresholds drawn, on {scope['title']}",
        columns("threshold", "precision", "recall", "F1", "F0.5", "false flags"),
        rows,
    )


def _fixed_rates(scopes: Sequence[dict[str, Any]]) -> Table:
    rows = [
        [
            Cell(scope["title"]),
            figure(scope["curves"]["pr_auc"]),
            figure(scope["curves"]["roc_auc"]),
            *(figure(each) for each in scope["curves"]["recall_at"]),
        ]
        for scope in scopes
    ]
    rates = [f"recall at {rate(each['rate'])} false" for each in scopes[0]["curves"]["recall_at"]]
    return Table(
        "Areas under the curves, and recall at fixed false-positive rates",
        columns("on", "area, precision and recall", "area, ROC", *rates),
        rows,
    )


def _rates_not_shown(scope: dict[str, Any]) -> list[str]:
    """Rates that so many benign conversations cannot show, and what it takes to claim them."""
    return [
        f"Recall at {rate(each['rate'])} false, on {scope['title']}: {each['why']}. To claim that rate takes "
        f"{each['clean_needed']:,} benign conversations without a flag."
        for each in scope["curves"]["recall_at"]
        if each["value"] is None and "clean_needed" in each
    ]


def calibration(card: Card) -> Section:
    """Whether probabilities come true."""
    scope = card["scopes"][0]
    own = scope["calibration"]
    section = Section(
        "calibration",
        "Whether the probability comes true",
        f"On {scope['title']}. Ten bins; the numbers in the chart are conversations.",
        stats=[
            stat("calibration error, bins of equal width", own["ece"]),
            stat("calibration error, bins of equal size", own["ece_equal_mass"]),
            stat("Brier score", own["brier"]),
        ],
    )
    if own["bins"]:
        section.pictures = [
            Picture(
                "Reliability", reliability_diagram(own["bins"]), _bins("Bins of equal width", own["bins"])
            ),
        ]
        section.tables = [_bins("Bins of equal size", own["bins_equal_mass"])]
    for other in card["scopes"][1:]:
        error = other["calibration"]["ece"]
        section.notes.append(
            f"On {other['title']} the calibration error is {share(error['value'])} ({interval_of(error)})."
        )
    return section


def _bins(caption: str, rows: Sequence[dict[str, Any]]) -> Table:
    return Table(
        caption,
        columns("probabilities", "conversations", "mean probability", "share positive"),
        [
            [
                words(f"{share(row['from'])} to {share(row['to'])}"),
                number(row["conversations"]),
                share_cell(row["predicted"]),
                figure(row["positive"]),
            ]
            for row in rows
        ],
    )


def benign_kinds(card: Card) -> Section:
    """False flags by kind of benign conversation."""
    keys = list(card["sources"][0]["at"]) if card["sources"] else []
    labels = {point["key"]: point["label"] for point in card["scopes"][-1]["points"]}
    rows = [
        [
            Cell(row["source"], f"{row['groups']:,} groups of senders"),
            number(row["judged"]),
            *(rate_figure(row["at"][key]) for key in keys),
            rate_figure(row["at_recall_90"]),
            Cell(rate(row["cleanest_claim"])),
        ]
        for row in card["sources"]
    ]
    heads = [f"flagged at {labels[key]}" for key in keys]
    lead = (
        "Provable at best is the lowest rate that so many conversations could prove, were none of them flagged "
        "(rule of three)."
    )
    table = Table(
        "False flags by kind of benign conversation",
        columns("kind", "judged", *heads, "at recall .90", "provable at best"),
        rows,
    )
    return Section("benign", "Benign conversations, by kind", lead, tables=[table])


def early_warning(card: Card) -> Section:
    """How early a warning comes."""
    own = card["early"]
    section = Section("early", "How early a warning comes")
    if "why" in own:
        section.lead = f"{own['why'].capitalize()}."
        return section
    row = own["rows"][own["skepticism"] - 1]
    section.lead = _rule(own)
    section.stats = [
        stat("F1 of warnings", row["f1"]),
        Stat("messages until the warning, median", count(row["latency"]["value"]), _range(row["latency"])),
        stat("speed", row["speed"]),
        stat("F_latency = F1 × speed", row["f_latency"]),
    ]
    curve = Table(
        "Warned of by each message",
        columns("messages read", "positive", "benign"),
        [
            [number(each["message"]), share_cell(each["positive"]), share_cell(each["benign"])]
            for each in own["curve"]
        ],
    )
    section.pictures = [
        Picture("Warned of by each message", warned_by_message(own["curve"], own["median_length"]), curve)
    ]
    section.tables = [_skepticisms(own["rows"]), _alarms(own["false_alarms"])]
    return section


def _rule(own: dict[str, Any]) -> str:
    """The rule of warning and what it was tried on."""
    shortest, longest = own["segment"]
    return (
        f"The last {own['window']} messages are judged after each new one; a warning stands when "
        f"{own['skepticism']} of the last {own['recent']} judgements are at {own['threshold']:g} or over. F1 is taken "
        f"on {own['segments']:,} conversations of the corpus with {shortest} to {longest} messages, latency "
        f"on {own['whole']:,} positive ones, half of which have {own['median_length']:g} messages or fewer "
        f"(p = {own['p']:.4g})."
    )


def _range(own: dict[str, Any]) -> str:
    if own.get("lower") is None:
        return str(own.get("why", ""))
    return f"{count(own['lower'])}–{count(own['upper'])}"


def _skepticisms(rows: Sequence[dict[str, Any]]) -> Table:
    return Table(
        "By skepticism: how many of the last 10 judgements must be positive",
        columns(
            "skepticism", "F1", "precision", "recall", "median latency", "speed", "F_latency", "false alarms",
            "ERDE 5", "ERDE 50",
        ),
        [
            [
                words(row["skepticism"]),
                figure(row["f1"]),
                figure(row["precision"]),
                figure(row["recall"]),
                count_figure(row["latency"]),
                figure(row["speed"]),
                figure(row["f_latency"]),
                rate_figure(row["false_alarms"]),
                figure(row["erde"]["5"]),
                figure(row["erde"]["50"]),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _alarms(rows: Sequence[dict[str, Any]]) -> Table:
    return Table(
        "False alarms under the same rule, by kind of benign conversation",
        columns("kind", "warned of"),
        [[words(row["source"]), rate_figure(row["false_alarms"])] for row in rows],
    )
