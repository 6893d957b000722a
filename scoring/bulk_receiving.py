"""Stores a body in sealed chunks, each committed when it came; the same body sent again goes on where it broke off.

A body is known again by its Idempotency-Key. Chunks that are stored are compared and not stored twice, so two
connections may even send the same body at once.
"""

import hashlib
import zlib
from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.record import Actor
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from scoring.bulk_chunks import Chunk, cut
from scoring.doorbell import ring
from scoring.erasing import destroy_keys
from scoring.ingest import check_may_accept
from scoring.models import BulkChunk, BulkJob
from scoring.vault import Cipher, new_data_key, open_data_key

RUN_JOBS = "scoring.tasks.run_jobs"
MOST_OPEN = 20
TOO_MANY = (
    f"At most {MOST_OPEN} jobs may be open at once. Wait until one is done, or ask an admin to cancel one."
)
NO_LINE = "The body holds no line. Nothing was stored."

State = BulkJob.State


class OtherBody(Exception):
    """The key of this job was used for another body before."""


def begin(*, licensee: Licensee, priority: str, by: Actor, idempotency_key: str = "") -> BulkJob:
    """A new job, or the one that this key began."""
    with transaction.atomic():
        check_may_accept(licensee, by)
        known = _known(licensee, idempotency_key)
        if known is not None:
            if known.priority != priority:
                raise OtherBody
            return known
        if BulkJob.objects.filter(licensee=licensee, state__in=BulkJob.OPEN).count() >= MOST_OPEN:
            raise NotPossible(TOO_MANY, about=licensee.about())
        try:
            with transaction.atomic():
                key, _ = new_data_key(licensee_id=licensee.pk)
                key.save()
                made: BulkJob = BulkJob.objects.create(
                    licensee=licensee,
                    data_key=key,
                    priority=priority,
                    idempotency_key=idempotency_key,
                    mode=by.mode if isinstance(by, ApiKey) else "",
                )
                return made
        except IntegrityError:
            # The same body came on two connections at once, and the other one was first.
            known = _known(licensee, idempotency_key)
            if known is None:
                raise
            return known


def _known(licensee: Licensee, idempotency_key: str) -> BulkJob | None:
    if not idempotency_key:
        return None
    return BulkJob.objects.filter(licensee=licensee, idempotency_key=idempotency_key).first()


def receive(*, job: BulkJob, pieces: Iterable[bytes], by: Actor) -> tuple[BulkJob, bool]:
    """Store what is not stored yet; the job, and whether it had been received before. Raises OtherBody."""
    was_received = job.state != State.RECEIVING
    cipher = None if was_received else open_data_key(job.data_key)
    chain, number = hashlib.sha256(), 0
    for chunk in cut(pieces):
        if cipher is not None:
            _keep(job, number, chunk, cipher)
        chain.update(chunk.digest)
        number += 1
    return _finish(job, number, chain.digest(), by), was_received


def _keep(job: BulkJob, number: int, chunk: Chunk, cipher: Cipher) -> None:
    with transaction.atomic():
        locked = BulkJob.objects.select_for_update().get(pk=job.pk)
        if locked.state != State.RECEIVING:
            # Somebody else, on another connection, sent the rest of it; or an admin cancelled it.
            return
        if number < locked.chunks:
            known = BulkChunk.objects.only("digest").get(job=job, number=number)
            if bytes(known.digest) != chunk.digest:
                raise OtherBody
            return
        BulkChunk.objects.create(
            job=job,
            number=number,
            first_line=locked.lines + 1,
            lines=chunk.lines,
            bytes=chunk.size,
            digest=chunk.digest,
            body_sealed=seal_chunk(cipher, job, number, chunk.content),
        )
        locked.chunks += 1
        locked.lines += chunk.lines
        locked.bytes += chunk.size
        locked.worked_at = timezone.now()
        locked.save(update_fields=["chunks", "lines", "bytes", "worked_at"])


def _finish(job: BulkJob, chunks: int, fingerprint: bytes, by: Actor) -> BulkJob:
    with transaction.atomic():
        locked: BulkJob = BulkJob.objects.select_for_update().get(pk=job.pk)
        if locked.state != State.RECEIVING:
            if locked.fingerprint is not None and bytes(locked.fingerprint) != fingerprint:
                raise OtherBody
            return locked
        if locked.chunks != chunks:
            raise OtherBody
        if not chunks:
            raise NotPossible(NO_LINE, about=locked.about())
        transaction.on_commit(lambda: ring(RUN_JOBS), robust=True)
        return transition(
            locked,
            to=State.RUNNING,
            by=by,
            verb=Verb.JOB_RECEIVED,
            payload={"lines": locked.lines, "bytes": locked.bytes, "priority": locked.priority},
            fingerprint=fingerprint,
        )


def discard(*, job: BulkJob) -> None:
    """What was refused while it was received leaves nothing behind."""
    with transaction.atomic():
        locked = BulkJob.objects.select_for_update().filter(pk=job.pk, state=State.RECEIVING).first()
        if locked is not None:
            key = locked.data_key_id
            locked.delete()
            destroy_keys([key])


def seal_chunk(cipher: Cipher, job: BulkJob, number: int, content: bytes) -> bytes:
    packed = zlib.compress(content, 1)
    return cipher.encrypt(packed, table="bulk_chunk", column="body", row=f"{job.pk}\x1f{number}")


def open_chunk(job: BulkJob, chunk: BulkChunk) -> bytes:
    row = f"{job.pk}\x1f{chunk.number}"
    cipher = open_data_key(job.data_key)
    return zlib.decompress(cipher.decrypt(chunk.body_sealed, table="bulk_chunk", column="body", row=row))


def most_bytes() -> int:
    most: int = settings.ARTEMIS_BULK_BYTES
    return most
