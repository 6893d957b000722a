"""Looking at a packet before it is sealed: recorded, and committed, before any text is handed out.

Looking here makes nobody a viewer in the packet's own words: those count what was revealed on the case page, up to the
submission. Else an approver could never see the packet that they approve, since seeing it would change it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.models import AuditEvent
from audit.record import About, record
from audit.verbs import Verb
from referrals.asked import Asked, next_submission, submission_from
from referrals.follow_policies import check_fits
from referrals.formats.text import escaped
from referrals.gathering import draft_of, gather
from referrals.models import Approval, Escalation, EscalationAnswer
from referrals.packet_builder import Draft
from referrals.packet_content import PacketContent
from referrals.permissions import (
    check_may_escalate,
    check_may_open,
    check_may_resubmit,
    readers_before,
    supervises,
)
from referrals.policies import ANSWERED, check_can_be_resubmitted, check_can_be_submitted
from referrals.submission import Submission, open_reason, submission_of
from referrals.voiding import changed_since_read
from review.first_judgement import check_score_shown
from review.models import Case, Reveal, Unveiling
from review.policies import check_holds_live_claim, open_claim
from scoring.evidence import open_texts
from scoring.models import Message, PreservationHold
from scoring.preservation import open_reason as open_extension_reason
from scoring.vault import EvidenceUnreadable


@dataclass(frozen=True)
class Reading:
    """A draft, the numbers of the messages whose text this person may read in it, and what else of it they may see."""

    content: PacketContent
    draft: Draft
    shown: frozenset[int]
    # Names and addresses are veiled until a person states a purpose on the case page.
    shows_accounts: bool = False
    # What changed since this person last opened it, in words.
    changed_since_read: str = ""


@dataclass(frozen=True)
class Choice:
    """A message that may become evidence, its text as a page can hold it, and how many turns before it are unread."""

    message: Message
    text: str
    unread_before: int

    @property
    def gap(self) -> str:
        return not_revealed(self.unread_before)

    @property
    def unread(self) -> str:
        """The turns before it that were not read, as a page asks for them: “5-9”."""
        return f"{self.message.number - self.unread_before}-{self.message.number - 1}"


@dataclass(frozen=True)
class Entry:
    """One step of an escalation, in words."""

    at: datetime
    by: User
    act: str
    reason: str = ""


def view_packet(*, escalation_id: int, by: User) -> Reading:
    """The packet as it would be sealed now. A supervisor reads all of it, the requester what they had revealed."""
    with transaction.atomic():
        escalation = Escalation.objects.select_related(
            "case__licensee", "case__conversation__data_key", "decision"
        ).get(pk=escalation_id)
        check_may_open(by, escalation)
        content = gather(escalation.case, submission_of(escalation.current))
        draft = draft_of(content, about=escalation.about())
        changed = changed_since_read(escalation, content, by=by.actor_name, digest=draft.digest)
        readers = None if supervises(by, escalation) else readers_for(by, escalation)
        reading = _recorded(content, draft, escalation.case, by, about=escalation.about(), readers=readers)
        return replace(reading, changed_since_read=changed)


def preview(*, case_id: int, by: User, asked: Asked) -> Reading:
    """The packet as it would be, before anybody is asked: for who holds the case."""
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_can_begin(by, case)
        return _previewed(case, submission_from(case, number=1, by=by, asked=asked), about=case.about())


def preview_again(*, escalation_id: int, by: User, asked: Asked) -> Reading:
    """The packet as the next version would have it: for who asked and got it back."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_can_begin_again(by, escalation)
        check_fits(escalation, asked)
        submission = next_submission(escalation, by=by, asked=asked)
        return _previewed(escalation.case, submission, about=escalation.about())


def check_can_begin(by: User, case: Case) -> None:
    check_may_escalate(by, case)
    check_holds_live_claim(case, open_claim(case), by)
    # The packet says what the machine rated.
    check_score_shown(case, by)


def check_can_begin_again(by: User, escalation: Escalation) -> None:
    check_may_resubmit(by, escalation)
    check_can_be_resubmitted(escalation)


def readers_for(by: User, escalation: Escalation) -> frozenset[int]:
    """Whose reading counts for this person: who takes an escalation over goes on from what was read for it."""
    if by.pk != escalation.owner_id:
        return frozenset({by.pk})
    return frozenset({by.pk, *readers_before(escalation)})


def readable_numbers(case: Case, readers: Iterable[int]) -> list[int]:
    """What these people have read on the case page, and what can be submitted as evidence."""
    return sorted(_revealed(case, readers))


def not_revealed(count: int) -> str:
    return f"{count:,} turn{'' if count == 1 else 's'} not revealed by you" if count else ""


def read_choices(*, case_id: int, by: User, readers: Iterable[int]) -> list[Choice]:
    """The same with its text, to choose from. Callers check first that this person may ask."""
    with transaction.atomic():
        case = Case.every.select_related("licensee", "conversation__data_key").get(pk=case_id)
        messages = list(_messages(case, readable_numbers(case, readers)).select_related("sender"))
        payload = {"messages": [message.pk for message in messages]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload=payload)
    texts = open_texts(case.conversation, messages)
    before = [0, *(message.number for message in messages)]
    return [
        Choice(message, escaped(texts[message.pk]), unread_before=message.number - last - 1)
        for message, last in zip(messages, before, strict=False)
    ]


