"""A person's unit of work and what they did with it."""

from review.models.annotation import Annotation
from review.models.case import Case, CaseNumber
from review.models.claim import Claim
from review.models.decision import Decision
from review.models.reveal import Reveal
from review.models.unseen_score import UnseenScore

__all__ = ["Annotation", "Case", "CaseNumber", "Claim", "Decision", "Reveal", "UnseenScore"]
