"""False-positive rates apart for each kind of benign conversation: what is rare in one is common in another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.evaluation_corpora import CorpusFile
from scoring.evaluation_curves import Curve, false_rate_at_recall
from scoring.evaluation_estimates import Counted, Figure, not_available
from scoring.evaluation_facts import Facts
from scoring.evaluation_resampling import Resampling
from scoring.intervals import clean_needed

MOST_FILES = 12
OWN = "benign part of the corpus"
EVERYTHING = "all benign conversations"


def benign_sources(files: Sequence[CorpusFile], facts: Facts) -> dict[str, np.ndarray]:
    """Return masks [N] of the benign conversations of the corpus, of each file of negatives (of each folder,
    where they are more than 12), and of all of them where there is more than one.
    """
    names = _names(files)
    benign = facts.labels == 0
    own = benign & np.isin(facts.files, [place for place, name in names.items() if name == OWN])
    found = {OWN: own} if own.any() else {}
    for name in dict.fromkeys(names.values()):
        mask = benign & np.isin(facts.files, [place for place, other in names.items() if other == name])
        if name != OWN and mask.any():
            found[name] = mask
    return found | ({EVERYTHING: benign} if len(found) > 1 else {})


def _names(files: Sequence[CorpusFile]) -> dict[int, str]:
    """A name for each file by place; equal names are told apart by their folders."""
    outside = {place: file for place, file in enumerate(files) if file.part != "corpus"}
    by_folder = len(outside) > MOST_FILES
    plain = {place: file.path.parent.name if by_folder else file.name for place, file in outside.items()}
    taken = Counter(plain.values()) if not by_folder else Counter()
    return {
        place: OWN
        if file.part == "corpus"
        else f"{file.path.parent.name}/{plain[place]}"
        if taken[plain[place]] > 1
        else plain[place]
        for place, file in enumerate(files)
    }


def source_figures(
    sources: Mapping[str, np.ndarray],
    flags: Mapping[str, np.ndarray],
    facts: Facts,
    scores: np.ndarray,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Return for each source the false-positive rate at each operating point (`flags`, masks by key) and at the
    threshold that flags .90 of the corpus's positive conversations. Abstentions are left out, and counted.
    """
    judged = np.isfinite(scores)
    columns: dict[str, np.ndarray] = {}
    for name, mask in sources.items():
        columns |= {f"{name}:all": mask, f"{name}:judged": mask & judged}
        columns |= {f"{name}:{key}": mask & judged & flagged for key, flagged in flags.items()}
    counted = Counted.of(resampling, columns)
    return [_row(name, mask, flags, counted, facts, scores, resampling) for name, mask in sources.items()]


def _row(
    name: str,
    mask: np.ndarray,
    flags: Mapping[str, np.ndarray],
    counted: Counted,
    facts: Facts,
    scores: np.ndarray,
    resampling: Resampling,
) -> dict[str, Any]:
    judged = counted[f"{name}:judged"]
    return {
        "source": name,
        "conversations": counted[f"{name}:all"],
        "judged": judged,
        "groups": int(np.unique(facts.groups[mask]).size),
        "at": {key: counted.share(f"{name}:{key}", f"{name}:judged") for key in flags},
        "at_recall_90": _at_recall(mask, facts, scores, resampling),
        "cleanest_claim": 1 / (judged / 3) if judged >= clean_needed(1) else None,
    }


def _at_recall(mask: np.ndarray, facts: Facts, scores: np.ndarray, resampling: Resampling) -> Figure:
    used = np.isfinite(scores) & ((facts.labels == 1) | mask)
    if not used.any():
        return not_available("no conversation was judged")
    return false_rate_at_recall(Curve(facts.labels[used], scores[used]), resampling.part(used))
