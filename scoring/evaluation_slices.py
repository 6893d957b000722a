"""Whether the figures hold for everyone: by length, language, source and what accounts are declared to be."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.evaluation_estimates import Counted, Figure, not_available
from scoring.evaluation_facts import ATTRIBUTES, MESSAGE_BANDS, ROLES, WORD_BANDS, Facts
from scoring.evaluation_resampling import Resampling

MOST_VALUES = 20
FEWEST_FOR_A_GAP = 20
REST = "all others"

_ATTRIBUTE_WORDS = {
    "age_band": "declared age band",
    "gender": "declared gender",
    "native_speaker": "declared native speaker",
}
_ROLE_WORDS = {"subject": "of the subject account", "possible_minor": "of the possible minor"}

TITLES: dict[str, str] = {
    "words": "length in words",
    "messages": "length in messages",
    "language": "language",
    "source": "source",
    **{key: f"{words}, any account" for key, words in _ATTRIBUTE_WORDS.items()},
    **{
        f"{key}:{role}": f"{words} {_ROLE_WORDS[role]}"
        for key, words in _ATTRIBUTE_WORDS.items()
        for role in ROLES
    },
}
_LENGTHS = {
    "words": [name for _, name in WORD_BANDS],
    "messages": [name for _, name in MESSAGE_BANDS],
}


def slice_figures(
    facts: Facts, scores: np.ndarray, flagged: np.ndarray, scope: np.ndarray, resampling: Resampling
) -> list[dict[str, Any]]:
    """Return recall, precision and false-positive rate for each value of each dimension, over the labelled
    and judged conversations of `scope`, and the widest gaps between values.

    A conversation stands under each value that one of its accounts declares.
    """
    base = scope & (facts.labels >= 0) & np.isfinite(scores)
    masks = {
        dimension: _values(facts, dimension, base)
        for dimension in TITLES
        if any(name[0] == dimension for name in facts.slice_names)
    }
    columns: dict[str, np.ndarray] = {}
    for dimension, values in masks.items():
        for value, mask in values.items():
            columns |= _columns(f"{dimension}:{value}", mask & base, facts, flagged)
    counted = Counted.of(resampling, columns) if columns else None
    return [_dimension(key, masks.get(key), counted, facts) for key in TITLES]


def _values(facts: Facts, dimension: str, base: np.ndarray) -> dict[str, np.ndarray]:
    """The masks of a dimension: lengths in their order, others by number; beyond 20 the rest together."""
    names = [name for name in facts.slice_names if name[0] == dimension]
    masks = {name[1]: facts.mask_of(name) for name in names}
    masks = {value: mask for value, mask in masks.items() if (mask & base).any()}
    if dimension in _LENGTHS:
        return {value: masks[value] for value in _LENGTHS[dimension] if value in masks}
    if not dimension.startswith(("source", "language")):
        return dict(sorted(masks.items()))
    ordered = sorted(masks, key=lambda value: (-int((masks[value] & base).sum()), value))
    kept = {value: masks[value] for value in ordered[:MOST_VALUES]}
    rest = [masks[value] for value in ordered[MOST_VALUES:]]
    return kept | ({REST: np.logical_or.reduce(rest)} if rest else {})


def _columns(prefix: str, mask: np.ndarray, facts: Facts, flagged: np.ndarray) -> dict[str, np.ndarray]:
    positive = facts.labels == 1
    return {
        f"{prefix}:true": mask & positive & flagged,
        f"{prefix}:positive": mask & positive,
        f"{prefix}:false": mask & ~positive & flagged,
        f"{prefix}:benign": mask & ~positive,
        f"{prefix}:flagged": mask & flagged,
        f"{prefix}:all": mask,
    }


def _dimension(
    key: str, values: Mapping[str, np.ndarray] | None, counted: Counted | None, facts: Facts
) -> dict[str, Any]:
    described = {"key": key, "title": TITLES[key]}
    if not values or counted is None:
        return described | {"rows": [], "why": _why_absent(key, facts)}
    rows = [_row(f"{key}:{value}", value, counted) for value in values]
    gaps = {
        "recall_gap": _gap(counted, key, list(values), "true", "positive"),
        "false_rate_gap": _gap(counted, key, list(values), "false", "benign"),
    }
    return described | {"rows": rows} | gaps


def _row(prefix: str, value: str, counted: Counted) -> dict[str, Any]:
    return {
        "value": value,
        "conversations": counted[f"{prefix}:all"],
        "recall": counted.share(f"{prefix}:true", f"{prefix}:positive"),
        "false_rate": counted.share(f"{prefix}:false", f"{prefix}:benign"),
        "precision": counted.share(f"{prefix}:true", f"{prefix}:flagged"),
    }


def _gap(counted: Counted, key: str, values: list[str], part: str, whole: str) -> Figure:
    """The highest share less the lowest among values with at least 20 to count; even equal groups show some."""
    shares = {
        value: counted[f"{key}:{value}:{part}"] / counted[f"{key}:{value}:{whole}"]
        for value in values
        if counted[f"{key}:{value}:{whole}"] >= FEWEST_FOR_A_GAP
    }
    if len(shares) < 2:
        kind = "positive" if whole == "positive" else "benign"
        return not_available(f"fewer than two values have {FEWEST_FOR_A_GAP} {kind} conversations")
    high, low = max(shares, key=lambda value: shares[value]), min(shares, key=lambda value: shares[value])
    names = [(f"{key}:{value}:{part}", f"{key}:{value}:{whole}") for value in (high, low)]
    return counted.difference(names[0], names[1]) | {"highest": high, "lowest": low}


def _why_absent(key: str, facts: Facts) -> str:
    attribute, _, role = key.partition(":")
    if attribute not in ATTRIBUTES:
        return f"not available: the corpus has no {TITLES[key]}"
    if "groups" not in facts.has:
        return "not available: the corpus has no groups, so it declares no age band, gender or native speaker"
    if role and "authors" not in facts.has:
        return "not available: the corpus has no authors, so it does not say whose age band, gender or language it is"
    return f"not available: the corpus has no {_ATTRIBUTE_WORDS[attribute]}"