def read_history(*, escalation_id: int, by: User) -> list[Entry]:
    """Each version and each answer, oldest first, with the reasons: a person's words may quote."""
    with transaction.atomic():
        escalation = Escalation.objects.select_related("case__licensee", "case__conversation__data_key").get(
            pk=escalation_id
        )
        check_may_open(by, escalation)
        answers = list(escalation.answers.select_related("answered_by"))
        extended = _extensions(escalation)
        if answers or extended:
            payload = {"answers": [answer.pk for answer in answers]}
            payload |= {"holds": [hold.pk for hold in extended]} if extended else {}
            record(Verb.EVIDENCE_VIEWED, by=by, about=escalation.about(), payload=payload)
    versions = escalation.versions.select_related("submitted_by")
    entries = [
        Entry(version.submitted_at, version.submitted_by, _submitted(escalation, version.number))
        for version in versions
    ]
    entries += [_entry(escalation, answer) for answer in answers]
    approvals = Approval.objects.filter(escalation=escalation).select_related("approved_by")
    entries += [
        Entry(approval.approved_at, approval.approved_by, f"approved version {approval.version_number}")
        for approval in approvals
    ]
    entries += _reassignments(escalation)
    entries += _extended(extended)
    return sorted(entries, key=lambda entry: entry.at)


def _submitted(escalation: Escalation, number: int) -> str:
    if escalation.is_follow_up and number == 1:
        return f"began a {escalation.what} with what was sealed, as version 1"
    return f"submitted version {number}"


def _entry(escalation: Escalation, answer: EscalationAnswer) -> Entry:
    answer.escalation = escalation
    act = f"{ANSWERED[answer.outcome]} version {answer.version_number}"
    return Entry(answer.answered_at, answer.answered_by, act, escaped(open_reason(answer)))


def _extensions(escalation: Escalation) -> list[PreservationHold]:
    """One for each extension by a person, however many keys it holds; only a sealed packet is ever held."""
    if escalation.state != Escalation.State.SEALED:
        return []
    holds = PreservationHold.objects.filter(
        conversation=escalation.case.conversation_id, reason_sealed__isnull=False
    )
    return list({hold.until: hold for hold in holds.select_related("conversation__data_key")}.values())


def _extended(holds: list[PreservationHold]) -> list[Entry]:
    ids = {int(hold.placed_by.partition(":")[2]) for hold in holds}
    people = User.objects.in_bulk(ids) if holds else {}
    return [
        Entry(
            hold.placed_at,
            people[int(hold.placed_by.partition(":")[2])],
            f"had the evidence held until {hold.until:%Y-%m-%d}",
            _reason_of(hold),
        )
        for hold in holds
    ]


def _reason_of(hold: PreservationHold) -> str:
    try:
        return escaped(open_extension_reason(hold))
    except EvidenceUnreadable:
        return "These words cannot be read any more: the evidence was erased."


def _reassignments(escalation: Escalation) -> list[Entry]:
    """From the trail: who gave it to whom, and why."""
    events = list(
        AuditEvent.objects.filter(
            case_reference=escalation.case.reference,
            verb=Verb.ESCALATION_REASSIGNED,
            object_id=str(escalation.pk),
        )
    )
    ids = {event.payload["person"] for event in events} | {int(event.actor.split(":")[1]) for event in events}
    people = User.objects.in_bulk(ids) if events else {}
    return [
        Entry(
            event.at,
            people[int(event.actor.split(":")[1])],
            f"gave it to {people[event.payload['person']]}",
            event.reason,
        )
        for event in events
    ]


def _previewed(case: Case, submission: Submission, *, about: About) -> Reading:
    check_can_be_submitted(case, submission)
    content = gather(case, submission)
    draft = draft_of(content, about=about)
    return _recorded(content, draft, case, submission.by, about=about, readers=submission.readers)


def _recorded(
    content: PacketContent,
    draft: Draft,
    case: Case,
    by: User,
    *,
    about: About,
    readers: Iterable[int] | None,
) -> Reading:
    """Without readers the whole of it is shown, but for the accounts that this person has not unveiled."""
    numbers = {message.number for message in content.messages}
    shown = frozenset(numbers if readers is None else numbers & _revealed(case, readers))
    shows_accounts = Unveiling.objects.filter(case=case, person=by).exists()
    ids = list(_messages(case, shown).values_list("pk", flat=True))
    payload = {"digest": draft.digest, "version": content.version, "messages": ids}
    if shows_accounts:
        payload["accounts"] = [account.platform_id for account in content.account_facts]
    record(Verb.PACKET_VIEWED, by=by, about=about, payload=payload)
    return Reading(content=content, draft=draft, shown=shown, shows_accounts=shows_accounts)


def _revealed(case: Case, readers: Iterable[int]) -> set[int]:
    revealed = Reveal.objects.filter(case=case, revealed_by__in=list(readers))
    return set(revealed.values_list("message__number", flat=True))


def _messages(case: Case, numbers: Iterable[int]) -> QuerySet[Message]:
    return case.conversation.messages.filter(number__in=numbers).order_by("number")
