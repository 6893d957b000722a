"""A platform's key: a prefix to find it by and a SHA-256 of the secret, which is shown once."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.sealed_secrets import open_secret, seal_secret
from audit.record import About
from licensees.models.licensee import Licensee

# A key that nobody thinks of any more ends by itself.
USUAL_DAYS = 365
WARN_BEFORE = timedelta(days=30)
# How long the old key lives beside the new one.
BOTH_LIVE = timedelta(days=7)


class ApiKey(models.Model):
    class Mode(models.TextChoices):
        TEST = "test", "Test"
        LIVE = "live", "Live"

    class Scope(models.TextChoices):
        CONVERSATIONS_WRITE = "conversations:write", "Send conversations"
        CONVERSATIONS_READ = "conversations:read", "Read scores"
        EVENTS_CONFIRM = "events:confirm", "Read action events and say what was done"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="api_keys")
    label = models.CharField(max_length=80)
    mode = models.CharField(max_length=4, choices=Mode.choices, default=Mode.LIVE)
    scopes = models.JSONField(default=list)
    prefix = models.CharField(max_length=12, unique=True)
    secret_digest = models.BinaryField(max_length=32)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # Networks that it may come from, as 192.0.2.0/24; none: from anywhere.
    allowed_networks = models.JSONField(default=list, blank=True)
    # Where there is one, each call is signed with it (licensees/signed_calls.py).
    signing_secret_sealed = models.BinaryField(null=True)
    # The key that this one takes the place of: for a while both live.
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", editable=False
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-created_at"], name="key_by_licensee")
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"

    def about(self) -> About:
        return About(object_type="api_key", object_id=str(self.pk), licensee_id=self.licensee_id)

    @property
    def actor_name(self) -> str:
        return f"key:{self.pk}"

    @property
    def actor_roles(self) -> str:
        return "platform"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def ends_soon(self) -> bool:
        """Time to rotate it."""
        return self.is_live and self.expires_at is not None and self.expires_at - timezone.now() < WARN_BEFORE

    @property
    def is_signed(self) -> bool:
        return self.signing_secret_sealed is not None

    def give_signing_secret(self) -> str:
        """As Standard Webhooks writes it; sealed, since the signature of each call is made anew to be compared."""
        secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        self.signing_secret_sealed = seal_secret(secret, owner=self._signing_owner)
        return secret

    def signing_secret(self) -> bytes:
        if self.signing_secret_sealed is None:
            raise TypeError("this key's calls are not signed")
        secret = open_secret(self.signing_secret_sealed, owner=self._signing_owner)
        return b64decode(secret.removeprefix("whsec_"))

    @property
    def _signing_owner(self) -> str:
        return f"signing secret of key {self.prefix}"

    def give_secret(self) -> str:
        """Set a new prefix and digest, and answer the whole key: the only time that it exists in clear."""
        self.prefix = secrets.token_hex(6)
        secret = secrets.token_urlsafe(32)
        self.secret_digest = hashlib.sha256(secret.encode()).digest()
        return f"artemis_{self.mode}_{self.prefix}_{secret}"

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(bytes(self.secret_digest), hashlib.sha256(secret.encode()).digest())


class SignedCall(models.Model):
    """A signed call that was taken, kept while its time stamp would be taken: a second one like it is a replay."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    call_digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["key", "call_digest"], name="signed_call_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["at"], name="signed_call_by_time")]

    def __str__(self) -> str:
        return f"call of key {self.key_id} at {self.at:%Y-%m-%d %H:%M:%S}"
