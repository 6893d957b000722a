"""Can this happen to this escalation now? Each check raises NotPossible with what happened and what to do next."""

from datetime import timedelta

from django.utils import timezone

from audit.transitions import NotPossible
from referrals.completeness import listed
from referrals.models import Escalation, Recipient
from referrals.submission import Submission
from review.models import Case, Reveal
from review.policies import moment
from scoring.models import Participant

# From the first request on; returning does not stop the clock.
TIME_ALLOWED: dict[str, timedelta] = {
    Recipient.Exit.IMMINENT_THREAT: timedelta(hours=1),
    Recipient.Exit.SUSPECTED_EXPLOITATION: timedelta(hours=24),
}
LEAST_GROUNDS = 20
MOST_GROUNDS = 10_000
LEAST_REASON = 10
MOST_REASON = 2_000
MOST_EVIDENCE = 200
MOST_CONTEXT = 20

ANSWERED: dict[str, str] = {
    Escalation.State.RETURNED: "returned",
    Escalation.State.DECLINED: "declined",
    Escalation.State.WITHDRAWN: "withdrew",
}

PACKET_CHANGED = "The packet changed since you opened it. Read it again."


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
    _check_accounts(case, submission)
    check_evidence(case, submission)
    _check_grounds(case, submission.grounds)
    if not 0 <= submission.context <= MOST_CONTEXT:
        sentence = f"Show between 0 and {MOST_CONTEXT} messages before and after each evidence message."
        raise NotPossible(sentence, about=case.about())
    if submission.incident_at is not None and submission.incident_at > timezone.now():
        raise NotPossible("The incident cannot lie in the future. Correct its time.", about=case.about())


def check_evidence(case: Case, submission: Submission) -> None:
    """What the requester has not read cannot be their evidence."""
    numbers = submission.evidence_numbers
    if not 1 <= len(numbers) <= MOST_EVIDENCE:
        sentence = f"Choose at least one evidence message, and at most {MOST_EVIDENCE}."
        raise NotPossible(sentence, about=case.about())
    revealed = Reveal.objects.filter(case=case, revealed_by=submission.by, message__number__in=numbers)
    unread = sorted(set(numbers) - set(revealed.values_list("message__number", flat=True)))
    if unread:
        sentence = f"You have not read {listed(unread)}. Reveal and read what you submit as evidence."
        raise NotPossible(sentence, about=case.about())


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


def _check_grounds(case: Case, grounds: str) -> None:
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
    _check_state(escalation, Escalation.State.REQUESTED, Escalation.State.RETURNED)


def check_can_be_approved(escalation: Escalation, *, typed_reference: str) -> None:
    check_can_be_answered(escalation)
    _check_escalated(escalation)
    recipient = escalation.current.recipient
    if not recipient.is_active:
        asker = escalation.requested_by
        sentence = f"{recipient} takes no referrals now. Return it, so that {asker} can choose another."
        raise NotPossible(sentence, about=escalation.about())
    if typed_reference.strip() != escalation.case.reference:
        sentence = (
            f"The reference that you typed is not {escalation.case.reference}. Type it as it stands here."
        )
        raise NotPossible(sentence, about=escalation.about())


def check_packet_unchanged(escalation: Escalation, *, digest_now: str, digest_seen: str) -> None:
    """The platform may have sent an edit, or the requester a new version, since the page was drawn."""
    if digest_now != digest_seen:
        raise NotPossible(PACKET_CHANGED, about=escalation.about())


def check_can_be_resubmitted(escalation: Escalation) -> None:
    _check_state(escalation, Escalation.State.RETURNED)
    _check_escalated(escalation)


def check_read_again(escalation: Escalation, *, revision: int, seen_revision: int) -> None:
    """The first request is held to this by review's decide(): nobody submits what changed under their hands."""
    if revision != seen_revision:
        sentence = "The conversation changed since you opened this page. Open it again, read it, then submit."
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
    if escalation.case.state != Case.State.ESCALATED:
        sentence = "This case is not escalated any more. Reload the page to see its state now."
        raise NotPossible(sentence, about=escalation.about())


def what_happened(escalation: Escalation) -> str:
    """Who brought the escalation into its state, and when: “Otto returned it at 14:02.”"""
    state = escalation.state
    if state == Escalation.State.SEALED:
        approval = escalation.approval
        return f"{approval.approved_by} approved it {moment(approval.approved_at)}."
    if state == Escalation.State.REQUESTED:
        version = escalation.current
        return f"{version.submitted_by} submitted version {version.number} {moment(version.submitted_at)}."
    answer = escalation.answers.select_related("answered_by").latest("answered_at", "id")
    return f"{answer.answered_by} {ANSWERED[state]} it {moment(answer.answered_at)}."
