"""A machine's rating of a conversation at one revision; never a finding. Beside it, what each message says to it."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Expression, F, Value, When
from django.utils import timezone

from scoring.models.conversation import Conversation
from scoring.models.message import Message
from scoring.models.model_version import ModelVersion

# `Score.contribution_of` for plain SQL with the aliases message, rating and score.
CONTRIBUTION_SQL = """
    rating.evidence * (score.whole_factor + CASE
        WHEN message.number BETWEEN score.window_first AND score.window_last THEN score.window_factor ELSE 0 END)
    + coalesce((score.peaks ->> message.number::text)::float8, 0)
"""


class ScoreQuerySet(models.QuerySet["Score"]):
    def newest_judged(self, conversation_id: int) -> "Score | None":
        """The newest score that is a number: an abstention weighs no message, and none hides what weighed before."""
        judged = self.filter(conversation_id=conversation_id, probability__isnull=False)
        return judged.order_by("-revision").first()


class Score(models.Model):
    class Band(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        IMMINENT = "imminent", "Imminent"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="scores")
    revision = models.PositiveIntegerField()
    message_count = models.PositiveIntegerField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True)
    # Null where the machine abstains; `abstained` then says why, so that silence never reads as safe.
    probability = models.FloatField(null=True)
    abstained = models.CharField(max_length=40, blank=True)
    # Of the conversation up to this score, this one included: what a threshold would have had to be under.
    highest = models.FloatField(null=True)
    band = models.CharField(max_length=10, choices=Band.choices, blank=True)
    flagged = models.BooleanField(default=False)
    # The licensee's thresholds at that moment.
    threshold = models.FloatField()
    imminent_threshold = models.FloatField()
    # {characteristic key: rating 0..1} for the conversation as a whole.
    characteristics = models.JSONField(default=dict)
    scored_at = models.DateTimeField(default=timezone.now, editable=False)

    # How evidence became this score (`scoring.pipeline.Judgement`): base and contributions add up to the logit, and a
    # message contributes its evidence times a factor, and what it has as a peak. Null: scored before this was kept.
    base = models.FloatField(null=True)
    logit = models.FloatField(null=True)
    whole_factor = models.FloatField(default=0)
    # Added to the whole's for the messages window_first … window_last.
    window_factor = models.FloatField(default=0)
    window_first = models.PositiveIntegerField(default=0)
    window_last = models.PositiveIntegerField(default=0)
    # {message number: extra}
    peaks = models.JSONField(default=dict)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "revision"], name="score_once_per_revision"),
            models.CheckConstraint(
                condition=models.Q(probability=None, flagged=False, band="") & ~models.Q(abstained="")
                | models.Q(probability__gte=0, probability__lte=1, abstained="") & ~models.Q(band=""),
                name="score_or_abstained",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["id"], condition=models.Q(flagged=True), name="score_flagged"),
        ]

    def __str__(self) -> str:
        return f"score of conversation {self.conversation_id} at revision {self.revision}"

    def contribution(self, number: int, evidence: float) -> float:
        """What a message added to this score."""
        inside = self.window_first <= number <= self.window_last
        factor = self.whole_factor + (self.window_factor if inside else 0.0)
        peak: float = self.peaks.get(str(number), 0.0)
        return evidence * factor + peak

    def contribution_of(self, *, number: str, evidence: str) -> Expression:
        """What a message added to this score, in SQL; `number` and `evidence` are the fields that hold its own."""
        in_window = {f"{number}__gte": self.window_first, f"{number}__lte": self.window_last}
        factor = Case(
            When(**in_window, then=Value(self.whole_factor + self.window_factor)),
            default=Value(self.whole_factor),
            output_field=models.FloatField(),
        )
        peaks = [When(**{number: int(place)}, then=Value(extra)) for place, extra in self.peaks.items()]
        weighed: Expression = F(evidence) * factor
        return weighed + Case(*peaks, default=Value(0.0)) if peaks else weighed


class MessageRatingQuerySet(models.QuerySet["MessageRating"]):
    def weighed_by(self, score: Score | None) -> Self:
        """The ratings that this score rests on, each with its `contribution` to it; none without a score.

        Ratings of another model never mix in: after a new champion read a conversation, an older score has none.
        """
        if score is None:
            return self.none()
        rated = self.filter(
            message__conversation_id=score.conversation_id,
            model_id=score.model_id,
            message__number__lte=score.message_count,
        )
        return rated.annotate(
            contribution=score.contribution_of(number="message__number", evidence="evidence")
        )

    def weightiest(self, score: Score, *, count: int) -> list[Any]:
        """(number, external id, contribution) of the messages that moved this score most, up or down."""
        return sorted(self.candidates(score, count), key=lambda row: (-abs(row[2]), row[0]))[:count]

    def candidates(self, score: Score, count: int) -> models.QuerySet[Any, Any]:
        """Outside the window and the peaks all evidence weighs alike, so only its two ends can be among the weightiest:
        what is read does not grow with the conversation."""
        columns = ("message__number", "message__external_id", "contribution")
        rated, apart = self.weighed_by(score), weighed_apart(score)
        plain = rated.filter(conversation_id=score.conversation_id).exclude(pk__in=apart)
        ends = (plain.order_by(order)[:count].values_list(*columns) for order in ("-evidence", "evidence"))
        return rated.filter(pk__in=apart).order_by().values_list(*columns).union(*ends)


def weighed_apart(score: Score) -> list[int]:
    """The messages in the score's window and those that are its peaks: a hundred at most, if all hold words."""
    messages = Message.objects.filter(conversation_id=score.conversation_id).order_by()
    # Asked apart: with both in one condition the planner may read the whole conversation.
    window = messages.filter(number__range=(score.window_first, score.window_last))
    peaks = messages.filter(number__in=[int(number) for number in score.peaks])
    return list({*window.values_list("pk", flat=True), *peaks.values_list("pk", flat=True)})


class MessageRating(models.Model):
    """What one message says to one model. It never changes when others follow: its share in a score is computed."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="rating")
    # Of the message, kept here too, so that a conversation's weightiest messages are found by an index.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    # The product of the message with the conversation head, and how many n-grams it has.
    evidence = models.FloatField()
    weight = models.FloatField()
    # {characteristic key: rating 0..1}, only those at or over the level that is worth showing.
    ratings = models.JSONField(default=dict)

    objects = MessageRatingQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["conversation", "evidence"], name="rating_by_evidence"),
        ]

    def __str__(self) -> str:
        return f"rating of {self.message_id}"
