"""Words that may have been erased with the evidence that they speak of."""

from collections.abc import Callable

from scoring.vault import EvidenceUnreadable

GONE = "These words cannot be read any more: the evidence was erased."


def or_gone(opened: Callable[[], str]) -> str:
    try:
        return opened()
    except EvidenceUnreadable:
        return GONE
