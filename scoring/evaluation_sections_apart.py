"""The second half of an evaluation's page: the same figures apart, for whom, under attack, by characteristic, by
account, beside others; and what was evaluated.
"""

from collections.abc import Sequence
from typing import Any

from scoring.evaluation_blocks import (
    Cell,
    Column,
    Picture,
    Section,
    Table,
    columns,
    counted_figure,
    figure,
    number,
    rate_figure,
    share_cell,
    words,
)
from scoring.evaluation_format import interval_of, share
from scoring.figures_svg import Bar, bars

Card = dict[str, Any]
LEAST_POINTS = 0.05
CHARTED = ("words", "messages")


def for_whom(card: Card) -> Section:
    """The figures apart by length, language, source and declared groups."""
    present = [own for own in card["slices"] if own["rows"]]
    section = Section(
        "slices",
        "For whom, and how long",
        "At the threshold fixed beforehand, abstentions left out. A conversation stands under each value that one of "
        "its accounts declares.",
    )
    for own in present:
        if own["key"] in CHARTED and any(row["recall"]["value"] is not None for row in own["rows"]):
            section.pictures.append(_recall_bars(own))
        else:
            section.tables.append(_slice_table(own))
        section.notes += _gaps(own)
    section.notes += [
        f"{own['title'].capitalize()}: {own['why']}." for own in card["slices"] if not own["rows"]
    ]
    return section


def _recall_bars(own: dict[str, Any]) -> Picture:
    title = f"Recall by {own['title']}"
    rows = [Bar(row["value"], row["recall"], f"of {row['recall'].get('whole', 0):,}") for row in own["rows"]]
    svg = bars(f"recall-{own['key']}", title, "The share of positive conversations that is flagged.", rows)
    return Picture(title, svg, _slice_table(own))


def _slice_table(own: dict[str, Any]) -> Table:
    return Table(
        f"By {own['title']}",
        columns("value", "conversations", "recall", "precision", "false flags"),
        [
            [
                words(row["value"]),
                number(row["conversations"]),
                counted_figure(row["recall"]),
                counted_figure(row["precision"]),
                rate_figure(row["false_rate"]),
            ]
            for row in own["rows"]
        ],
    )


def _gaps(own: dict[str, Any]) -> list[str]:
    """The widest gaps in a sentence each; none where only one value can be told."""
    found = []
    for key, name in (("recall_gap", "recall"), ("false_rate_gap", "the false-positive rate")):
        gap = own[key]
        if gap["value"] is not None:
            ends = f"{gap['highest']} over {gap['lowest']}"
            found.append(
                f"By {own['title']}, the widest gap in {name} is {share(gap['value'])} ({interval_of(gap)}): {ends}."
            )
    return found


def attacks(card: Card) -> Section:
    """What spelling attacks hide."""
    own = card["attacks"]
    section = Section("attacks", "Misspelt on purpose")
    if "why" in own:
        section.lead = f"{own['why'].capitalize()}."
        return section
    section.lead = (
        f"Recall on {own['conversations']:,} positive conversations at {own['threshold']:g}, with this share of their "
        "words misspelt. Loss is in percentage points against the same conversations unchanged."
    )
    full = [row for row in own["rows"] if row["share"] == 1]
    table = Table(
        "Recall under each attack",
        columns("attack", "share of words", "recall", "loss, points"),
        [
            [words(_named(row)), share_cell(row["share"]), figure(row["recall"]), _points(row["loss_points"])]
            for row in own["rows"]
        ],
    )
    rows = [Bar(_named(row), row["recall"], _lost(row["loss_points"])) for row in full]
    title = "Recall with every word misspelt"
    section.pictures = [
        Picture(title, bars("attacks", title, "Recall under each attack, and points lost.", rows), table)
    ]
    return section


def _named(row: dict[str, Any]) -> str:
    return str(row["attack"]).replace("_", " ")


def _lost(own: dict[str, Any]) -> str:
    value = own["value"] or 0.0
    return (
        f"−{value:.1f}"
        if value >= LEAST_POINTS
        else f"+{-value:.1f}"
        if value <= -LEAST_POINTS
        else "no loss"
    )


def _points(own: dict[str, Any]) -> Cell:
    if own["value"] is None:
        return Cell("—")
    interval = f"{own['lower']:.1f} to {own['upper']:.1f}" if own.get("lower") is not None else ""
    return Cell(f"{own['value']:.1f}", interval)


def characteristics(card: Card) -> Section:
    """How well each characteristic is found."""
    own = card["characteristics"]
    section = Section("characteristics", "Characteristics, message by message")
    if "why" in own:
        section.lead = f"{own['why'].capitalize()}."
        return section
    section.lead = (
        f"On {own['messages']:,} messages of {own['conversations']:,} conversations that people marked. Precision and "
        f"recall at a rating of {own['rating']:g}; messages are taken as independent, so the intervals are too narrow."
    )
    table = Table(
        "Each characteristic",
        columns("characteristic", "marked", "average precision", "precision", "recall"),
        [
            [
                words(row["label"]),
                number(row["marked"]),
                share_cell(row["average_precision"]),
                figure(row["precision"]),
                figure(row["recall"]),
            ]
            for row in own["rows"]
        ],
    )
    section.tables = [table] if own["rows"] else []
    if own["untrained"]:
        names = ", ".join(f"{row['label']} ({row['marked']:,} marked)" for row in own["untrained"])
        section.notes.append(f"Not trained, so never rated: {names}.")
    return section


