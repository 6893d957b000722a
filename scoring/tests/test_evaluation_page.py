"""The page of an evaluation: one self-contained file, everything escaped, every chart named with its numbers behind."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scoring.evaluation_card import card_of
from scoring.evaluation_corpora import Corpora, CorpusFile
from scoring.evaluation_page import render_card, render_page, sections_of
from scoring.evaluation_run import Settings, evaluate
from scoring.sample_corpus import generate
from scoring.tests.evaluated import record, written
from scoring.tests.trained import small_model

HOSTILE = '"><script>alert(1)</script>&'


@cache
def whole_card(folder: Path) -> dict:
    """A card with every section, of hostile names."""
    records = list(generate(seed=3, count=30, share_positive=0.5, split="held_out"))
    for own in records:
        own["source"] = HOSTILE
        own["groups"] = {account: {"gender": HOSTILE} for account in own["authors"]}
    corpus = written(folder / "held.jsonl", [*records, record(900, 1, texts=["hi"])])
    negatives = written(
        folder / "<chat>.jsonl",
        (record(1_000 + n, 0, texts=["a plain sentence of talk"] * 8) for n in range(30)),
    )
    corpora = Corpora((CorpusFile(corpus, "corpus"), CorpusFile(negatives, "negatives")))
    return card_of(evaluate(corpora, Settings(early=True, attacks=True), small_model()))


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return whole_card(tmp_path_factory.mktemp("evaluated"))


class Outline(HTMLParser):
    """Every start tag of a page with its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_file_loads_nothing_and_runs_nothing(card: dict):
    page = Outline(render_page(card))
    assert not page.named("script", "link", "img", "iframe", "object", "form")
    assert not [a for _, a in page.tags for key in a if key in ("src", "srcset") or key.startswith("on")]
    assert all(a["href"].startswith("#") for a in page.named("a"))
    assert "url(" not in render_page(card)
    assert "@import" not in render_page(card)


def test_what_a_corpus_brings_is_escaped(card: dict):
    page = render_page(card)
    assert "<script" not in page
    assert "<chat>" not in page
    assert "&lt;chat&gt;.jsonl" in page
    assert "&lt;script&gt;" in page


def test_every_link_leads_to_a_section_and_no_id_stands_twice(card: dict):
    page = Outline(render_page(card))
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in page.named("a")} == {
        f"#evaluation-{section.key}" for section in sections_of(card)
    }
    assert {a["href"][1:] for a in page.named("a")} <= set(ids)


def test_every_chart_has_a_title_a_description_and_its_numbers_behind(card: dict):
    page = Outline(render_page(card))
    charts = page.named("svg")
    assert len(charts) == 7
    ids = {a.get("id") for _, a in page.tags}
    for chart in charts:
        assert chart["role"] == "img"
        assert set(chart["aria-labelledby"].split()) <= ids
    assert len(page.named("details")) == len(charts)


def test_the_fragment_is_the_same_without_the_frame_and_without_style(card: dict):
    fragment = render_card(card)
    assert fragment.lstrip().startswith('<div class="evaluation" id="_evaluation">')
    assert fragment.strip() in render_page(card)
    assert not re.search(r"<style|style=|<html|<h1", fragment)


def test_headings_go_down_in_order(card: dict):
    levels = [int(tag[1]) for tag, _ in Outline(render_page(card)).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_numbers_come_with_their_interval_and_with_what_they_were_counted_over(card: dict):
    recall = card["scopes"][0]["points"][0]["left_out"]["recall"]
    section = sections_of(card)[0]
    stat = next(own for own in section.stats if own.label == "recall")
    assert stat.over == f"{recall['part']} of {recall['whole']}"
    assert re.fullmatch(r"\.\d{3}–(\.\d{3}|1\.00)", stat.interval)


def test_abstentions_stand_both_ways(card: dict):
    page = render_page(card)
    assert "abstentions left out" in page
    assert "abstentions not flagged" in page
    assert "There is too little text to judge." in page


def test_what_was_not_measured_is_said(card: dict):
    without = card | {
        "early": {"why": "not measured in this run: add --early"},
        "attacks": {"why": "not measured in this run: add --attacks"},
        "characteristics": {"why": "not available: the corpus has no spans"},
    }
    page = render_page(without)
    for sentence in ("Not measured in this run: add --early.", "Not available: the corpus has no spans."):
        assert sentence in page


def test_a_card_of_another_form_is_not_misread():
    page = render_card({"form": "artemis-evaluation/9", "name": "x"})
    assert "This evaluation was written in another form, artemis-evaluation/9." in page
    assert "<table" not in page


def test_a_card_from_json_gives_the_same_page(card: dict):
    assert render_page(json.loads(json.dumps(card))) == render_page(card)
