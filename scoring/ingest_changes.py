"""Checks the items of a call against what is known of one conversation, and collects what they change; no database."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from scoring.evidence import open_identity, seal_account_id, seal_identity
from scoring.incoming import (
    Fault,
    IncomingConversation,
    IncomingMessage,
    IncomingParticipant,
    Outcome,
    Status,
)
from scoring.models import Conversation, DataKey, Participant
from scoring.vault import Cipher

OTHER_SENDER = "This message is already known from another sender. Give each message an id of its own."
OTHER_TIME = "This message is already known with another sent_at, which an edit cannot change."
OTHER_TEXT = (
    "This message is already known with other text. If it was edited, send edited_at, later than that of the "
    "version before."
)


class Contradiction(Exception):
    """A message cannot be what is already known under its id; `member` is the JSON Pointer inside the message."""

    def __init__(self, member: str, sentence: str) -> None:
        super().__init__(sentence)
        self.member = member
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it stands after what this call said of it so far."""

    id: str
    number: int
    sender: str
    sent_at: datetime | None
    digest: bytes
    # Null while the row is as it is in the database, or not there yet.
    pk: int | None = None
    text: str | None = None
    reply_to: str = ""
    version: int = 1
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    # Its text was erased: nothing tells a duplicate from another text any more.
    is_erased: bool = False
    # Digests of the versions before this one, and those of them that this call itself brought.
    earlier: frozenset[bytes] = frozenset()
    replaced: tuple["Draft", ...] = ()


@dataclass(slots=True)
class ConversationChanges:
    """One locked conversation and what the items of this call make of it, in their order."""

    conversation: Conversation
    cipher: Cipher
    is_new: bool
    # The conversation was erased and goes on: what seals it from now on, not stored yet if it is none that it had.
    key: DataKey | None = None
    next_position: int = 0
    people: dict[str, Participant] = field(default_factory=dict)
    messages: dict[str, Draft] = field(default_factory=dict)
    touched: dict[str, Draft] = field(default_factory=dict)
    touched_people: dict[str, Participant] = field(default_factory=dict)
    changed: bool = False

    def take(self, item: IncomingConversation) -> Outcome:
        """All of the item or, with faults, nothing of it."""
        drafts, duplicates, faults = self._read(item.messages, self.cipher)
        if faults:
            return Outcome(item.id, Status.CONFLICT, faults=tuple(faults))
        self._keep(item, drafts, self.cipher)
        return Outcome(item.id, Status.ACCEPTED, len(item.messages) - duplicates, duplicates)

    def _read(
        self, messages: tuple[IncomingMessage, ...], cipher: Cipher
    ) -> tuple[dict[str, Draft], int, list[Fault]]:
        drafts: dict[str, Draft] = {}
        number = self.conversation.message_count
        duplicates, faults = 0, []
        for place, message in enumerate(messages):
            known = drafts.get(message.id) or self.messages.get(message.id)
            try:
                draft = _after(known, message, cipher, next_number=number + 1)
            except Contradiction as fault:
                faults.append(Fault(f"/messages/{place}{fault.member}", fault.sentence))
                continue
            if draft is None:
                duplicates += 1
                continue
            drafts[message.id] = draft
            number = max(number, draft.number)
        return drafts, duplicates, faults

    def _keep(self, item: IncomingConversation, drafts: dict[str, Draft], cipher: Cipher) -> None:
        for participant in item.participants:
            self._keep_participant(participant, cipher)
        for sender in {draft.sender: None for draft in drafts.values()}:
            self._person(sender)
        self._keep_facts(item)
        self._keep_span(drafts)
        self.messages.update(drafts)
        self.touched.update(drafts)
        self.changed = self.changed or self.is_new or bool(drafts)

    def _keep_participant(self, incoming: IncomingParticipant, cipher: Cipher) -> None:
        person = self._person(incoming.id)
        facts = {
            "declared_age_band": incoming.declared_age_band,
            "account_created_at": incoming.account_created_at,
            "identity_sealed": self._identity_sealed(person, incoming, cipher),
        }
        changes = {name: value for name, value in facts.items() if value not in (None, getattr(person, name))}
        for name, value in changes.items():
            setattr(person, name, value)
        if changes:
            self.touched_people[incoming.id] = person
            self.changed = True

    def _identity_sealed(
        self, person: Participant, incoming: IncomingParticipant, cipher: Cipher
    ) -> bytes | None:
        """The identity with what is new in it, or None if nothing is."""
        before = open_identity(self.conversation, person) if incoming.display_name or incoming.facts else {}
        after = dict(before)
        if incoming.display_name:
            after["display_name"] = incoming.display_name
        if incoming.facts:
            after["facts"] = before.get("facts", {}) | incoming.facts
        if after == before:
            return None
        return seal_identity(
            cipher,
            conversation_id=self.conversation.external_id,
            position=person.position,
            identity=after,
        )

    def _person(self, account: str) -> Participant:
        """Whoever has this account, new or not; its id is sealed where it is new, or was erased and writes again."""
        person = self.people.get(account)
        if person is None:
            person = Participant(conversation=self.conversation, position=self.next_position)
            self.next_position += 1
        if person.external_id_sealed is None:
            person.external_id_sealed = seal_account_id(
                self.cipher,
                conversation_id=self.conversation.external_id,
                position=person.position,
                account_id=account,
            )
            self.people[account] = self.touched_people[account] = person
            self.changed = True
        return person

    def _keep_facts(self, item: IncomingConversation) -> None:
        for name, value in (("kind", item.kind), ("language", item.language)):
            if value is not None and value != getattr(self.conversation, name):
                setattr(self.conversation, name, value)
                self.changed = True

    def _keep_span(self, drafts: dict[str, Draft]) -> None:
        row = self.conversation
        span = (row.first_message_at, row.last_message_at, *(draft.sent_at for draft in drafts.values()))
        times = [time for time in span if time is not None]
        row.first_message_at, row.last_message_at = min(times, default=None), max(times, default=None)
        row.message_count = max([row.message_count, *(draft.number for draft in drafts.values())])


