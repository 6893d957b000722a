"""An agency or hotline on the operator's allow-list; nobody else can be referred to."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About


class Recipient(models.Model):
    class Exit(models.TextChoices):
        IMMINENT_THREAT = "imminent_threat", "Imminent threat"
        SUSPECTED_EXPLOITATION = "suspected_exploitation", "Suspected exploitation"

    class Kind(models.TextChoices):
        AGENCY = "agency", "Law enforcement agency"
        HOTLINE = "hotline", "Clearing house or hotline"

    class Transport(models.TextChoices):
        DOWNLOAD = "download", "Download"
        ENCRYPTED_FILE = "encrypted_file", "Encrypted file (age)"
        SFTP = "sftp", "SFTP drop"
        CYBERTIP = "cybertip", "CyberTipline API"
        CHECKLIST = "checklist", "Portal, by checklist"

    # What may not change unseen: who could read a packet, and where it would go.
    WATCHED: ClassVar[frozenset[str]] = frozenset(
        {"transport", "endpoint", "age_recipients", "ssh_host_key", "is_test"}
    )
    # Sent by the machine once a person released it; the others are carried by a person.
    SENT: ClassVar[frozenset[str]] = frozenset({Transport.SFTP, Transport.CYBERTIP})
    # By these a packet is released, and no second time: the others are files that a person takes as often as needed.
    RELEASED_ONCE: ClassVar[frozenset[str]] = SENT | {Transport.CHECKLIST}

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOTLINE)
    exit = models.CharField(max_length=30, choices=Exit.choices)
    jurisdiction = models.CharField(max_length=2)
    contact = models.CharField(max_length=200)
    # Files besides those of every packet: names in packet_builder.ON_REQUEST.
    formats = models.JSONField(default=list, blank=True)
    transport = models.CharField(max_length=20, choices=Transport.choices, default=Transport.DOWNLOAD)
    # sftp://login@host:22/folder, or https://host/path; no secret, those are files in ARTEMIS_KEYS.
    endpoint = models.CharField(max_length=300, blank=True)
    # One public key a line; an encrypted file can be opened by the holder of any of them.
    age_recipients = models.TextField(blank=True)
    ssh_host_key = models.TextField(blank=True)
    # True for a recipient that exists only to try the workflow; said on every page and in the packet.
    is_test = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    # Counts the recorded changes; who releases a delivery says which of them they have seen.
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return self.name

    def about(self) -> About:
        return About(object_type="recipient", object_id=str(self.pk))

    @property
    def age_keys(self) -> list[str]:
        return [line.strip() for line in self.age_recipients.splitlines() if line.strip()]

    @property
    def is_sent(self) -> bool:
        """Whether the machine carries the packet, after a person released it."""
        return self.transport in self.SENT


class RecipientChange(AppendOnly):
    """What an admin set, field by field: public keys and addresses, never a secret."""

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    # {field: [before, after]}
    fields = models.JSONField()
    # Whether a key or an endpoint changed, so that supervisors see it before the next delivery.
    is_watched = models.BooleanField()
    reason = models.CharField(max_length=300)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["recipient", "revision"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["recipient", "revision"], name="recipient_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} revision {self.revision}"
