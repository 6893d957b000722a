"""Looking at a packet before it is sealed: recorded, and committed, before any text is handed out.

Looking here makes nobody a viewer in the packet's own words: those count what was revealed on the case page, up to the
submission. Else an approver could never see the packet that they approve, since seeing it would change it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.record import About, record
from audit.verbs import Verb
from licensees.together import Question, ask
from referrals.asked import Asked, next_submission, submission_from
from referrals.follow_policies import check_fits
from referrals.formats.text import escaped
from referrals.gathering import about_content, draft_of, gather
from referrals.models import Escalation
from referrals.packet_builder import Draft
from referrals.packet_content import PacketContent
from referrals.permissions import (
    check_may_escalate,
    check_may_open,
    check_may_resubmit,
    readers_before,
    supervises,
)
from referrals.policies import check_can_be_resubmitted, check_can_be_submitted
from referrals.submission import Submission, submission_of
from referrals.voiding import changed_since, last_viewing
from review.first_judgement import check_score_shown
from review.locking import lock_case
from review.models import Case, Reveal, Unveiling
from review.policies import check_holds_live_claim, open_claim
from scoring.evidence import open_texts
from scoring.models import Message


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


def view_packet(*, escalation_id: int, by: User) -> Reading:
    """The packet as it would be sealed now. A supervisor reads all of it, the requester what they had revealed."""
    with transaction.atomic():
        escalation = Escalation.objects.read(escalation_id)
        check_may_open(by, escalation)
        return record_packet(escalation, ask(**about_packet(escalation, by)), by=by)


def about_packet(escalation: Escalation, by: User) -> dict[str, Question]:
    """The questions, to be asked together with others."""
    readers = None if supervises(by, escalation) else readers_for(by, escalation)
    return {
        **about_content(escalation.case, submission_of(escalation.current)),
        **_about_reader(escalation.case.pk, by, readers),
        "viewings": last_viewing(escalation, by=by.actor_name),
    }


def record_packet(escalation: Escalation, answers: Mapping[str, list[Any]], *, by: User) -> Reading:
    """In a transaction: the reading is recorded, and handed out when that is committed."""
    content = gather(escalation.case, submission_of(escalation.current), answers)
    draft = draft_of(content, about=escalation.about())
    reads_all = supervises(by, escalation)
    reading = _recorded(content, draft, by, about=escalation.about(), answers=answers, reads_all=reads_all)
    changed = changed_since(answers["viewings"], content, digest=draft.digest)
    return replace(reading, changed_since_read=changed)


def preview(*, case_id: int, by: User, asked: Asked) -> Reading:
    """The packet as it would be, before anybody is asked: for who holds the case."""
    with transaction.atomic():
        case = lock_case(case_id, by=by)
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


def readable(case: Case, readers: Iterable[int]) -> QuerySet[Message]:
    """What these people have read on the case page, and what can be submitted as evidence."""
    revealed = Reveal.objects.filter(case=case, revealed_by__in=list(readers))
    messages = Message.objects.filter(conversation=case.conversation_id, pk__in=revealed.values("message"))
    return messages.select_related("sender").order_by("number")


def not_revealed(count: int) -> str:
    return f"{count:,} turn{'' if count == 1 else 's'} not revealed by you" if count else ""


def read_choices(*, case: Case, by: User, messages: Sequence[Message]) -> list[Choice]:
    """The same with its text, to choose from. Callers check first that this person may ask."""
    with transaction.atomic():
        payload = {"messages": [message.pk for message in messages]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload=payload)
    texts = open_texts(case.conversation, messages)
    before = [0, *(message.number for message in messages)]
    return [
        Choice(message, escaped(texts[message.pk]), unread_before=message.number - last - 1)
        for message, last in zip(messages, before, strict=False)
    ]


def _previewed(case: Case, submission: Submission, *, about: About) -> Reading:
    check_can_be_submitted(case, submission)
    asked = about_content(case, submission) | _about_reader(case.pk, submission.by, submission.readers)
    answers = ask(**asked)
    content = gather(case, submission, answers)
    draft = draft_of(content, about=about)
    return _recorded(content, draft, submission.by, about=about, answers=answers, reads_all=False)


def _about_reader(case_id: int, by: User, readers: Iterable[int] | None) -> dict[str, Question]:
    """What of a draft may be shown to this person; without readers the whole of it."""
    revealed = Reveal.objects.filter(case=case_id, revealed_by__in=list(readers or ()))
    return {
        "revealed": revealed.values_list("message__number", flat=True).distinct(),
        "unveiled": Unveiling.objects.filter(case=case_id, person=by).values_list("pk", flat=True),
    }


def _recorded(
    content: PacketContent,
    draft: Draft,
    by: User,
    *,
    about: About,
    answers: Mapping[str, list[Any]],
    reads_all: bool,
) -> Reading:
    """But for the accounts that this person has not unveiled."""
    numbers = {message.number for message in content.messages}
    shown = frozenset(numbers if reads_all else numbers & set(answers["revealed"]))
    shows_accounts = bool(answers["unveiled"])
    ids = [message.pk for message in answers["messages"] if message.number in shown]
    payload = {"digest": draft.digest, "version": content.version, "messages": ids}
    if shows_accounts:
        payload["accounts"] = [account.platform_id for account in content.account_facts]
    record(Verb.PACKET_VIEWED, by=by, about=about, payload=payload)
    return Reading(content=content, draft=draft, shown=shown, shows_accounts=shows_accounts)
