"""Takes a job's lines in, a step at a time: lease → read some lines → store them with the place that was reached.

What a step stored and where it ended are one transaction, so a worker may be killed at any line: the next one goes on
where the last commit left it, and no line counts twice. The attempt is committed before the work. A line that kills its
worker is tried alone, and then passed over with a fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.access import NotAllowed
from audit.record import Machine
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from scoring.bulk_chunks import LONGEST_LINE, TOO_LONG
from scoring.bulk_receiving import open_chunk
from scoring.erasing import destroy_keys
from scoring.incoming import Fault, IncomingConversation, Outcome, Status
from scoring.incoming_json import read_conversation
from scoring.ingest import accept
from scoring.key_providers import KeyUnavailable
from scoring.models import BulkChunk, BulkFault, BulkJob, Conversation
from scoring.strict_json import NotStrictJSON, parse

CONVERSATIONS_A_STEP = 500
MESSAGES_A_STEP = 5_000
LINES_A_STEP = 5_000
LEASE_SECONDS = 120
# From the third attempt on a step is one line; after the last that line is passed over.
ALONE_FROM, MOST_ATTEMPTS = 3, 5
PAUSE = timedelta(seconds=5)
# An archive waits while a live conversation has waited for its score for so long.
LIVE_WAITS = timedelta(seconds=3)
# Faults that are kept one by one; further lines that are refused are only counted.
MOST_FAULTS = 100_000

TOO_LONG_LINE = f"The line is longer than {LONGEST_LINE:,} bytes."
NOT_PROCESSED = "This line could not be processed, and was passed over. Send it alone, in a call of its own."
RUNNER = Machine("bulk")
State = BulkJob.State
LEASED = """
    WITH due AS MATERIALIZED (
      SELECT id FROM scoring_bulkjob
       WHERE state = 'running' AND run_after <= clock_timestamp() AND (priority = 'live' OR NOT %s)
       ORDER BY priority <> 'live', worked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE scoring_bulkjob job
       SET run_after = clock_timestamp() + make_interval(secs => %s), attempts = attempts + 1,
           began_at = coalesce(began_at, clock_timestamp())
      FROM due WHERE job.id = due.id
    RETURNING job.id, job.attempts
"""

log = structlog.get_logger(__name__)


@dataclass
class Step:
    """Lines that were read together: what is in them, and how many they are."""

    first: int
    lines: int = 0
    # (line, conversation)
    items: list[tuple[int, IncomingConversation]] = field(default_factory=list)
    faults: dict[int, tuple[Status, Sequence[Fault]]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def run_step() -> bool:
    """One step of the job that waits longest, live ones first; answers whether there was one."""
    leased = _lease()
    if leased is None:
        return False
    job_id, attempt = leased
    try:
        _work(job_id, attempt)
    except (OperationalError, InterfaceError, KeyUnavailable):
        _put_back(job_id, counting=False)
        raise
    except Exception as fault:
        # The type only: the message of an exception may quote the line.
        log.warning("a step of a job failed", job=str(job_id), attempt=attempt, fault=type(fault).__name__)
        _put_back(job_id, counting=True)
    return True


def _lease() -> tuple[Any, int] | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LEASED, [live_waits(), LEASE_SECONDS])
        row = cursor.fetchone()
        return None if row is None else (row[0], row[1])


def live_waits() -> bool:
    """Whether a conversation that is no archive's has waited for its score for a while."""
    since = timezone.now() - LIVE_WAITS
    pending = Conversation.objects.filter(scored_revision__lt=F("revision"), is_archive=False)
    return pending.filter(score_after__lt=since).exists()


def _put_back(job_id: Any, *, counting: bool) -> None:
    with transaction.atomic():
        job = BulkJob.objects.select_for_update().get(pk=job_id)
        job.run_after = timezone.now() + PAUSE
        job.attempts = job.attempts if counting else max(0, job.attempts - 1)
        job.save(update_fields=["run_after", "attempts"])


def _work(job_id: Any, attempt: int) -> None:
    with transaction.atomic():
        job = (
            BulkJob.objects.select_for_update(of=("self",))
            .select_related("licensee", "data_key")
            .get(pk=job_id)
        )
        if job.state != State.RUNNING or job.attempts != attempt:
            # Paused or cancelled since, or its lease had passed and somebody else took it.
            return
        chunk = BulkChunk.objects.filter(job=job).order_by("number").first()
        if chunk is None:
            finish(job)
            return
        step = _read(job, chunk, attempt)
        try:
            with transaction.atomic():
                _accept(job, step)
        except (NotAllowed, NotPossible) as refusal:
            _pause(job, refusal.sentence)
            return
        _advance(job, chunk, step)


def _read(job: BulkJob, chunk: BulkChunk, attempt: int) -> Step:
    lines = open_chunk(job, chunk).split(b"\n")[: chunk.lines]
    step = Step(first=chunk.first_line + job.line_in_chunk)
    if attempt > MOST_ATTEMPTS:
        step.lines = 1
        step.faults[step.first] = (Status.INVALID, [Fault("", NOT_PROCESSED)])
        return step
    most = 1 if attempt >= ALONE_FROM else LINES_A_STEP
    messages, now = 0, timezone.now()
    for line in lines[job.line_in_chunk : job.line_in_chunk + most]:
        messages += _read_line(step, line, now)
        if messages >= MESSAGES_A_STEP or len(step.items) >= CONVERSATIONS_A_STEP:
            break
    return step


def _read_line(step: Step, line: bytes, now: datetime) -> int:
    """Answers how many messages it brings. An empty line is none."""
    number = step.first + step.lines
    step.lines += 1
    if not line.strip():
        return 0
    conversation, faults = read_line(line, now)
    if conversation is None:
        step.faults[number] = (Status.INVALID, faults)
        return 0
    step.items.append((number, conversation))
    return len(conversation.messages)


def read_line(line: bytes, now: datetime) -> tuple[IncomingConversation | None, list[Fault]]:
    if line == TOO_LONG or len(line) > LONGEST_LINE:
        return None, [Fault("", TOO_LONG_LINE)]
    try:
        raw = parse(line.strip())
    except NotStrictJSON as fault:
        # The number of the line stands beside it.
        return None, [Fault("", str(fault).replace("line 1, ", ""))]
    return read_conversation(raw, now=now)


def _accept(job: BulkJob, step: Step) -> None:
    items = [item for _, item in step.items]
    step.outcomes = accept(
        licensee=job.licensee, items=items, by=RUNNER, is_archive=job.is_archive, mode=job.mode
    )
    for (line, _), outcome in zip(step.items, step.outcomes, strict=True):
        if outcome.faults:
            step.faults[line] = (outcome.status, outcome.faults)


def _advance(job: BulkJob, chunk: BulkChunk, step: Step) -> None:
    accepted = [one for one in step.outcomes if not one.faults]
    duplicates = sum(not one.messages_accepted and one.messages_duplicate > 0 for one in accepted)
    messages = sum(one.messages_accepted for one in accepted)
    _keep_faults(job, step)
    job.line_in_chunk += step.lines
    job.lines_done += step.lines
    job.conversations_accepted += len(accepted) - duplicates
    job.conversations_duplicate += duplicates
    job.conversations_refused += len(step.faults)
    job.messages_accepted += messages
    job.messages_duplicate += sum(one.messages_duplicate for one in accepted)
    job.attempts = 0
    job.worked_at = timezone.now()
    job.run_after = job.worked_at + _pace(job, messages)
    if job.line_in_chunk >= chunk.lines:
        chunk.delete()
        job.line_in_chunk = 0
    job.save()
    if job.lines_done >= job.lines:
        finish(job)


def _pace(job: BulkJob, messages: int) -> timedelta:
    """An archive has all the time in the world."""
    rate = settings.ARTEMIS_ARCHIVE_MESSAGES
    return timedelta(seconds=messages / rate) if job.is_archive and rate else timedelta(0)


def _keep_faults(job: BulkJob, step: Step) -> None:
    room = MOST_FAULTS - job.conversations_refused
    rows = [
        BulkFault(
            job=job,
            line=line,
            status=int(status),
            errors=[{"pointer": one.pointer, "detail": one.detail} for one in faults],
        )
        for line, (status, faults) in sorted(step.faults.items())[: max(0, room)]
    ]
    BulkFault.objects.bulk_create(rows)


def finish(job: BulkJob) -> None:
    """All lines are done: nothing of the body is left, and its key goes with it."""
    BulkChunk.objects.filter(job=job).delete()
    destroy_keys([job.data_key_id])
    payload = {
        "accepted": job.conversations_accepted,
        "duplicate": job.conversations_duplicate,
        "refused": job.conversations_refused,
        "messages": job.messages_accepted,
    }
    transition(
        job,
        to=State.DONE,
        by=RUNNER,
        verb=Verb.JOB_DONE,
        payload=payload,
        finished_at=timezone.now(),
    )


def _pause(job: BulkJob, sentence: str) -> None:
    transition(job, to=State.PAUSED, by=RUNNER, verb=Verb.JOB_PAUSED, note=sentence[:200], attempts=0)
