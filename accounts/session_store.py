"""Sessions in the database, under digests of their keys and signed for them.

Whoever reads the table cannot act as who is signed in, nor can who writes into it without SECRET_KEY.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

# As wide as the column: 160 bits of SHA-256, which no random key of 165 bits is found from.
DIGEST_LENGTH = 40


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:DIGEST_LENGTH]


class SessionStore(DatabaseStore):
    """Django's, but the key itself stands in the person's cookie alone. Nothing here is asynchronous."""

    @property
    def key_salt(self) -> str:
        """Part of the signature of what is kept: a row's content that was copied to another key does not fit."""
        return f"accounts.session_store.{digest_of(self.session_key or '')}"

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        place = digest_of(self.session_key or "")
        found: AbstractBaseSession | None = self.model.objects.filter(
            session_key=place, expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(digest_of(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made = super().create_model_instance(data)
        made.session_key = digest_of(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest_of(key))
