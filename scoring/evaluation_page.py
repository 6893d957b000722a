"""An evaluation card as HTML: a fragment for the registry's page, and one self-contained file that opens from disk."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from scoring import evaluation_sections as first
from scoring import evaluation_sections_apart as apart
from scoring.evaluation_blocks import Picture, Section
from scoring.evaluation_card import FORM

STYLES = ("css/tokens.css", "css/components/evaluation.css")
OTHER_FORM = (
    "This evaluation was written in another form, {form}. Evaluate the model again with this version."
)


def render_card(card: dict[str, Any]) -> SafeString:
    """Return the card as the fragment `_evaluation`; a card of another form gives a sentence that says so."""
    return render_to_string("scoring/_evaluation.html", _context(card))


def render_page(card: dict[str, Any]) -> str:
    """Return the card as one HTML file: no script, nothing loaded, light and dark, readable on a phone and in print."""
    return render_to_string("scoring/evaluation.html", _context(card) | {"styles": _styles()})


def _context(card: dict[str, Any]) -> dict[str, Any]:
    if card.get("form") != FORM:
        return {"other_form": OTHER_FORM.format(form=card.get("form", "unnamed"))}
    return {"card": card, "sections": [_drawn(section) for section in sections_of(card)]}


def sections_of(card: dict[str, Any]) -> list[Section]:
    """Return the parts of the page in their order."""
    found = [
        first.main_figures(card),
        first.in_use(card),
        first.curves(card),
        first.calibration(card),
        first.benign_kinds(card),
        first.early_warning(card),
        apart.for_whom(card),
        apart.attacks(card),
        apart.characteristics(card),
        apart.accounts(card),
        apart.abstentions(card),
        apart.peers(card),
        apart.evaluated(card),
        *apart.in_words(card),
    ]
    return [section for section in found if section is not None]


def _drawn(section: Section) -> Section:
    """Charts escape every text when they are drawn (`figures_axes.tag`), so their SVG is safe as it is."""
    return replace(section, pictures=[_safe(picture) for picture in section.pictures])


def _safe(picture: Picture) -> Picture:
    return replace(picture, svg=mark_safe(picture.svg))  # noqa: S308


def _styles() -> SafeString:
    """The project's own style sheets, to stand inside the file."""
    found = [finders.find(name) for name in STYLES]
    return mark_safe("\n".join(Path(str(path)).read_text("utf-8") for path in found if path))  # noqa: S308
