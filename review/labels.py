"""Exports what moderators decided and marked as labelled conversations, the form that training reads.

What stands is the last decision on a conversation whose cases are all closed: an escalation that is still unanswered
or was declined, and a decision that a later one overturned, say nothing. An erased conversation is gone.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.label_file import written_whole
from review.label_meanings import MEANINGS
from review.label_records import Pseudonyms, record_of
from review.models import Case, Decision
from review.permissions import check_may_export_labels
from scoring.models import DataKey

# {participant: role of `scoring/corpus_record.py`} that people gave the accounts of a case.
RolesOf = Callable[[Case], Mapping[int, str]]

LONGEST_REASON = 300
NAMES = {1: "positive", 0: "benign", None: "unlabelled"}


@dataclass(frozen=True)
class Exported:
    """What an export holds: conversations by label, and those left out by why."""

    labels: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def conversations(self) -> int:
        return self.labels.total()


def export_labels(
    *,
    licensee: Licensee,
    by: User,
    reason: str,
    output: Path,
    since: datetime | None = None,
    roles_of: RolesOf = lambda case: {},
) -> Exported:
    """Write the decisions of a licensee, from `since` on, as labelled JSON lines, whole or not at all.

    It is evidence that leaves the house: that this person exports these cases, and why, is recorded and committed
    before any text is decrypted.
    """
    check_may_export_labels(by, licensee)
    _check_reason(reason, licensee)
    with written_whole(output) as file:
        decisions, exported = _record_export(licensee, by, reason, since)
        names = Pseudonyms(licensee.pk)
        for decision in _one_by_one(decisions):
            own = record_of(decision, names, roles_of(decision.case))
            file.write(json.dumps(own, sort_keys=True) + "\n")
    return exported


def _check_reason(reason: str, licensee: Licensee) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        sentence = (
            f"Say in at most {LONGEST_REASON} characters what the labels are for. Nothing was exported."
        )
        raise NotPossible(sentence, about=licensee.about())


def _record_export(
    licensee: Licensee, by: User, reason: str, since: datetime | None
) -> tuple[list[int], Exported]:
    with transaction.atomic():
        decisions, exported = _chosen(licensee, since)
        payload = {
            "since": since.isoformat() if since else None,
            **{f"{name}_conversations": exported.labels[name] for name in NAMES.values()},
            "cases": [decision.case_id for decision in decisions],
        }
        record(Verb.LABELS_EXPORTED, by=by, about=licensee.about(), reason=reason.strip(), payload=payload)
    return [decision.pk for decision in decisions], exported


def _chosen(licensee: Licensee, since: datetime | None) -> tuple[list[Decision], Exported]:
    chosen, exported = [], Exported()
    for decision in _last_decisions(licensee):
        if since is not None and decision.decided_at < since:
            exported.left_out["decided before"] += 1
        elif decision.is_erased:  # type: ignore[attr-defined]
            exported.left_out["erased"] += 1
        elif decision.is_questioned:  # type: ignore[attr-defined]
            exported.left_out["under review"] += 1
        else:
            exported.labels[NAMES[MEANINGS[decision.disposition].label]] += 1
            chosen.append(decision)
    return chosen, exported


def _last_decisions(licensee: Licensee) -> QuerySet[Decision]:
    """The newest decision on each conversation, and whether a case on it is open."""
    open_cases = Case.objects.filter(conversation=OuterRef("case__conversation"), closed_at=None)
    # What goes on after an erasure is not what was judged.
    erased = DataKey.objects.filter(
        Q(pk=OuterRef("case__conversation__data_key"), destroyed_at__isnull=False)
        | Q(erasure__conversation=OuterRef("case__conversation"))
    )
    return (
        Decision.objects.standing()
        .filter(case__licensee=licensee)
        .select_related("case__conversation__data_key")
        .annotate(is_questioned=Exists(open_cases), is_erased=Exists(erased))
        .order_by("case__conversation", "-decided_at", "-id")
        .distinct("case__conversation")
    )


def _one_by_one(decisions: list[int]) -> Iterator[Decision]:
    """Each with its conversation, read anew: one conversation in memory at a time."""
    related = Decision.objects.select_related("case__conversation__data_key")
    for key in decisions:
        yield related.get(pk=key)
