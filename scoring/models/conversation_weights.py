"""What the messages of a long conversation weigh, summed up, so that its page reads one row and not every rating."""

from django.db import models

from scoring.models.conversation import Conversation
from scoring.models.model_version import ModelVersion


class ConversationWeights(models.Model):
    """Of the messages 1 … `messages` as `model` rated them; `told` is what the score at `revision` made of them.

    Written by `scoring.weights` in the transaction of the score. Where it does not belong to the newest judged score,
    `scoring.weighing` reads the ratings themselves.
    """

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="weights"
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    revision = models.PositiveIntegerField()
    messages = models.PositiveIntegerField()
    # `scoring.weights.Sums`: what does not depend on how a score weighs, so that it only has to be added to.
    sums = models.JSONField()
    # `scoring.weighing.Weighing`, of at most a few hundred numbers whatever the length.
    told = models.JSONField()

    def __str__(self) -> str:
        return f"weights of conversation {self.conversation_id} at revision {self.revision}"
