"""Can this happen to this escalation now? Each check raises NotPossible with what happened and what to do next."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.step_up import is_fresh
from audit.transitions import NotPossible
from licensees.assignments import serves
from referrals.completeness import listed
from referrals.models import Escalation, EscalationVersion, Recipient
from referrals.routing import asks_priority, check_reported_once
from referrals.submission import Submission
from review.models import Case, Reveal
from review.models.known import known_of
from review.policies import moment
from scoring.models import Participant

# From the first request on; returning does not stop the clock.
TIME_ALLOWED: dict[str, timedelta] = {
    Recipient.Exit.IMMINENT_THREAT: timedelta(hours=1),
    Recipient.Exit.SUSPECTED_EXPLOITATION: timedelta(hours=24),
}
# From the approval on, until the packet has left the house.
TIME_TO_DELIVER: dict[str, timedelta] = {
    Recipient.Exit.IMMINENT_THREAT: timedelta(minutes=30),
    Recipient.Exit.SUSPECTED_EXPLOITATION: timedelta(hours=24),
}
LEAST_GROUNDS = 20
MOST_GROUNDS = 10_000
LEAST_REASON = 10
MOST_REASON = 2_000
MOST_EVIDENCE = 200
MOST_CONTEXT = 20
MOST_DEFINITION = 300

ANSWERED: dict[str, str] = {
    Escalation.State.RETURNED: "returned",
    Escalation.State.DECLINED: "declined",
    Escalation.State.WITHDRAWN: "withdrew",
}

NOT_CONFIRMED = (
    "Type your password again to approve: it counts for a few minutes, and for one escalation only."
)
NOT_OPENED = (
    "You have not opened this packet yourself. Open the escalation, read the packet, then approve it."
)
PACKET_CHANGED = "The packet changed since you opened it{since}. Read it again."


# --- Asking --------------------------------------------------------------------------------------


def find_recipient(case: Case, recipient_id: int) -> Recipient:
    recipient = Recipient.objects.filter(pk=recipient_id).first()
    if recipient is None:
        raise NotPossible("This recipient is not on the list. Choose one that is.", about=case.about())
    return recipient


def find_account(case: Case, participant_id: int) -> Participant:
    account = case.conversation.participants.filter(pk=participant_id).first()
    if account is None:
        sentence = "This account takes no part in the conversation. Choose one that does."
        raise NotPossible(sentence, about=case.about())
    return account


def check_can_be_submitted(case: Case, submission: Submission) -> None:
    """The same for the first request and for each that follows a return."""
    _check_recipient(case, submission.recipient, exit=submission.exit)
    check_reported_once(case, submission.recipient, exit=submission.exit)
    _check_priority(case, submission)
    _check_accounts(case, submission)
    check_evidence(case, submission)
    check_grounds(case, submission.grounds)
    if not 0 <= submission.context <= MOST_CONTEXT:
        sentence = f"Show between 0 and {MOST_CONTEXT} messages before and after each evidence message."
        raise NotPossible(sentence, about=case.about())
    _check_incident(case, submission)
    _check_redactions(case, submission)


def check_evidence(case: Case, submission: Submission) -> None:
    """What the requester has not read cannot be their evidence."""
    numbers = submission.evidence_numbers
    if not 1 <= len(numbers) <= MOST_EVIDENCE:
        sentence = f"Choose at least one evidence message, and at most {MOST_EVIDENCE}."
        raise NotPossible(sentence, about=case.about())
    gone = case.conversation.messages.filter(number__in=numbers, erasure__isnull=False)
    if erased := sorted(gone.values_list("number", flat=True)):
        sentence = f"The text of {listed(erased)} was erased. Choose evidence that can be read."
        raise NotPossible(sentence, about=case.about())
    unread = sorted(set(numbers) - _read(submission, case))
    if unread:
        sentence = f"You have not read {listed(unread)}. Reveal and read what you submit as evidence."
        raise NotPossible(sentence, about=case.about())


def _read(submission: Submission, case: Case) -> set[int]:
    revealed = Reveal.objects.filter(case=case, revealed_by__in=submission.readers)
    return set(revealed.values_list("message__number", flat=True))


def _check_incident(case: Case, submission: Submission) -> None:
    if submission.incident_at is None:
        return
    if submission.incident_at > timezone.now():
        raise NotPossible("The incident cannot lie in the future. Correct its time.", about=case.about())
    length = len(submission.incident_definition)
    if not 1 <= length <= MOST_DEFINITION:
        sentence = (
            "Say how the platform defines the time of the incident, as “when the first evidence message was sent”, "
            f"in at most {MOST_DEFINITION} characters."
        )
        raise NotPossible(sentence, about=case.about())


def _check_priority(case: Case, submission: Submission) -> None:
    """A person says it: nothing is derived from a score, and nothing stands for a choice that was not made."""
    recipient, priority = submission.recipient, submission.priority
    if not asks_priority(recipient):
        if priority is not None:
            sentence = f"{recipient} asks for no priority. Leave it empty."
            raise NotPossible(sentence, about=case.about())
    elif priority not in EscalationVersion.Priority.values:
        sentence = f"{recipient} asks for a priority, by the law of its country. Choose 1, 2 or 3."
        raise NotPossible(sentence, about=case.about())


def _check_redactions(case: Case, submission: Submission) -> None:
    """Only context, only what was read, and only for one of the reasons on the list."""
    numbers = {number for number, _ in submission.redactions}
    if numbers & set(submission.evidence_numbers):
        sentence = f"Evidence is not redacted: {listed(numbers & set(submission.evidence_numbers))}."
        raise NotPossible(f"{sentence} Take the redaction away, or the evidence.", about=case.about())
    outside = numbers - window(submission.evidence_numbers, submission.context)
    if outside:
        sentence = f"The packet does not hold {listed(outside)}, so there is nothing to redact. Take it away."
        raise NotPossible(sentence, about=case.about())
    unread = numbers - _read(submission, case) if numbers else set()
    if unread:
        sentence = f"You have not read {listed(unread)}. Reveal and read what you redact."
        raise NotPossible(sentence, about=case.about())
    if {reason for _, reason in submission.redactions} - set(EscalationVersion.Redaction.values):
        raise NotPossible("Choose one of the reasons on the list for each redaction.", about=case.about())


def window(evidence_numbers: Iterable[int], context: int) -> set[int]:
    """The numbers of the evidence messages and of `context` messages before and after each."""
    return {near for number in evidence_numbers for near in range(number - context, number + context + 1)}


def _check_recipient(case: Case, recipient: Recipient, *, exit: str) -> None:
    if not recipient.is_active:
        sentence = f"{recipient} takes no referrals now. Choose another recipient."
        raise NotPossible(sentence, about=case.about())
    if recipient.exit != exit:
        wanted = Recipient.Exit(recipient.exit).label.lower()
        sentence = f"{recipient} takes referrals for “{wanted}” only. Choose another recipient or exit."
        raise NotPossible(sentence, about=case.about())


def _check_accounts(case: Case, submission: Submission) -> None:
    if submission.subject == submission.possible_minor:
        sentence = "The subject account and the possible minor are two accounts. Choose two."
        raise NotPossible(sentence, about=case.about())


def check_grounds(case: Case, grounds: str) -> None:
    length = len(grounds.strip())
    if length < LEAST_GROUNDS:
        sentence = (
            f"Write the grounds in at least {LEAST_GROUNDS} characters: a second person decides on them."
        )
        raise NotPossible(sentence, about=case.about())
    if length > MOST_GROUNDS:
        raise NotPossible(f"Keep the grounds under {MOST_GROUNDS:,} characters.", about=case.about())


# --- Answering -----------------------------------------------------------------------------------


def check_can_be_answered(escalation: Escalation) -> None:
    """Somebody else may have answered, or the requester withdrawn it, since the page was drawn."""
    _check_state(escalation, Escalation.State.REQUESTED)


def check_can_be_declined(escalation: Escalation) -> None:
    """Also while it is with its requester, who may be away: else the case would be stuck."""
    _check_state(escalation, *Escalation.LIVE)


def check_can_be_approved(escalation: Escalation, *, typed_reference: str) -> None:
    check_can_be_answered(escalation)
    _check_escalated(escalation)
    version = escalation.current
    recipient = version.recipient
    if not recipient.is_active:
        asker = escalation.requested_by
        sentence = f"{recipient} takes no referrals now. Return it, so that {asker} can choose another."
        raise NotPossible(sentence, about=escalation.about())
    if typed_reference.strip() != escalation.case.reference:
        sentence = (
            f"The reference that you typed is not {escalation.case.reference}. Type it as it stands here."
        )
        raise NotPossible(sentence, about=escalation.about())
    check_reported_once(escalation.case, recipient, exit=version.exit)


def check_confirmed(escalation: Escalation, confirmed_at: datetime | None) -> None:
    """An approval cannot be undone, and a screen may have been left unlocked."""
    if not is_fresh(confirmed_at, now=timezone.now()):
        raise NotPossible(NOT_CONFIRMED, about=escalation.about())


def check_packet_unchanged(
    escalation: Escalation, *, digest_now: str, digest_seen: str, what_changed: Callable[[], str]
) -> None:
    """The platform may have sent an edit, or the requester a new version, since the page was drawn."""
    if digest_now != digest_seen:
        words = what_changed()
        since = f": {words}" if words else ""
        raise NotPossible(PACKET_CHANGED.format(since=since), about=escalation.about())


def check_opened(escalation: Escalation, has_opened: bool) -> None:
    """Who approves has had the packet before their own eyes, by the trail."""
    if not has_opened:
        raise NotPossible(NOT_OPENED, about=escalation.about())


def check_can_be_resubmitted(escalation: Escalation) -> None:
    _check_state(escalation, Escalation.State.RETURNED, Escalation.State.PREPARED)
    _check_escalated(escalation)


def check_read_again(escalation: Escalation, *, revision: int, seen_revision: int) -> None:
    """The first request is held to this by review's decide(): nobody submits what changed under their hands."""
    if revision != seen_revision:
        sentence = "The conversation changed since you opened this page. Open it again, read it, then submit."
        raise NotPossible(sentence, about=escalation.about())


