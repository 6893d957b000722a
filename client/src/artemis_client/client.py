"""The calls of the API, version 1."""

import json
import ssl
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from artemis_client.errors import ConflictError, InvalidError, ProblemError
from artemis_client.transport import Transport, packed_lines
from artemis_client.values import Conversation, Event, Fault, Job, Me, Message, Outcome, Rating

CONVERSATIONS = "/api/v1/conversations"
MOST_CONVERSATIONS = 500
MOST_MESSAGES = 10_000
# Under the limit of 20 MB by as much as an envelope takes, and more.
MOST_BYTES = 8_000_000


class Cursor(Protocol):
    """Where the place in the events is kept: CursorFile, or something of the platform's own."""

    def load(self) -> str | None: ...
    def save(self, cursor: str) -> None: ...


class Artemis:
    """One licensee's key at one Artemis. May be shared by threads; each has its own connection."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        signing_secret: str | None = None,
        timeout: float = 30,
        attempts: int = 5,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._transport = Transport(
            url, key, signing_secret=signing_secret, timeout=timeout, attempts=attempts, context=context
        )

    def __enter__(self) -> "Artemis":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def me(self) -> Me:
        """What this key may do, its limits, and the threshold in force."""
        return Me.read(self._transport.call("GET", "/api/v1/me").body)

    # --- Conversations ---------------------------------------------------------------------------

    def send(self, conversations: Iterable[Conversation], *, at_once: int = 100) -> Iterator[Outcome]:
        """Send as they come, in batches; an outcome for each, in their order. Taken means durable.

        What is refused is an outcome too, with its faults; an error is raised only where nothing can be sent.
        The calls are made as the outcomes are asked for.
        """
        for batch in _batches(conversations, min(at_once, MOST_CONVERSATIONS)):
            yield from self._send_batch(batch)

    def send_one(self, conversation: Conversation, *, idempotency_key: str | None = None) -> Outcome:
        """Send one conversation, or what is new of it. Raises ConflictError or InvalidError if it is refused."""
        outcome = Outcome(conversation.id, 202)
        for piece in _pieces(conversation):
            answer = self._post(CONVERSATIONS, {"conversations": [piece]}, idempotency_key=idempotency_key)
            outcome = _sum(outcome, _outcome(answer["conversations"][0]))
            idempotency_key = None
        return outcome

    def send_messages(self, conversation_id: str, messages: Sequence[Message]) -> Outcome:
        """Later messages, edits and deletions of a known conversation."""
        return self.send_one(Conversation(conversation_id, messages))

    def rating(self, conversation_id: str) -> Rating:
        """What became of a conversation."""
        return Rating.read(self._transport.call("GET", _address(conversation_id)).body)

    def wait_for_score(self, conversation_id: str, *, seconds: float = 60, pause: float = 0.5) -> Rating:
        """Ask until the newest messages have their score. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not (rating := self.rating(conversation_id)).is_current:
            if time.monotonic() > deadline:
                raise TimeoutError(f"No score came within {seconds:g} seconds; it will. Ask again later.")
            time.sleep(pause)
        return rating

    def delete(self, conversation_id: str) -> None:
        """Erase a conversation. Raises ConflictError with the reason while a hold stands."""
        self._transport.call("DELETE", _address(conversation_id))

    # --- Reports ---------------------------------------------------------------------------------

    def report(
        self,
        conversation: Conversation,
        *,
        reporter: str,
        reason: str,
        comment: str = "",
        idempotency_key: str | None = None,
    ) -> Mapping[str, Any]:
        """What a user reported: a person looks at it, whatever the score."""
        body: dict[str, Any] = {
            "conversation": conversation.as_json(),
            "reporter": reporter,
            "reason": reason,
        }
        if comment:
            body["comment"] = comment
        return self._post("/api/v1/reports", body, idempotency_key=idempotency_key)

    # --- Bulk ------------------------------------------------------------------------------------

    def send_bulk(self, conversations: Iterable[Conversation]) -> Job:
        """Many at once, as a job: packed on the disk first, so that memory does not grow with them."""
        with tempfile.TemporaryDirectory(prefix="artemis-client-") as folder:
            path = Path(folder) / "conversations.ndjson.gz"
            packed_lines((one.as_json() for one in conversations), path)
            return self.send_file(path)

    def send_file(self, path: Path, *, idempotency_key: str | None = None) -> Job:
        """A file of JSON lines, one conversation a line; packed by gzip if its name ends so."""
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": idempotency_key or _new_key()}
        if path.suffix == ".gz":
            headers["Content-Encoding"] = "gzip"
        return Job.read(self._transport.upload(f"{CONVERSATIONS}/bulk", path, headers).body)

    def job(self, job_id: str) -> Job:
        return Job.read(self._transport.call("GET", f"/api/v1/jobs/{quote(job_id, safe='')}").body)

    def wait_for_job(self, job_id: str, *, seconds: float = 3600, pause: float = 2) -> Job:
        """Ask until it is over. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not (job := self.job(job_id)).is_over:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The job is not over after {seconds:g} seconds; it goes on.")
            time.sleep(pause)
        return job

    # --- Events ----------------------------------------------------------------------------------

    def events(
        self, cursor: Cursor, *, follow: bool = False, pause: float = 5, at_once: int = 100
    ) -> Iterator[Event]:
        """What is asked of the platform, from where the cursor stands.

        The cursor is kept when the events of an answer were worked off: after a crash the last ones come again,
        with the same ids. With `follow` it waits for more and never ends.
        """
        place = cursor.load()
        while True:
            asked = {"limit": str(at_once)} | ({} if place is None else {"after": place})
            answer = self._transport.call("GET", f"/api/v1/events?{urlencode(asked)}").body
            yield from map(Event.read, answer["events"])
            if answer["cursor"] != place:
                place = answer["cursor"]
                cursor.save(place)
            if answer["has_more"]:
                continue
            if not follow:
                return
            time.sleep(pause)

    def confirm(
        self, event: Event | str, *, done: bool = True, at: datetime | None = None, note: str = ""
    ) -> None:
        """Say what was done about an event; the case shows it."""
        event_id = event if isinstance(event, str) else event.id
        when = (at or datetime.now(UTC)).isoformat()
        body = {"done": done, "at": when, "note": note}
        self._post(f"/api/v1/events/{quote(event_id, safe='')}/confirmation", body)

    # --- How ---------------------------------------------------------------------------------------

    def _post(self, target: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Any:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return self._transport.call(
            "POST", target, body=content, idempotency_key=idempotency_key or _new_key()
        ).body

    def _send_batch(self, batch: list[dict[str, Any]]) -> Iterator[Outcome]:
        try:
            answer = self._post(CONVERSATIONS, {"conversations": batch})
        except (ConflictError, InvalidError) as problem:
            yield from _refused(batch, problem)
        else:
            for place, raw in enumerate(answer["conversations"]):
                yield _outcome(raw, place=place, sent=batch[place])


def _new_key() -> str:
    return str(uuid.uuid4())


def _address(conversation_id: str) -> str:
    return f"{CONVERSATIONS}/{quote(conversation_id, safe='')}"


def _pieces(conversation: Conversation) -> Iterator[dict[str, Any]]:
    """In calls that are small enough; who takes part is said in the first."""
    whole = conversation.as_json()
    messages = whole["messages"]
    for first in range(0, max(1, len(messages)), MOST_MESSAGES):
        piece = dict(whole) if first == 0 else {"id": whole["id"]}
        yield piece | {"messages": messages[first : first + MOST_MESSAGES]}


def _batches(conversations: Iterable[Conversation], at_once: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for conversation in conversations:
        for piece in _pieces(conversation):
            own = sum(len(one.get("text") or "") * 4 + 200 for one in piece["messages"])
            if batch and (len(batch) >= at_once or size + own > MOST_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(piece)
            size += own
    if batch:
        yield batch


def _outcome(raw: Mapping[str, Any], *, place: int = 0, sent: Mapping[str, Any] | None = None) -> Outcome:
    faults = [Fault(one["pointer"], one["detail"]) for one in raw.get("errors") or ()]
    return Outcome(
        id=raw.get("id") or (str(sent["id"]) if sent else ""),
        status=raw.get("status", 202),
        url=raw.get("url", ""),
        messages_accepted=raw.get("messages_accepted", 0),
        messages_duplicate=raw.get("messages_duplicate", 0),
        faults=tuple(_inside(faults, place)),
    )


def _refused(batch: list[dict[str, Any]], problem: ProblemError) -> Iterator[Outcome]:
    """All of a batch were refused; without a place in any of them, it was the call itself."""
    if not any(one.pointer.startswith("/conversations/") for one in problem.faults):
        raise problem
    for place, sent in enumerate(batch):
        yield Outcome(str(sent["id"]), problem.status, faults=tuple(_inside(problem.faults, place)))


def _inside(faults: Iterable[Fault], place: int) -> Iterator[Fault]:
    """Those of one conversation, from it on."""
    beginning = f"/conversations/{place}"
    for fault in faults:
        rest = fault.pointer.removeprefix(beginning)
        if fault.pointer.startswith(beginning) and (not rest or rest.startswith("/")):
            yield Fault(rest, fault.detail)


def _sum(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(
        id=one.id,
        status=other.status,
        url=other.url,
        messages_accepted=one.messages_accepted + other.messages_accepted,
        messages_duplicate=one.messages_duplicate + other.messages_duplicate,
    )
