"""What people write about evidence: sealed under the conversation's key, since it may quote, and bound to its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from review.models import (
    Annotation,
    CalibrationCase,
    Case,
    Decision,
    GoldenCase,
    HandOver,
    Hold,
    SecondReview,
)
from scoring.evidence import open_note, seal_note

ANNOTATION = "annotation"
DECISION = "decision"
HOLD = "hold"
HAND_OVER = "hand_over"
SECOND_REVIEW = "second_review"
GOLDEN = "golden"
CALIBRATION = "calibration"
# {(kind, row): private words}
Notes = dict[tuple[str, int], str]


@dataclass(frozen=True)
class Noted:
    """What people wrote about one case, still sealed."""

    decisions: Sequence[Decision] = ()
    holds: Sequence[Hold] = ()
    handed: Sequence[HandOver] = ()

    def named(self) -> dict[str, list[int]]:
        """For the trail, before any is opened: only the kinds that there are."""
        kinds = {
            "decision_notes": [row.pk for row in self.decisions if row.note_sealed],
            "hold_reasons": [row.pk for row in self.holds],
            "hand_over_notes": [row.pk for row in self.handed if row.note_sealed],
        }
        return {kind: rows for kind, rows in kinds.items() if rows}

    def opened(self, case: Case) -> Notes:
        notes: Notes = {}
        for decision in self.decisions:
            decision.case = case
            notes[DECISION, decision.pk] = open_decision_note(decision)
        for held in self.holds:
            held.case = case
            notes[HOLD, held.pk] = open_hold_reason(held)
        for one in self.handed:
            notes[HAND_OVER, one.pk] = open_hand_over_note(one, case)
        return notes


def seal_annotation_note(annotation: Annotation, note: str) -> bytes | None:
    return seal_note(
        annotation.case.conversation, column=ANNOTATION, row=_annotation_row(annotation), note=note
    )


def open_annotation_note(annotation: Annotation) -> str:
    return open_note(
        annotation.case.conversation,
        column=ANNOTATION,
        row=_annotation_row(annotation),
        sealed=annotation.note_sealed,
    )


def seal_decision_note(decision: Decision, note: str) -> bytes | None:
    return seal_note(decision.case.conversation, column=DECISION, row=_decision_row(decision), note=note)


def open_decision_note(decision: Decision) -> str:
    return open_note(
        decision.case.conversation, column=DECISION, row=_decision_row(decision), sealed=decision.note_sealed
    )


def seal_hold_reason(held: Hold, reason: str) -> bytes | None:
    return seal_note(held.case.conversation, column=HOLD, row=_hold_row(held), note=reason)


def open_hold_reason(held: Hold) -> str:
    return open_note(held.case.conversation, column=HOLD, row=_hold_row(held), sealed=held.reason_sealed)


def seal_hand_over_note(handed: HandOver, case: Case, note: str) -> bytes | None:
    return seal_note(case.conversation, column=HAND_OVER, row=_hand_over_row(handed), note=note)


def open_hand_over_note(handed: HandOver, case: Case) -> str:
    return open_note(
        case.conversation, column=HAND_OVER, row=_hand_over_row(handed), sealed=handed.note_sealed
    )


def seal_second_review_note(review: SecondReview, judged_at: datetime, note: str) -> bytes | None:
    row = _second_review_row(review, judged_at)
    return seal_note(review.case.conversation, column=SECOND_REVIEW, row=row, note=note)


def open_second_review_note(review: SecondReview) -> str:
    row = _second_review_row(review, review.decided_at)
    return open_note(review.case.conversation, column=SECOND_REVIEW, row=row, sealed=review.note_sealed)


def seal_golden_why(golden: GoldenCase, why: str) -> bytes | None:
    return seal_note(golden.case.conversation, column=GOLDEN, row=_golden_row(golden), note=why)


def open_golden_why(golden: GoldenCase) -> str:
    return open_note(
        golden.case.conversation, column=GOLDEN, row=_golden_row(golden), sealed=bytes(golden.why_sealed)
    )


def seal_calibration_why(item: CalibrationCase, why: str) -> bytes | None:
    row = _calibration_row(item)
    return seal_note(item.case.conversation, column=CALIBRATION, row=row, note=why)


def open_calibration_why(item: CalibrationCase) -> str:
    row = _calibration_row(item)
    return open_note(item.case.conversation, column=CALIBRATION, row=row, sealed=item.why_sealed)


# The number of a row is not known before it is written; who wrote it when, about what, is.
def _annotation_row(annotation: Annotation) -> str:
    written = annotation.annotated_at.isoformat()
    return f"{annotation.case_id}\x1f{annotation.message_id}\x1f{annotation.annotated_by_id}\x1f{written}"


def _decision_row(decision: Decision) -> str:
    return f"{decision.case_id}\x1f{decision.decided_by_id}\x1f{decision.decided_at.isoformat()}"


def _hold_row(held: Hold) -> str:
    return f"{held.case_id}\x1f{held.held_by_id}\x1f{held.held_at.isoformat()}"


def _hand_over_row(handed: HandOver) -> str:
    return f"{handed.from_claim_id}\x1f{handed.to_claim_id}\x1f{handed.handed_by_id}"


def _second_review_row(review: SecondReview, judged_at: datetime | None) -> str:
    written = judged_at.isoformat() if judged_at else ""
    return f"{review.pk}\x1f{review.reviewer_id}\x1f{written}"


def _golden_row(golden: GoldenCase) -> str:
    return f"{golden.case_id}\x1f{golden.marked_by_id}\x1f{golden.marked_at.isoformat()}"


def _calibration_row(item: CalibrationCase) -> str:
    return f"{item.session_id}\x1f{item.case_id}\x1f{item.number}"