def check_can_be_reassigned(
    escalation: Escalation, *, to: User, reason: str, who_could_answer: set[int]
) -> None:
    """To somebody who can act on it, and never so that nobody is left to approve it."""
    _check_state(escalation, *Escalation.LIVE)
    if reason not in Escalation.Reassignment.values:
        raise NotPossible("Choose why it gets another owner.", about=escalation.about())
    if to == escalation.owner:
        raise NotPossible(f"{to} owns it already. Choose somebody else.", about=escalation.about())
    if not serves(to, escalation.case.licensee_id, Role.MODERATOR):
        sentence = f"{to} does not moderate for {escalation.case.licensee}. Choose a moderator who does."
        raise NotPossible(sentence, about=escalation.about())
    if not who_could_answer - {to.pk}:
        sentence = f"If {to} takes it over, nobody is left who can approve it. Choose another moderator."
        raise NotPossible(sentence, about=escalation.about())


def check_can_be_withdrawn(escalation: Escalation) -> None:
    _check_state(escalation, *Escalation.LIVE)


def check_reason(escalation: Escalation, reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        sentence = f"Say why in at least {LEAST_REASON} characters: the other person acts on it."
        raise NotPossible(sentence, about=escalation.about())
    if len(reason) > MOST_REASON:
        raise NotPossible(f"Keep the reason under {MOST_REASON:,} characters.", about=escalation.about())


def _check_state(escalation: Escalation, *wanted: str) -> None:
    if escalation.state not in wanted:
        raise NotPossible(f"{what_happened(escalation)} Nothing was changed.", about=escalation.about())


def _check_escalated(escalation: Escalation) -> None:
    wanted = Case.State.REFERRED if escalation.is_follow_up else Case.State.ESCALATED
    if escalation.case.state != wanted:
        sentence = "This case is not escalated any more. Reload the page to see its state now."
        raise NotPossible(sentence, about=escalation.about())


def what_happened(escalation: Escalation) -> str:
    """Who brought the escalation into its state, and when: “Otto returned it at 14:02.”"""
    state = escalation.state
    if state == Escalation.State.SEALED:
        approval = escalation.approval
        return f"{approval.approved_by} approved it {moment(approval.approved_at)}."
    if state == Escalation.State.PREPARED:
        return f"{escalation.requested_by} began a {escalation.what} {moment(escalation.requested_at)}."
    if state == Escalation.State.REQUESTED:
        version = escalation.current
        return f"{version.submitted_by} submitted version {version.number} {moment(version.submitted_at)}."
    known = known_of(escalation, "answers")
    given = escalation.answers.select_related("answered_by") if known is None else known
    answer = max(given, key=lambda one: (one.answered_at, one.pk))
    return f"{answer.answered_by} {ANSWERED[state]} it {moment(answer.answered_at)}."