def _after(
    known: Draft | None, message: IncomingMessage, cipher: Cipher, *, next_number: int
) -> Draft | None:
    """The message after this delivery of it, or None for a duplicate. Raises Contradiction."""
    if known is None:
        return _new(message, cipher, number=next_number)
    if message.sender != known.sender:
        raise Contradiction("/sender", OTHER_SENDER)
    if message.sent_at != known.sent_at:
        raise Contradiction("/sent_at", OTHER_TIME)
    draft = _edited(known, message, cipher)
    if message.deleted_at and not known.deleted_at:
        return replace(draft, deleted_at=message.deleted_at)
    return None if draft is known else draft


def _new(message: IncomingMessage, cipher: Cipher, *, number: int) -> Draft:
    text = message.text or ""
    return Draft(
        id=message.id,
        number=number,
        sender=message.sender,
        sent_at=message.sent_at,
        digest=cipher.content_digest(text),
        text=text,
        reply_to=message.reply_to,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
    )


def _edited(known: Draft, message: IncomingMessage, cipher: Cipher) -> Draft:
    """The same draft if the text is not new: the stored one, one before it, or none beside a deletion."""
    if message.text is None or (message.deleted_at and not message.text):
        return known
    digest = cipher.content_digest(message.text)
    if known.is_erased and not known.replaced:
        return _edited_after_erasure(known, message, digest)
    if digest == known.digest:
        return known
    if not (_is_later(message.edited_at, known.edited_at) or _is_hollow(known, cipher)):
        # Platforms deliver late and again: an earlier version coming once more is no news.
        if digest in known.earlier:
            return known
        raise Contradiction("", OTHER_TEXT)
    return replace(
        known,
        text=message.text,
        digest=digest,
        version=known.version + 1,
        edited_at=message.edited_at,
        earlier=known.earlier | {known.digest},
        replaced=(*known.replaced, replace(known, replaced=())),
    )


def _edited_after_erasure(known: Draft, message: IncomingMessage, digest: bytes) -> Draft:
    """What was erased is not taken in again; what its sender made of it since is a text like any other."""
    if not _is_later(message.edited_at, known.edited_at):
        return known
    return replace(
        known,
        text=message.text,
        digest=digest,
        version=known.version + 1,
        edited_at=message.edited_at,
        is_erased=False,
        replaced=(*known.replaced, replace(known, replaced=())),
    )


def _is_later(edited_at: datetime | None, before: datetime | None) -> bool:
    return edited_at is not None and (before is None or edited_at > before)


def _is_hollow(known: Draft, cipher: Cipher) -> bool:
    """Only its deletion arrived so far, without text: what it said is then new, not a contradiction."""
    return known.deleted_at is not None and known.digest == cipher.content_digest("")
