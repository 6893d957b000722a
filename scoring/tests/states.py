"""What a conversation holds, read again as a whole: what going on from a state must be equal to."""

from scoring.evidence import open_state, open_texts
from scoring.models import Conversation, ConversationState, ModelVersion
from scoring.pipeline import Turn
from scoring.state import ConversationState as State


def turns_of(conversation: Conversation) -> list[Turn]:
    row = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
    messages = list(row.messages.select_related("sender"))
    texts = open_texts(row, messages)
    return [Turn(one.external_id, str(one.sender.position), one.sent_at, texts[one.pk]) for one in messages]


def stored_state(conversation: Conversation, version: ModelVersion) -> State:
    row = ConversationState.objects.select_related("conversation__data_key").get(
        conversation=conversation, model=version
    )
    return State.from_bytes(open_state(row.conversation, model_id=version.pk, sealed=row.data))
