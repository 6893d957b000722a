"""What a platform writes about what it did: it may quote, so it is sealed under the conversation's key."""

import secrets

from platforms.models import Confirmation
from review.models import Case
from scoring.evidence import open_note, seal_note

COLUMN = "platform_note"


def seal_platform_note(case: Case, confirmation: Confirmation, note: str) -> bytes | None:
    """None for no words; and where the conversation was erased meanwhile: what it said is not kept anew."""
    confirmation.row = f"platform {secrets.token_hex(8)}"
    if not note or case.conversation.data_key.destroyed_at is not None:
        return None
    return seal_note(case.conversation, column=COLUMN, row=confirmation.row, note=note)


def open_platform_note(case: Case, confirmation: Confirmation) -> str:
    return open_note(case.conversation, column=COLUMN, row=confirmation.row, sealed=confirmation.note_sealed)
