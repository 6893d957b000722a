"""What people write about evidence: sealed under the conversation's key, since it may quote, and bound to its row."""

from review.models import Annotation, Decision
from scoring.evidence import open_note, seal_note

ANNOTATION = "annotation"
DECISION = "decision"


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


# The number of a row is not known before it is written; who wrote it when, about what, is.
def _annotation_row(annotation: Annotation) -> str:
    written = annotation.annotated_at.isoformat()
    return f"{annotation.case_id}\x1f{annotation.message_id}\x1f{annotation.annotated_by_id}\x1f{written}"


def _decision_row(decision: Decision) -> str:
    return f"{decision.case_id}\x1f{decision.decided_by_id}\x1f{decision.decided_at.isoformat()}"
