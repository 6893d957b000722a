"""A person's unit of work and what they did with it."""

from review.models.annotation import Annotation
from review.models.calibration import (
    CalibrationCase,
    CalibrationInvitation,
    CalibrationSession,
    CalibrationVote,
)
from review.models.case import Case, CaseNumber
from review.models.claim import Claim
from review.models.decision import Decision
from review.models.first_judgement import FirstJudgement
from review.models.golden import GoldenAnswer, GoldenCase
from review.models.hand_over import HandOver
from review.models.hold import Hold
from review.models.opt_out import OptOut
from review.models.pause import Pause
from review.models.reveal import Reveal
from review.models.second_review import SecondReview
from review.models.subject_account import SubjectAccount
from review.models.unseen_report import UnseenReport
from review.models.unseen_score import UnseenScore
from review.models.unveiling import Unveiling
from review.models.watch import Watch
from review.models.withdrawal import Withdrawal

__all__ = [
    "Annotation",
    "CalibrationCase",
    "CalibrationInvitation",
    "CalibrationSession",
    "CalibrationVote",
    "Case",
    "CaseNumber",
    "Claim",
    "Decision",
    "FirstJudgement",
    "GoldenAnswer",
    "GoldenCase",
    "HandOver",
    "Hold",
    "OptOut",
    "Pause",
    "Reveal",
    "SecondReview",
    "SubjectAccount",
    "UnseenReport",
    "UnseenScore",
    "Unveiling",
    "Watch",
    "Withdrawal",
]
