"""The evaluation card: what was evaluated, on what, and every figure with its interval, as JSON that the same files,
model and seed give again to the byte. It holds counts and figures, never text, and no date.
"""

import math
from typing import Any

import numpy as np
import rfc8785

from scoring.abstention import REASONS
from scoring.evaluation_accounts import account_figures, line_figures
from scoring.evaluation_attacks import attack_figures
from scoring.evaluation_calibration import calibration_figures
from scoring.evaluation_characteristics import characteristic_figures
from scoring.evaluation_corpora import NOT_OFFICIAL, described, sha256_of
from scoring.evaluation_curves import Curve, curve_figures
from scoring.evaluation_early import early_figures
from scoring.evaluation_facts import Facts
from scoring.evaluation_operating import OperatingPoint, best_point, figures_at, fixed_point, suggested_point
from scoring.evaluation_peers import PeerScores
from scoring.evaluation_prevalence import THRESHOLDS, prevalence_table
from scoring.evaluation_resampling import Resampling
from scoring.evaluation_run import Measured, names_of
from scoring.evaluation_slices import slice_figures
from scoring.evaluation_sources import benign_sources, source_figures
from scoring.evaluation_words import LIMITS, METHOD, warnings_of

FORM = "artemis-evaluation/1"
DIGITS = 6
NOT_ASKED = "not measured in this run: add {option}"


def card_of(measured: Measured) -> dict[str, Any]:
    """Return the card of an evaluation (see `FORM`); numbers are rounded to six digits."""
    sections = _Sections(measured)
    card = {
        "form": FORM,
        "name": names_of(measured.models),
        "models": measured.models,
        "cross_validated": measured.settings.cross_validate,
        "seed": measured.settings.seed,
        "draws": sections.resampling.draws.number,
        "evaluated": sections.evaluated(),
        "scopes": [sections.scope(key, title) for key, title in sections.scopes()],
        "sources": sections.sources(),
        "slices": sections.slices(),
        "abstained": sections.abstained(),
        "early": sections.early(),
        "attacks": sections.attacks(),
        "characteristics": characteristic_figures(measured.ratings),
        "accounts": sections.accounts(),
        "lines": sections.lines(),
        "in_use": sections.in_use(),
        "peers": sections.peers(),
        "warnings": warnings_of(measured),
        "method": list(METHOD),
        "limits": list(LIMITS),
    }
    return dict(rounded(card))


def canonical_card(card: dict[str, Any]) -> bytes:
    """Return the card as canonical JSON (RFC 8785)."""
    return rfc8785.dumps(card)


