"""Where a licensee's platform is told of events, and the secrets that each message is signed with."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.sealed_secrets import open_secret, seal_secret
from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee

# How long the former secret signs beside the new one.
BOTH_SIGN = timedelta(days=7)
LONGEST_URL = 500


class Webhook(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        DISABLED = "disabled", "Disabled"

    class Disabled(models.TextChoices):
        BY_ADMIN = "by_admin", "by an admin"
        GONE = "gone", "their server answered 410: it is gone"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.ACTIVE, State.DISABLED): frozenset({Verb.WEBHOOK_DISABLED}),
        (State.DISABLED, State.ACTIVE): frozenset({Verb.WEBHOOK_ENABLED}),
    }

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=LONGEST_URL)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    disabled_because = models.CharField(max_length=10, choices=Disabled.choices, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Until then one worker sends to it, or it rests after a failure: nobody else looks.
    look_after = models.DateTimeField(default=timezone.now)
    # In a row; one message that arrives ends them.
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "url"], name="webhook_once_per_licensee"),
            models.CheckConstraint(
                condition=models.Q(state="disabled") & ~models.Q(disabled_because="")
                | models.Q(state="active", disabled_because=""),
                name="webhook_disabled_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.host

    def get_absolute_url(self) -> str:
        return reverse("platforms:webhook", args=[self.licensee.slug, self.pk])

    @property
    def host(self) -> str:
        """For pages and the trail: the path of a webhook may be a secret."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    def about(self) -> About:
        return About(object_type="webhook", object_id=str(self.pk), licensee_id=self.licensee_id)


class WebhookSecret(models.Model):
    """As Standard Webhooks writes it; sealed, since each message is signed with it. While the former one has not
    ended, both sign."""

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="secrets")
    # What the sealed secret is bound to.
    name = models.CharField(max_length=16, unique=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["webhook"], condition=models.Q(ends_at=None), name="webhook_secret_one_newest"
            )
        ]

    def __str__(self) -> str:
        return f"secret {self.name} of {self.webhook_id}"

    def give(self) -> str:
        """Answers the secret: the only time that it exists in clear."""
        self.name = secrets.token_hex(8)
        secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        self.sealed = seal_secret(secret, owner=self._owner)
        return secret

    def opened(self) -> bytes:
        return b64decode(open_secret(self.sealed, owner=self._owner).removeprefix("whsec_"))

    @property
    def _owner(self) -> str:
        return f"webhook secret {self.name}"
