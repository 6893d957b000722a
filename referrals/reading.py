"""Looking at a packet before it is sealed: recorded, and committed, before any text is handed out.

Looking here makes nobody a viewer in the packet's own words: those count what was revealed on the case page, up to the
submission. Else an approver could never see the packet that they approve, since seeing it would change it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.record import About, record
from audit.verbs import Verb
from referrals.formats.text import escaped
from referrals.gathering import gather
from referrals.models import Approval, Escalation, EscalationAnswer
from referrals.packet_builder import Draft, build
from referrals.packet_content import PacketContent
from referrals.permissions import check_may_escalate, check_may_open, check_may_resubmit, supervises
from referrals.policies import ANSWERED, check_can_be_resubmitted, check_can_be_submitted
from referrals.submission import Submission, open_reason, submission_of
from referrals.workflow import Asked, submission_from
from review.models import Case, Reveal
from review.policies import check_holds_live_claim, open_claim
from scoring.evidence import open_texts
from scoring.models import Message


@dataclass(frozen=True)
class Reading:
    """A draft, and the numbers of the messages whose text this person may read in it."""

    content: PacketContent
    draft: Draft
    shown: frozenset[int]


@dataclass(frozen=True)
class Choice:
    """A message that may become evidence, its text as a page can hold it, and how many turns before it are unread."""

    message: Message
    text: str
    unread_before: int

    @property
    def gap(self) -> str:
        return not_revealed(self.unread_before)


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
        escalation = Escalation.objects.select_related("case__licensee", "decision").get(pk=escalation_id)
        check_may_open(by, escalation)
        content = gather(escalation.case, submission_of(escalation.current))
        sees_all = supervises(by, escalation)
        return _recorded(content, escalation.case, by, about=escalation.about(), sees_all=sees_all)


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
        number = escalation.version_count + 1
        submission = submission_from(escalation.case, number=number, by=by, asked=asked)
        return _previewed(escalation.case, submission, about=escalation.about())


def check_can_begin(by: User, case: Case) -> None:
    check_may_escalate(by, case)
    check_holds_live_claim(case, open_claim(case), by)


def check_can_begin_again(by: User, escalation: Escalation) -> None:
    check_may_resubmit(by, escalation)
    check_can_be_resubmitted(escalation)


def readable_numbers(case: Case, by: User) -> list[int]:
    """What this person has read on the case page, and can submit as evidence."""
    return sorted(_revealed(case, by))


def not_revealed(count: int) -> str:
    return f"{count:,} turn{'' if count == 1 else 's'} not revealed by you" if count else ""


def read_choices(*, case_id: int, by: User) -> list[Choice]:
    """The same with its text, to choose from. Callers check first that this person may ask."""
    with transaction.atomic():
        case = Case.objects.select_related("licensee", "conversation__data_key").get(pk=case_id)
        messages = list(_messages(case, readable_numbers(case, by)).select_related("sender"))
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
        if answers:
            payload = {"answers": [answer.pk for answer in answers]}
            record(Verb.EVIDENCE_VIEWED, by=by, about=escalation.about(), payload=payload)
    versions = escalation.versions.select_related("submitted_by")
    entries = [
        Entry(version.submitted_at, version.submitted_by, f"submitted version {version.number}")
        for version in versions
    ]
    entries += [_entry(escalation, answer) for answer in answers]
    approvals = Approval.objects.filter(escalation=escalation).select_related("approved_by")
    entries += [
        Entry(approval.approved_at, approval.approved_by, f"approved version {approval.version_number}")
        for approval in approvals
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _entry(escalation: Escalation, answer: EscalationAnswer) -> Entry:
    answer.escalation = escalation
    act = f"{ANSWERED[answer.outcome]} version {answer.version_number}"
    return Entry(answer.answered_at, answer.answered_by, act, escaped(open_reason(answer)))


def _previewed(case: Case, submission: Submission, *, about: About) -> Reading:
    check_can_be_submitted(case, submission)
    return _recorded(gather(case, submission), case, submission.by, about=about, sees_all=False)


def _recorded(content: PacketContent, case: Case, by: User, *, about: About, sees_all: bool) -> Reading:
    numbers = {message.number for message in content.messages}
    shown = frozenset(numbers if sees_all else numbers & _revealed(case, by))
    draft = build(content)
    ids = list(_messages(case, shown).values_list("pk", flat=True))
    payload = {"digest": draft.digest, "version": content.version, "messages": ids}
    record(Verb.PACKET_VIEWED, by=by, about=about, payload=payload)
    return Reading(content=content, draft=draft, shown=shown)


def _revealed(case: Case, by: User) -> set[int]:
    return set(Reveal.objects.filter(case=case, revealed_by=by).values_list("message__number", flat=True))


def _messages(case: Case, numbers: Iterable[int]) -> QuerySet[Message]:
    return case.conversation.messages.filter(number__in=numbers).order_by("number")
