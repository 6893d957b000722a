"""A platform's key: a prefix to find it by and a SHA-256 of the secret, which is shown once."""

import hashlib
import hmac
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from licensees.models.licensee import Licensee


class ApiKey(models.Model):
    class Mode(models.TextChoices):
        TEST = "test", "Test"
        LIVE = "live", "Live"

    class Scope(models.TextChoices):
        CONVERSATIONS_WRITE = "conversations:write", "Send conversations"
        CONVERSATIONS_READ = "conversations:read", "Read scores"

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

    def give_secret(self) -> str:
        """Set a new prefix and digest, and answer the whole key: the only time that it exists in clear."""
        self.prefix = secrets.token_hex(6)
        secret = secrets.token_urlsafe(32)
        self.secret_digest = hashlib.sha256(secret.encode()).digest()
        return f"artemis_{self.mode}_{self.prefix}_{secret}"

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(bytes(self.secret_digest), hashlib.sha256(secret.encode()).digest())
