"""Evidence as received, and what the machine made of it."""

from scoring.models.arrivals_day import ArrivalsDay
from scoring.models.bulk_job import BulkChunk, BulkFault, BulkJob
from scoring.models.conversation import Conversation, Participant
from scoring.models.conversation_state import ConversationState
from scoring.models.conversation_weights import ConversationWeights
from scoring.models.data_key import DataKey
from scoring.models.drift import DriftAlert, DriftWeek
from scoring.models.erasure import Erasure
from scoring.models.idempotent_request import IdempotentRequest
from scoring.models.index_key import IndexKey
from scoring.models.message import Message, MessageRevision
from scoring.models.model_evaluation import ModelEvaluation
from scoring.models.model_version import ModelArtifact, ModelVersion
from scoring.models.preservation_hold import PreservationHold
from scoring.models.score import MessageRating, Score
from scoring.models.shadow_score import ShadowScore
from scoring.models.user_report import UserReport

__all__ = [
    "ArrivalsDay",
    "BulkChunk",
    "BulkFault",
    "BulkJob",
    "Conversation",
    "ConversationState",
    "ConversationWeights",
    "DataKey",
    "DriftAlert",
    "DriftWeek",
    "Erasure",
    "IdempotentRequest",
    "IndexKey",
    "Message",
    "MessageRating",
    "MessageRevision",
    "ModelArtifact",
    "ModelEvaluation",
    "ModelVersion",
    "Participant",
    "PreservationHold",
    "Score",
    "ShadowScore",
    "UserReport",
]