def rounded(value: Any) -> Any:
    """Return the value with every number of six significant digits, and None for one that is not finite."""
    if isinstance(value, dict):
        return {key: rounded(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(own) for own in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


class _Sections:
    """The parts of the card that share the draws, the operating points and the scopes."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.facts: Facts = measured.facts
        self.settings = measured.settings
        self.scores = measured.probabilities.probabilities
        self.resampling = Resampling.of(self.facts.groups, seed=self.settings.seed)
        self.everything = np.ones(self.facts.size, dtype=bool)
        files = measured.corpora.files
        self.inside = np.array([file.part == "corpus" for file in files])[self.facts.files]
        self.fixed = fixed_point(self.settings.threshold, self.facts.size)
        self.flagged = self.fixed.flagged(self.scores)
        self.benign = benign_sources(files, self.facts)

    def evaluated(self) -> dict[str, Any]:
        files, subjects = self.measured.corpora.files, self.measured.corpora.subjects
        counts = [
            described(file, subjects) | _counts(self.facts, self.facts.files == place)
            for place, file in enumerate(files)
        ]
        official = [str(file["pan2012"]) for file in counts if "pan2012" in file]
        return {
            "files": counts,
            "subjects": {"name": subjects.name, "sha256": sha256_of(subjects)} if subjects else None,
            "corpus_digest": self.measured.digests["corpus"],
            "digest": self.measured.digests["all"],
            "languages": dict(sorted(self.facts.languages.items())),
            "messages": self.facts.all_messages,
            "groups": self.resampling.count(),
            "roles_only": self.facts.roles_only,
            "pan2012": NOT_OFFICIAL
            if NOT_OFFICIAL in official
            else " and ".join(sorted(set(official))) or None,
        } | _counts(self.facts, self.everything)

    def scopes(self) -> list[tuple[str, str]]:
        """The corpus alone; with its negatives too, where there are any."""
        named = [("corpus", "the corpus")] if self.inside.any() else []
        return named + ([] if self.inside.all() else [("all", "the corpus and the negatives")])

    def mask(self, scope: str) -> np.ndarray:
        return self.inside if scope == "corpus" else self.everything

    def points(self, scope: str) -> list[OperatingPoint]:
        best = best_point(self.facts, self.scores, self.mask(scope), otherwise=self.settings.threshold)
        suggested = suggested_point(self.facts, [own["suggested"] for own in self.measured.models])
        return [self.fixed, suggested, best]

    def scope(self, key: str, title: str) -> dict[str, Any]:
        mask = self.mask(key)
        used = mask & (self.facts.labels >= 0) & np.isfinite(self.scores)
        labels, scores = self.facts.labels[used], self.scores[used]
        resampling = self.resampling.part(used)
        points = figures_at(self.points(key), self.facts, self.scores, mask, self.resampling)
        return {
            "key": key,
            "title": title,
            "labelled": int((mask & (self.facts.labels >= 0)).sum()),
            "judged": int(used.sum()),
            "positive": int((labels == 1).sum()),
            "points": points,
            "curves": curve_figures(Curve(labels, scores), resampling),
            "calibration": calibration_figures(labels, scores, resampling),
        }

    def sources(self) -> list[dict[str, Any]]:
        key = self.scopes()[-1][0]
        flags = {point.key: point.flagged(self.scores) for point in self.points(key)}
        return source_figures(self.benign, flags, self.facts, self.scores, self.resampling)

    def slices(self) -> list[dict[str, Any]]:
        return slice_figures(self.facts, self.scores, self.flagged, self.everything, self.resampling)

    def abstained(self) -> list[dict[str, Any]]:
        return [
            {"reason": reason, "words": REASONS.get(reason, reason)} | _counts(self.facts, mask)
            for reason, mask in sorted(self.measured.probabilities.reasons.items())
        ]

    def early(self) -> dict[str, Any]:
        """On the corpus alone, so that it compares with others; false alarms by kind on the negatives too."""
        if self.measured.warnings is None:
            return {"why": NOT_ASKED.format(option="--early")}
        return early_figures(
            self.measured.warnings.latencies,
            self.facts,
            self.inside,
            self.resampling,
            threshold=self.settings.threshold,
            sources=self.benign,
        )

    def attacks(self) -> dict[str, Any]:
        attacked = self.measured.attacked
        if attacked is None:
            return {"why": NOT_ASKED.format(option="--attacks")}
        positive = (self.facts.labels == 1) & np.isfinite(self.scores)
        rows = attack_figures(
            attacked.probabilities, self.flagged, positive, self.fixed.thresholds, self.resampling
        )
        return {"conversations": int(positive.sum()), "threshold": self.settings.threshold, "rows": rows}

    def accounts(self) -> dict[str, Any]:
        named = self.measured.named
        return account_figures(named, self.flagged, self.facts, self.everything, self.resampling)

    def lines(self) -> dict[str, Any]:
        return line_figures(self.measured.named, self.flagged, self.everything, self.resampling)

    def in_use(self) -> dict[str, Any]:
        key = self.scopes()[-1][0]
        thresholds = sorted({*THRESHOLDS, self.settings.threshold})
        points = [_numbered(threshold, self.facts.size) for threshold in thresholds]
        rows = prevalence_table(
            [*points, *self.points(key)[1:]],
            self.facts,
            self.scores,
            self.mask(key),
            self.resampling,
            prevalence=self.settings.prevalence,
            conversations=self.settings.conversations_a_day,
        )
        return {
            "prevalence": self.settings.prevalence,
            "conversations_a_day": self.settings.conversations_a_day,
            "threshold": self.settings.threshold,
            "scope": key,
            "rows": rows,
        }

    def peers(self) -> list[dict[str, Any]]:
        own = PeerScores("this technique", names_of(self.measured.models), self.scores)
        return [self._peer(peer) for peer in (own, *self.measured.peers)] if self.measured.peers else []

    def _peer(self, peer: PeerScores) -> dict[str, Any]:
        described = {"name": peer.name, "about": peer.about}
        if peer.scores is None:
            return described | {"why": peer.why}
        return described | {"scopes": [self._peer_scope(peer.scores, key) for key, _ in self.scopes()]}

    def _peer_scope(self, scores: np.ndarray, key: str) -> dict[str, Any]:
        """The same figures for all; who abstains has it counted as not flagged, and is judged on the rest."""
        mask = self.mask(key)
        used = mask & (self.facts.labels >= 0) & np.isfinite(scores)
        resampling = self.resampling.part(used)
        labels, judged = self.facts.labels[used], scores[used]
        points = [
            fixed_point(0.5, self.facts.size),
            best_point(self.facts, scores, mask, otherwise=0.5),
        ]
        curves = curve_figures(Curve(labels, judged), resampling)
        calibration = calibration_figures(labels, judged, resampling)
        return {
            "key": key,
            "judged": int(used.sum()),
            "points": figures_at(points, self.facts, scores, mask, self.resampling),
            "pr_auc": curves["pr_auc"],
            "recall_at": curves["recall_at"],
            "ece": calibration["ece"],
            "brier": calibration["brier"],
        }


def _numbered(threshold: float, size: int) -> OperatingPoint:
    fixed = fixed_point(threshold, size)
    return OperatingPoint(f"fixed {threshold:g}", fixed.label, fixed.chosen, fixed.by_fold, fixed.thresholds)


def _counts(facts: Facts, mask: np.ndarray) -> dict[str, int]:
    labels = facts.labels[mask]
    return {
        "conversations": int(mask.sum()),
        "positive": int((labels == 1).sum()),
        "benign": int((labels == 0).sum()),
        "unlabelled": int((labels == -1).sum()),
    }
