"""Seal and open what people said and who they are. Callers that show it to a person record that first."""

import json
from collections.abc import Iterable
from typing import Any

from scoring.key_providers import EvidenceUnreadable, KeyUnavailable
from scoring.models import Conversation, ConversationState, Erasure, Message, Participant, UserReport
from scoring.vault import Cipher, open_data_key


def cipher_of(conversation: Conversation) -> Cipher:
    return open_data_key(conversation.data_key)


def seal_text(cipher: Cipher, *, conversation_id: str, message_id: str, version: int, text: str) -> bytes:
    """`conversation_id` and `message_id` are the platform's own: known before the row is."""
    row = _message_row(conversation_id, message_id, version)
    return cipher.encrypt(_to_bytes(text), table="message", column="text", row=row)


def open_texts(conversation: Conversation, messages: Iterable[Message]) -> dict[int, str]:
    """{message pk: text} of messages of this one conversation; of those that were erased nothing, which is ""."""
    listed = list(messages)
    kept = [message for message in listed if message.erasure_id is None]
    texts = {message.pk: "" for message in listed}
    if not kept:
        return texts
    cipher = cipher_of(conversation)
    for message in kept:
        row = _message_row(conversation.external_id, message.external_id, message.version)
        opened = cipher.decrypt(message.text_sealed, table="message", column="text", row=row)
        texts[message.pk] = _from_bytes(opened)
    return texts


def seal_account_id(cipher: Cipher, *, conversation_id: str, position: int, account_id: str) -> bytes:
    row = _participant_row(conversation_id, position)
    return cipher.encrypt(_to_bytes(account_id), table="participant", column="id", row=row)


def open_account_ids(conversation: Conversation, participants: Iterable[Participant]) -> dict[int, str]:
    """{participant pk: the platform's id of the account} in this one conversation; "" where it was erased."""
    by_pk = {one.pk: one for one in participants}
    ids = dict.fromkeys(by_pk, "")
    kept = {pk: sealed for pk, one in by_pk.items() if (sealed := one.external_id_sealed) is not None}
    if kept:
        cipher = cipher_of(conversation)
        for pk, sealed in kept.items():
            row = _participant_row(conversation.external_id, by_pk[pk].position)
            ids[pk] = _from_bytes(cipher.decrypt(sealed, table="participant", column="id", row=row))
    return ids


def open_account_id(conversation: Conversation, participant: Participant) -> str:
    return open_account_ids(conversation, [participant])[participant.pk]


def seal_identity(cipher: Cipher, *, conversation_id: str, position: int, identity: dict[str, Any]) -> bytes:
    plaintext = json.dumps(identity, ensure_ascii=True, sort_keys=True).encode()
    row = _participant_row(conversation_id, position)
    return cipher.encrypt(plaintext, table="participant", column="identity", row=row)


def open_identity(conversation: Conversation, participant: Participant) -> dict[str, Any]:
    if participant.identity_sealed is None:
        return {}
    plaintext = cipher_of(conversation).decrypt(
        participant.identity_sealed,
        table="participant",
        column="identity",
        row=_participant_row(conversation.external_id, participant.position),
    )
    identity: dict[str, Any] = json.loads(plaintext)
    return identity


def seal_state(conversation: Conversation, *, model_id: int, state: bytes) -> bytes:
    """What a model keeps of a conversation is drawn from its texts, so it dies with the same key."""
    row = _state_row(conversation, model_id)
    return cipher_of(conversation).encrypt(state, table="state", column="data", row=row)


def open_state(conversation: Conversation, *, model_id: int, sealed: bytes | memoryview) -> bytes:
    row = _state_row(conversation, model_id)
    return cipher_of(conversation).decrypt(sealed, table="state", column="data", row=row)


def seal_state_anew(conversation: Conversation, state: ConversationState, *, under: Cipher) -> bytes:
    """A state under another key: it goes on when the texts that it was drawn from are erased."""
    row = _state_row(conversation, state.model_id)
    opened = open_state(conversation, model_id=state.model_id, sealed=state.data)
    return under.encrypt(opened, table="state", column="data", row=row)


def seal_note(conversation: Conversation, *, column: str, row: str, note: str) -> bytes | None:
    """A person's words about evidence (a note, grounds, a reason) die with the evidence's key."""
    if not note:
        return None
    return cipher_of(conversation).encrypt(_to_bytes(note), table="note", column=column, row=row)


def open_note(conversation: Conversation, *, column: str, row: str, sealed: bytes | memoryview | None) -> str:
    """Where it was erased, the sentence that says so."""
    if sealed is None:
        return ""
    try:
        return _from_bytes(
            cipher_of(conversation).decrypt(bytes(sealed), table="note", column=column, row=row)
        )
    except KeyUnavailable:
        raise
    except EvidenceUnreadable:
        # Written under a key that was destroyed, perhaps before the conversation went on under another.
        erasure = last_erasure(conversation)
        if erasure is None:
            raise
        return erasure.sentence


def seal_report_comment(conversation: Conversation, *, digest: bytes, comment: str) -> bytes | None:
    """A user's own words are bound to the report that they came with."""
    return seal_note(conversation, column="report", row=digest.hex(), note=comment)


def open_report_comment(conversation: Conversation, report: UserReport) -> str:
    """Where it was erased, the sentence that says so; "" where nothing was said."""
    if report.erasure is not None:
        return report.erasure.sentence
    row = bytes(report.digest).hex()
    return open_note(conversation, column="report", row=row, sealed=report.comment_sealed)


def last_erasure(conversation: Conversation) -> Erasure | None:
    erasure: Erasure | None = Erasure.objects.filter(conversation=conversation).order_by("-pk").first()
    return erasure


def _message_row(conversation_id: str, message_id: str, version: int) -> str:
    return f"{conversation_id}\x1f{message_id}\x1f{version}"


def _participant_row(conversation_id: str, position: int) -> str:
    return f"{conversation_id}\x1f{position}"


def _state_row(conversation: Conversation, model_id: int) -> str:
    return f"{conversation.external_id}\x1f{model_id}"


# JSON may carry lone surrogates; what a platform sent is kept as it was sent.
def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _from_bytes(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
