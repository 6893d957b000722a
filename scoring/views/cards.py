"""A registered model as a page shows it: what its training measured, what it saw, what it does not say."""

from dataclasses import dataclass
from typing import Any, ClassVar

from scoring.characteristics import BY_KEY
from scoring.intervals import share_with_interval
from scoring.models import ModelVersion

NOT_MEASURED = "not measured"
# One in so many: the review budgets that training suggests thresholds for (scoring/training_card.py).
BENIGN_SHARES = (20, 100, 1_000, 10_000)
HEAD_COLUMNS: list[dict[str, Any]] = [
    {"label": "characteristic"},
    {"label": "messages marked", "numeric": True},
    {"label": "average precision", "numeric": True},
]


@dataclass(frozen=True)
class ModelCard:
    """A model and its card as the page shows them; a card that lacks a figure says so."""

    version: ModelVersion
    head_columns: ClassVar[list[dict[str, Any]]] = HEAD_COLUMNS

    @property
    def figures(self) -> list[dict[str, Any]]:
        measured = self._part("figures")
        found = _difference(measured.get("flagged"), measured.get("false_positives"))
        return [
            _share("precision", found, measured.get("flagged")),
            _share("recall", found, measured.get("positive")),
            {"label": "area under precision and recall", "value": _shown(measured.get("pr_auc"))},
            {"label": "calibration error", "value": _shown(measured.get("calibration_error"))},
        ]

    @property
    def facts(self) -> list[dict[str, Any]]:
        measured, corpus = self._part("figures"), self._part("corpus")
        return [
            {"label": "Trained on", "value": _counted(corpus.get("conversations"))},
            {"label": "Evaluated on", "value": self.version.card.get("evaluated_on", NOT_MEASURED)},
            {"label": "Judged there", "value": _counted(measured.get("conversations"))},
            {"label": "Abstained there", "value": _counted(self.version.card.get("abstained"))},
            {"label": "Flagged there at", "value": measured.get("threshold", NOT_MEASURED)},
            *self._thresholds(),
        ]

    def _thresholds(self) -> list[dict[str, Any]]:
        """Suggestions for a licensee's policy; a person sets it."""
        found = self._part("thresholds")
        named = {"f05": "Threshold for the best F0.5"} | {
            f"share_{1 / number:g}": f"Threshold that 1 in {number:,} benign reach"
            for number in BENIGN_SHARES
        }
        return [
            {"label": label, "value": f"{found[key]:.3f}"}
            for key, label in named.items()
            if isinstance(found.get(key), float)
        ]

    @property
    def heads(self) -> list[list[Any]]:
        return [
            [
                BY_KEY[key].label if key in BY_KEY else key,
                head.get("marked"),
                _shown(head.get("average_precision")),
            ]
            for key, head in self._part("heads").items()
            if isinstance(head, dict)
        ]

    @property
    def limits(self) -> list[str]:
        """The first limit of a demonstration is on the page as a notice already."""
        limits = self.version.card.get("limits")
        listed = [str(limit) for limit in limits] if isinstance(limits, list) else []
        return [limit for limit in listed if not limit.startswith("Demonstration")]

    def _part(self, name: str) -> dict[str, Any]:
        part = self.version.card.get(name)
        return part if isinstance(part, dict) else {}


def _counted(count: Any) -> str:
    return NOT_MEASURED if count is None else f"{count:,} conversations"


def _shown(figure: Any) -> str:
    return NOT_MEASURED if figure is None else f"{figure:.2f}"


def _difference(whole: Any, part: Any) -> int:
    return (whole or 0) - (part or 0)


def _share(label: str, part: int, whole: Any) -> dict[str, Any]:
    counted = share_with_interval(part, whole or 0)
    if counted is None:
        return {"label": label, "value": NOT_MEASURED}
    share, lower, upper = counted
    return {"label": label, "value": f"{share:.2f}", "interval": f"{lower:.2f}–{upper:.2f}", "n": whole}
