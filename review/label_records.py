"""One decided conversation in the labelled form, with its text as the decision saw it and without anybody's name.

Whoever asks for it records the reading first; `review/labels.py` does.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from review.label_meanings import meaning_of
from review.models import Annotation, Decision
from scoring.characteristics import BY_KEY
from scoring.evidence import open_account_ids, open_texts
from scoring.key_providers import key_provider
from scoring.models import Conversation, Message, MessageRevision, Participant

SOURCE = "artemis-decisions"
LENGTH_OF_NAME = 16


class Pseudonyms:
    """Names conversations and accounts of one licensee by a keyed digest: the same in each of its exports, so that
    no account stands on two sides of a split, and of no use to anybody without the key.
    """

    def __init__(self, licensee_id: int) -> None:
        self._key = key_provider().derive(f"names in labels of licensee {licensee_id}")

    def account(self, account_id: str) -> str:
        return self._name("account", account_id)

    def conversation(self, conversation: Conversation) -> str:
        return self._name("conversation", conversation.external_id)

    def _name(self, kind: str, text: str) -> str:
        raw = f"{kind}\x1f{text}".encode("utf-8", "surrogatepass")
        return f"{kind}-{hmac.new(self._key, raw, 'sha256').hexdigest()[:LENGTH_OF_NAME]}"


def record_of(decision: Decision, names: Pseudonyms, roles: Mapping[int, str]) -> dict[str, Any]:
    """Return the conversation that was decided on; `roles` are those that people gave, by participant."""
    conversation = decision.case.conversation
    identifier = names.conversation(conversation)
    messages = list(_messages_judged(decision))
    texts = open_texts(conversation, messages)
    people = list(conversation.participants.all())
    accounts = {pk: names.account(account) for pk, account in open_account_ids(conversation, people).items()}
    record: dict[str, Any] = {
        "id": identifier,
        "label": meaning_of(decision).label,
        "source": SOURCE,
        "messages": [
            _message(message, texts[message.pk], identifier, accounts[message.sender_id])
            for message in messages
        ],
    }
    if conversation.language:
        record["language"] = conversation.language
    if roles:
        record["authors"] = {accounts[key]: role for key, role in roles.items()}
    if groups := _groups(people, accounts):
        record["groups"] = groups
    if spans := _spans(decision, {message.pk: message for message in messages}, texts, identifier):
        record["spans"] = spans
    return record


def _messages_judged(decision: Decision) -> Iterator[Message]:
    """The messages that had been received by then, each in the version of that moment."""
    messages = decision.case.conversation.messages.prefetch_related("revisions").order_by("number")
    for message in messages:
        versions: list[Message | MessageRevision] = [*message.revisions.all(), message]
        known = [own for own in versions if own.received_at <= decision.decided_at]
        if known:
            judged = max(known, key=lambda own: own.version)
            # Never saved: only its text is of another version.
            message.version, message.text_sealed = judged.version, judged.text_sealed
            message.received_at = judged.received_at
            yield message


def _message(message: Message, text: str, conversation: str, sender: str) -> dict[str, str]:
    written = {"id": _message_id(conversation, message), "sender": sender, "text": text}
    return written | ({"sent_at": message.sent_at.isoformat()} if message.sent_at else {})


def _message_id(conversation: str, message: Message) -> str:
    return f"{conversation}:{message.number}"


def _groups(people: Iterable[Participant], accounts: Mapping[int, str]) -> dict[str, dict[str, str]]:
    return {
        accounts[person.pk]: {"age_band": person.declared_age_band}
        for person in people
        if person.declared_age_band != Participant.AgeBand.UNKNOWN
    }


def _spans(
    decision: Decision, messages: Mapping[int, Message], texts: Mapping[int, str], conversation: str
) -> list[dict[str, Any]]:
    """What people marked by then and nobody took back. Without a mark there are none: nobody need have looked."""
    annotations = Annotation.objects.filter(
        case__conversation=decision.case.conversation,
        # What is marked in practice is nobody's finding.
        case__practice_of=None,
        superseded_by=None,
        annotated_at__lte=decision.decided_at,
        message__in=messages,
        characteristic__in=BY_KEY,
    )
    spans = set()
    for annotation in annotations:
        message = messages[annotation.message_id]
        start, end = _place(annotation, message, len(texts[message.pk]))
        if start < end:
            spans.add((message.number, start, end, annotation.characteristic))
    return [
        {"message": f"{conversation}:{number}", "start": start, "end": end, "characteristic": key}
        for number, start, end, key in sorted(spans)
    ]


def _place(annotation: Annotation, message: Message, length: int) -> tuple[int, int]:
    """The whole message where no words were quoted, or where it was edited after they were."""
    start, end = annotation.start, annotation.end
    if start is None or end is None or message.received_at > annotation.annotated_at:
        return 0, length
    return start, end
