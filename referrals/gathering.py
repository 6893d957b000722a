"""Reads from the database what a packet will say. What may change by looking or by waiting stays out of it.

The digest must change when the evidence changes, and for nothing else. So the score is the newest one of the moment of
submission, the context ends with what had been received by then, and who viewed what is counted up to then: opening
the packet, or a conversation that simply goes on, does not void an approver's reading. An edit or a deletion does.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, QuerySet

from audit.record import About
from audit.transitions import NotPossible
from licensees.together import ask
from referrals.account_facts import as_facts
from referrals.completeness import missing_from
from referrals.formats.typesetting import CannotBeSet
from referrals.models import DeliveryReceipt, EscalationVersion, Recipient
from referrals.packet_builder import Draft, UnknownFormat, build
from referrals.packet_content import (
    Account,
    AccountFacts,
    EarlierVersion,
    LicenseeFacts,
    PacketContent,
    PreviousPacket,
    RecipientFacts,
    Redaction,
    ScoreFacts,
    TranscriptMessage,
    Viewed,
)
from referrals.policies import window
from referrals.submission import Submission
from review.models import Case, Reveal
from review.models.known import know
from scoring.evidence import open_account_ids, open_identity, open_texts
from scoring.models import Conversation, Message, MessageRevision, Participant, Score

NOT_BUILT = (
    "The packet's report could not be made, so nothing was changed and nobody was asked. Tell the operator which case "
    "it is."
)


def draft_of(content: PacketContent, *, about: About) -> Draft:
    try:
        return build(content)
    except (CannotBeSet, UnknownFormat):
        raise NotPossible(NOT_BUILT, about=about) from None


def gather(
    case: Case, submission: Submission, answers: Mapping[str, list[Any]] | None = None
) -> PacketContent:
    """`answers`: to `about_content`, where they were asked together with others."""
    if answers is None:
        answers = ask(**about_content(case, submission))
    conversation = case.conversation
    messages = _messages(answers, submission)
    accounts = _accounts(conversation, submission, messages)
    content = PacketContent(
        software=software(),
        case_reference=case.reference,
        case_opened_at=case.opened_at,
        licensee=_licensee(case),
        exit=submission.exit,
        recipient=_recipient(submission.recipient),
        version=submission.number,
        submitted_by=submission.by.actor_name,
        submitted_at=submission.at,
        conversation_platform_id=conversation.external_id,
        conversation_kind=conversation.kind,
        conversation_language=conversation.language,
        subject=accounts[submission.subject.pk],
        possible_minor=accounts[submission.possible_minor.pk],
        incident_at=submission.incident_at,
        grounds=submission.grounds,
        context=submission.context,
        messages=_transcript(conversation, messages, submission, accounts),
        viewed=_viewed(answers["viewed"], messages),
        score=_score(answers["scores"]),
        incident_definition=submission.incident_definition,
        redactions=(*_redactions(submission), *_erased(messages)),
        account_facts=_account_facts(conversation, submission, accounts),
        priority=submission.priority,
        previous=_previous(submission, answers["references"]),
    )
    return replace(content, completeness=tuple(missing_from(content)))


@cache
def software() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return f"Artemis {project['version']}"


def about_content(case: Case, submission: Submission) -> dict[str, QuerySet[Any, Any]]:
    """The questions, to be asked together with others."""
    shown = window(submission.evidence_numbers, submission.context)
    messages = Message.objects.filter(conversation=case.conversation_id, number__in=shown)
    reveals = Reveal.objects.filter(
        case=case, message__in=messages.order_by().values("pk"), revealed_at__lte=submission.at
    )
    receipts = DeliveryReceipt.objects.filter(
        delivery__packet=submission.follows, recorded_at__lte=submission.at
    )
    return {
        "messages": messages.select_related("sender", "erasure").order_by("number"),
        "revisions": MessageRevision.objects.filter(message__in=messages.order_by().values("pk")),
        "viewed": reveals.values("message__number")
        .annotate(people=Count("revealed_by", distinct=True), first=Min("revealed_at"))
        .order_by("message__number"),
        "scores": Score.objects.filter(conversation=case.conversation_id, scored_at__lte=submission.at)
        .annotate(**{name: F(f"model__{name}") for name in ("name", "digest", "is_demonstration")})
        .order_by("-revision")[:1],
        # What the recipient called the packet that is followed.
        "references": receipts.values_list("reference", flat=True) if submission.follows else receipts.none(),
    }


def _messages(answers: Mapping[str, list[Any]], submission: Submission) -> list[Message]:
    revisions: dict[int, list[MessageRevision]] = {}
    for revision in answers["revisions"]:
        revisions.setdefault(revision.message_id, []).append(revision)
    for message in answers["messages"]:
        know(message, revisions=revisions.get(message.pk, []))
    return [
        message
        for message in answers["messages"]
        if message.number in submission.evidence_numbers or _first_received(message) <= submission.at
    ]


def _first_received(message: Message) -> datetime:
    return min([message.received_at, *(revision.received_at for revision in message.revisions.all())])


def _transcript(
    conversation: Conversation,
    messages: list[Message],
    submission: Submission,
    accounts: Mapping[int, Account],
) -> tuple[TranscriptMessage, ...]:
    texts = open_texts(conversation, messages)
    return tuple(
        TranscriptMessage(
            number=message.number,
            platform_id=message.external_id,
            sender=accounts[message.sender_id],
            sent_at=message.sent_at,
            received_at=message.received_at,
            is_evidence=message.number in submission.evidence_numbers,
            text=_text_of(message, texts, submission),
            version=message.version,
            edited_at=message.edited_at,
            deleted_at=message.deleted_at,
            reply_to=message.reply_to,
            earlier_versions=_earlier_versions(conversation, message),
        )
        for message in messages
    )


def _text_of(message: Message, texts: dict[int, str], submission: Submission) -> str:
    """Evidence is erased only after its packet: the draft that is shown then says so in its place."""
    if message.erasure is not None and message.number in submission.evidence_numbers:
        return message.erasure.sentence
    return texts[message.pk]


def _earlier_versions(conversation: Conversation, message: Message) -> tuple[EarlierVersion, ...]:
    revisions = sorted(message.revisions.all(), key=lambda revision: revision.version)
    if not revisions:  # of nearly all: without asking for the key of the conversation once more
        return ()
    texts = open_texts(conversation, [_as_message(message, revision) for revision in revisions])
    return tuple(
        EarlierVersion(
            version=revision.version,
            text=texts[revision.pk],
            edited_at=revision.edited_at,
            received_at=revision.received_at,
        )
        for revision in revisions
    )


def _as_message(message: Message, revision: MessageRevision) -> Message:
    """The message as it was, never saved: its text is sealed under the same names and its own version."""
    return Message(
        pk=revision.pk,
        external_id=message.external_id,
        version=revision.version,
        text_sealed=revision.text_sealed,
    )


def _viewed(rows: Iterable[Mapping[str, Any]], messages: list[Message]) -> tuple[Viewed, ...]:
    """How often what the packet shows was revealed, up to the submission."""
    numbers = {message.number for message in messages}
    return tuple(
        Viewed(number=row["message__number"], people=row["people"], first_viewed_at=row["first"])
        for row in rows
        if row["message__number"] in numbers
    )


def _score(scores: Sequence[Any]) -> ScoreFacts | None:
    """The newest one of the moment of submission."""
    if not scores:
        return None
    score = scores[0]
    return ScoreFacts(
        model_name=score.name or "",
        model_digest=score.digest or "",
        is_demonstration=score.is_demonstration or False,
        probability=score.probability,
        abstained=score.abstained,
        band=score.band,
        threshold=score.threshold,
        scored_at=score.scored_at,
        characteristics=tuple(sorted(score.characteristics.items())),
    )


def _previous(submission: Submission, references: Iterable[str]) -> PreviousPacket | None:
    """The sealed packet that this one names, and what its recipient called it by the time of the request."""
    packet = submission.follows
    if packet is None:
        return None
    return PreviousPacket(
        relation=submission.relation,
        packet_digest=packet.digest,
        archive_digest=packet.archive_digest,
        sealed_at=packet.sealed_at,
        reason=submission.grounds,
        references=tuple(dict.fromkeys(references)),
    )


def _licensee(case: Case) -> LicenseeFacts:
    licensee = case.licensee
    return LicenseeFacts(
        name=licensee.name,
        code=licensee.code,
        jurisdiction=licensee.jurisdiction,
        contact=licensee.contact_email,
    )


def _recipient(recipient: Recipient) -> RecipientFacts:
    return RecipientFacts(
        name=recipient.name,
        jurisdiction=recipient.jurisdiction,
        contact=recipient.contact,
        is_test=recipient.is_test,
        formats=tuple(recipient.formats),
    )


def _redactions(submission: Submission) -> tuple[Redaction, ...]:
    return tuple(
        Redaction(number=number, reason=str(EscalationVersion.Redaction(reason).label))
        for number, reason in submission.redactions
    )


def _erased(messages: list[Message]) -> tuple[Redaction, ...]:
    """Context that was erased before anybody asked: the packet says so, and when."""
    return tuple(
        Redaction(number=message.number, reason=message.erasure.sentence)
        for message in messages
        if message.erasure is not None
    )


def _account_facts(
    conversation: Conversation, submission: Submission, accounts: Mapping[int, Account]
) -> tuple[AccountFacts, ...]:
    """Of the two accounts that the referral names, and of nobody else in the conversation."""
    named = {"subject_account": submission.subject, "possible_minor": submission.possible_minor}
    return tuple(
        _facts_of(conversation, role, participant, accounts[participant.pk])
        for role, participant in named.items()
    )


def _facts_of(
    conversation: Conversation, role: str, participant: Participant, account: Account
) -> AccountFacts:
    identity = open_identity(conversation, participant)
    return AccountFacts(
        role=role,
        pseudonym=str(participant),
        platform_id=account.platform_id,
        display_name=str(identity.get("display_name") or ""),
        account_created_at=participant.account_created_at,
        facts=as_facts(identity),
    )


def _accounts(
    conversation: Conversation, submission: Submission, messages: list[Message]
) -> dict[int, Account]:
    """{participant: what the packet says of it}, of the two that are named and of whoever wrote."""
    people = [submission.subject, submission.possible_minor, *(message.sender for message in messages)]
    ids = open_account_ids(conversation, people)
    return {
        person.pk: Account(
            pseudonym=str(person),
            platform_id=ids[person.pk],
            declared_age_band=person.declared_age_band,
        )
        for person in people
    }
