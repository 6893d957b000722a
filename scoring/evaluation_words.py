"""What an evaluation says in words: how its figures were made, what they do not say, and what stands against them
this time.
"""

from collections.abc import Iterator

import numpy as np

from scoring.evaluation_estimates import FEWEST_GROUPS
from scoring.evaluation_run import Measured

METHOD = (
    "A figure is given with its 95 % interval and the number of conversations behind it. Where each conversation "
    "has senders of its own the interval is Wilson's; elsewhere groups of conversations that share senders are drawn "
    "again as a whole. Where no conversation or every one counts, drawing says nothing, and Wilson's interval is taken "
    "over the groups.",
    "A threshold was fixed beforehand, or chosen on conversations whose senders are not in the part reported. "
    "Recall at a fixed false-positive rate is read off the curve of the conversations reported, as is usual.",
    "Precision holds at the corpus's share of positive conversations. What an operator would meet is computed from "
    "recall and false-positive rate at the operator's own prevalence.",
    "The calibration error compares probabilities with what came true, in ten bins; benign conversations that were "
    "added change the share of positive ones, for which the probabilities were not made.",
    "Early detection: the last 50 messages with words are judged after each one, and a warning stands from the moment "
    "when enough of the last 10 judgements are positive. F1 is taken over conversations of 6 to 150 messages, latency "
    "over positive conversations as the corpus has them, warned of rightly. The corpus does not say which of them are "
    "whole.",
    "A gap is the highest share less the lowest among values with at least 20 conversations to count. Equal groups "
    "show a gap as well, by chance.",
    "Under attack every message of a positive conversation is misspelt, also those of the possible minor.",
    "An account is named when a conversation of its is flagged and its messages together raised the score more than "
    "those of any other account there; the lines named are those of its messages that raised it.",
)
LIMITS = (
    "A score is a machine's rating of a text. It is not a finding about a person.",
    "The figures hold for conversations like those evaluated: their language, their platform, their time, their share "
    "of positive ones.",
    "Positive conversations in research corpora are often written by adults who posed as minors. Real ones differ.",
    "A false-positive rate under 1 in 10,000 can be claimed only from 30,000 benign conversations without a flag.",
    "An abstention is not “safe”: the machine had too little to judge.",
)


def warnings_of(measured: Measured) -> list[str]:
    """Return the sentences that a reader must see before the figures."""
    return [*_of_the_models(measured), *_of_the_corpora(measured)]


def _of_the_models(measured: Measured) -> Iterator[str]:
    if any(model["demonstration"] for model in measured.models):
        yield (
            "Demonstration, not deployable: the model was trained on generated text only, and its figures say nothing "
            "about real conversations."
        )
    if any(model["corpus_digest"] in measured.digests.values() for model in measured.models):
        yield (
            "The model was trained on these very conversations. The figures do not say how it does on others: "
            "use --cross-validate, or another corpus."
        )
    foreign = _foreign(measured)
    if foreign:
        yield f"{foreign:,} conversations declare a language that the model does not name."


def _foreign(measured: Measured) -> int:
    known = {language.split("-")[0].lower() for model in measured.models for language in model["languages"]}
    return sum(
        count
        for language, count in measured.facts.languages.items()
        if language != "und" and language.split("-")[0].lower() not in known
    )


def _of_the_corpora(measured: Measured) -> Iterator[str]:
    facts = measured.facts
    groups = np.unique(facts.groups).size
    if groups < FEWEST_GROUPS:
        yield (
            f"All conversations hang together by their senders in {groups} groups, so the intervals are wide: names "
            "that are the same in many conversations should be made different for different people."
        )
    if facts.roles_only:
        yield (
            f"{facts.roles_only:,} sender names write in a quarter or more of the conversations of a file, such as "
            "“user”. They were taken for roles, not for accounts."
        )
    if (facts.labels == -1).any():
        yield f"{int((facts.labels == -1).sum()):,} conversations have no label and are not in the figures."