def accounts(card: Card) -> Section:
    """Whether the right account and the right lines are named."""
    section = Section("accounts", "The account and the lines named")
    named = (("accounts", "accounts (PAN-2012 problem 1)"), ("lines", "lines (PAN-2012 problem 2)"))
    for key, title in named:
        own = card[key]
        if "why" in own:
            section.notes.append(f"{title.capitalize()}: {own['why']}.")
            continue
        beta = own["f_beta"]["beta"]
        section.tables.append(
            Table(
                f"Named {title}, in {own['conversations']:,} conversations",
                columns("named", "precision", "recall", "F1", f"F{beta:g}"),
                [[Cell(key), *_prf(own)]],
            )
        )
    official = card["evaluated"]["pan2012"]
    if official:
        section.notes.append(f"PAN-2012 files: {official}.")
    return section


def _prf(own: dict[str, Any]) -> list[Cell]:
    return [
        counted_figure(own["precision"]),
        counted_figure(own["recall"]),
        figure(own["f1"]),
        figure(own["f_beta"]),
    ]


def abstentions(card: Card) -> Section:
    """Where the model did not judge."""
    total = card["evaluated"]["conversations"]
    section = Section("abstained", "Abstentions")
    if not card["abstained"]:
        section.lead = f"The model judged all {total:,} conversations."
        return section
    section.lead = (
        "An abstention is not a low score. The figures at thresholds stand both ways: without these conversations, and "
        "with them as not flagged."
    )
    rows = [
        [
            Cell(row["words"]),
            *(number(row[key]) for key in ("conversations", "positive", "benign", "unlabelled")),
        ]
        for row in card["abstained"]
    ]
    heads = columns("reason", "conversations", "positive", "benign", "unlabelled")
    section.tables = [Table(f"Abstained, of {total:,} conversations", heads, rows)]
    return section


def peers(card: Card) -> Section | None:
    """The same folds with plain classifiers; None where they were not asked for."""
    if not card["peers"]:
        return None
    titles = {scope["key"]: scope["title"] for scope in card["scopes"]}
    section = Section(
        "peers",
        "Beside plain classifiers",
        "Trained and judged on the same folds. The flags of each are taken at .5 and at its own best F0.5, chosen on "
        "the other folds. Abstentions count as not flagged.",
    )
    judged = [own for own in card["peers"] if "scopes" in own]
    for place, scope in enumerate(judged[0]["scopes"]):
        rows = [_peer_row(own, own["scopes"][place]) for own in judged]
        heads = (
            "F1 at .5",
            "F0.5 at .5",
            "best F0.5",
            "area, precision and recall",
            "recall at 1 in 100 false",
        )
        section.tables.append(
            Table(f"On {titles[scope['key']]}", columns("classifier", *heads, "calibration error"), rows)
        )
    section.notes = [f"{own['name']}: {own['about']}." for own in judged]
    section.notes += [f"{own['name']}: {own['why']}." for own in card["peers"] if "why" in own]
    return section


def _peer_row(own: dict[str, Any], scope: dict[str, Any]) -> list[Cell]:
    fixed, best = (point["not_flagged"] for point in scope["points"])
    return [
        words(own["name"]),
        figure(fixed["f1"]),
        figure(fixed["f05"]),
        figure(best["f05"]),
        figure(scope["pr_auc"]),
        figure(scope["recall_at"][0]),
        figure(scope["ece"]),
    ]


def evaluated(card: Card) -> Section:
    """What was evaluated, to the byte."""
    own = card["evaluated"]
    section = Section(
        "evaluated",
        "What was evaluated",
        f"{own['conversations']:,} conversations with {own['messages']:,} messages, in {own['groups']:,} groups that "
        f"share no sender. Seed {card['seed']}, {card['draws']:,} draws. The same files, model and seed give this page "
        "again.",
    )
    files = Table(
        "Files",
        [
            Column("file, and its SHA-256", numeric=False),
            Column("part", numeric=False),
            *(Column(name) for name in ("conversations", "positive", "benign", "unlabelled")),
        ],
        [_file_row(each) for each in own["files"]],
    )
    heads = [Column(name, numeric=False) for name in ("model, and its SHA-256", "languages")]
    section.tables = [files, Table("Models", heads, [_model_row(each) for each in card["models"]])]
    if own["subjects"]:
        section.notes.append(
            f"Subject accounts: {own['subjects']['name']}, SHA-256 {own['subjects']['sha256']}."
        )
    return section


def _file_row(own: dict[str, Any]) -> list[Cell]:
    named = Cell(own["name"], ", ".join(part for part in (own.get("pan2012"), own["sha256"]) if part))
    counts = (number(own[key]) for key in ("conversations", "positive", "benign", "unlabelled"))
    return [named, words(own["part"].replace("_", " ")), *counts]


def _model_row(own: dict[str, Any]) -> list[Cell]:
    name = f"{own['name']} (demonstration)" if own["demonstration"] else own["name"]
    return [Cell(name, own["digest"]), words(", ".join(own["languages"]))]


def in_words(card: Card) -> list[Section]:
    """How it was measured, and what it does not say."""
    titles: Sequence[tuple[str, str]] = (
        ("method", "How it was measured"),
        ("limits", "What it does not say"),
    )
    return [Section(key, title, notes=list(card[key])) for key, title in titles]
