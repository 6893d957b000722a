"""Signed checkpoints leave the host: each third party is given the newest one, until it has it.

A checkpoint is a row, so the row is the outbox; of each third party only the size is kept that it has. Sending is no
entry of the trail: each entry would make a checkpoint, and each checkpoint an entry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from audit.models import AuditCheckpoint, CheckpointDispatch
from audit.notes import VERIFIER_FILE, NoteRefused, SealingKeyUnusable, load_verifier, open_note
from audit.proofs import newest_checkpoint
from audit.third_parties import ThirdParty, third_parties
from audit.webhooks import NotSent, post

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
# How many pauses may pass before the pages say that somebody has not heard of us.
PAUSES = 3
NOT_OURS = (
    "The newest checkpoint here does not carry our signature: nothing is sent. Run manage.py verify_audit."
)

log = structlog.get_logger(__name__)


def send_checkpoints() -> int:
    """To everybody who is due; how many were sent."""
    newest = newest_checkpoint()
    return sum(_send(party, newest) for party in third_parties()) if newest else 0


def _send(party: ThirdParty, newest: AuditCheckpoint) -> bool:
    CheckpointDispatch.objects.get_or_create(destination=party.name)
    with transaction.atomic():
        row = (
            CheckpointDispatch.objects.select_for_update(skip_locked=True)
            .filter(destination=party.name, next_attempt_at__lte=timezone.now(), size__lt=newest.size)
            .first()
        )
        if row is None:  # it has the newest, waits for its turn, or another worker is at it
            return False
        row.attempts += 1
        try:
            _deliver(party, newest)
        except NotSent as fault:
            row.problem = str(fault)
            row.next_attempt_at = timezone.now() + _wait(row.attempts)
            log.warning(
                "a checkpoint was not sent", to=party.name, problem=row.problem, attempts=row.attempts
            )
        else:
            row.size, row.sent_at, row.attempts, row.problem = newest.size, timezone.now(), 0, ""
            row.next_attempt_at = row.sent_at + party.pause
        row.save()
        return not row.problem


def _deliver(party: ThirdParty, checkpoint: AuditCheckpoint) -> None:
    _check_signature(checkpoint)
    if not party.is_mail:
        post(party.address, checkpoint.note.encode(), private_allowed=settings.ARTEMIS_CHECKPOINT_PRIVATE)
        return
    if not settings.EMAIL_HOST:
        raise NotSent("No mail server is set (ARTEMIS_EMAIL_HOST).")
    try:
        _message(party, checkpoint).send()
    except OSError as fault:  # Also smtplib's errors.
        raise NotSent(f"The mail server did not take it ({type(fault).__name__}).") from None


def _check_signature(checkpoint: AuditCheckpoint) -> None:
    """Somebody who can write into the database must not have us spread what they wrote."""
    try:
        found = open_note(checkpoint.note, load_verifier(settings.ARTEMIS_KEYS / VERIFIER_FILE))
    except (NoteRefused, SealingKeyUnusable):
        raise NotSent(NOT_OURS) from None
    if found.size != checkpoint.size:
        raise NotSent(NOT_OURS)


def _message(party: ThirdParty, checkpoint: AuditCheckpoint) -> EmailMessage:
    return EmailMessage(
        subject=f"Checkpoint of {checkpoint.size} entries",
        body=(
            "Keep this message. Whoever holds it can show that none of the first "
            f"{checkpoint.size} entries of the trail was changed since. It holds no personal data.\n\n{checkpoint.note}"
        ),
        to=[party.mail_address],
    )


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)


# --- How it stands -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What one third party has, and what keeps it from having more."""

    name: str
    size: int = 0
    sent_at: datetime | None = None
    problem: str = ""
    is_late: bool = False

    @property
    def is_well(self) -> bool:
        return not self.problem and not self.is_late


def standings(newest: AuditCheckpoint | None) -> list[Standing]:
    rows = {row.destination: row for row in CheckpointDispatch.objects.all()}
    return [_standing(party, rows.get(party.name), newest) for party in third_parties()]


def _standing(party: ThirdParty, row: CheckpointDispatch | None, newest: AuditCheckpoint | None) -> Standing:
    has = row.size if row else 0
    patience = PAUSES * max(party.pause, timedelta(minutes=1))
    since = (row.sent_at if row else None) or (newest.made_at if newest else timezone.now())
    is_behind = newest is not None and has < newest.size
    return Standing(
        name=party.name,
        size=has,
        sent_at=row.sent_at if row else None,
        problem=row.problem if row else "",
        is_late=is_behind and timezone.now() - since > patience,
    )
