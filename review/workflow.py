"""What a person does with a case: read, annotate, decide; and what becomes of it after an escalation."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import transition
from audit.verbs import Verb
from licensees.together import Question
from review.first_judgement import about_first_judgement, find_first_judgement
from review.leases import end_claim
from review.locking import lock_case_and_ask
from review.models import Annotation, Case, Claim, Decision, Reveal, SubjectAccount, Watch
from review.models.known import learn
from review.notes import seal_annotation_note, seal_decision_note
from review.permissions import (
    check_may_annotate,
    check_may_decide,
    check_may_reveal,
    supervises,
)
from review.policies import (
    check_characteristic,
    check_complete,
    check_holds_live_claim,
    check_no_practice,
    check_not_superseded,
    check_read_to_the_end,
    check_readable,
    check_revealable,
    check_revealed,
    check_watch_until,
    find_annotation,
    find_span,
    find_subjects,
    not_erased,
    open_claim,
)
from review.revealing import about_texts, keep_and_record, texts_of
from review.second_review import open_second_review
from scoring.evidence import open_texts
from scoring.models import Message, Participant, Score

# --- Reading -------------------------------------------------------------------------------------


def reveal(*, case_id: int, numbers: Collection[int], by: User) -> dict[int, str]:
    """{turn number: text}. That this person sees these messages is recorded, and committed, before any is decrypted."""
    with transaction.atomic():
        asked = about_texts(_messages_of(case_id).filter(number__in=numbers), case=case_id, by=by)
        case, answers = lock_and_ask(case_id, by, **asked)
        check_revealable(case, numbers, answers["messages"])
        keep_and_record(case, answers, by=by)
    return texts_of(case, answers["messages"])


def reveal_after_decision(*, case_id: int, numbers: Collection[int], by: User) -> None:
    """For referrals, which checks first that this person prepares a packet of the case: nobody holds a claim then.

    It hands out no text: the page that shows it reads, and records, once more.
    """
    with transaction.atomic():
        asked = about_texts(_messages_of(case_id).filter(number__in=numbers), case=case_id, by=by)
        case, answers = lock_case_and_ask(case_id, by=by, **asked)
        check_may_reveal(by, case)
        check_readable(case)
        check_revealable(case, numbers, answers["messages"])
        keep_and_record(case, answers, by=by)


def lock_for_reading(case_id: int, by: User) -> Case:
    """The case, locked, for who may read its texts now."""
    return lock_and_ask(case_id, by)[0]


def lock_and_ask(case_id: int, by: User, **questions: Question) -> tuple[Case, dict[str, list[Any]]]:
    """The case, locked, for who may read its texts now; and what is asked beside it, as it is under the lock."""
    case, answers = lock_case_and_ask(case_id, by=by, **questions)
    check_may_reveal(by, case)
    if not supervises(by, case):
        check_holds_live_claim(case, open_claim(case), by)
    check_readable(case)
    return case, answers


def _messages_of(case_id: int) -> QuerySet[Message]:
    return Message.objects.filter(conversation__cases=case_id)


# --- Annotating ----------------------------------------------------------------------------------


def annotate(
    *,
    case_id: int,
    by: User,
    number: int,
    characteristic: str,
    words: str = "",
    note: str = "",
    supersedes: int | None = None,
) -> Annotation:
    """Label a message, or the quoted `words` in it, with a key of scoring/characteristics.py. In the place of an older
    annotation where one is named: without a characteristic that one is only taken back."""
    said = {"characteristic": characteristic, "words": words, "note": note}
    with transaction.atomic():
        return _annotate(case_id, by, number=number, supersedes=supersedes, **said)


def annotate_and_show(
    *, case_id: int, by: User, number: int, supersedes: int | None = None, **said: str
) -> dict[int, str]:
    """The same; and {turn number: text}, since the turn is shown once more with its new mark."""
    with transaction.atomic():
        annotation = _annotate(case_id, by, number=number, supersedes=supersedes, **said)
        case, message = annotation.case, annotation.message
        keep_and_record(case, {"messages": [message], "seen": [message.pk]}, by=by)
    return texts_of(case, [message])


def supersede_annotation(
    *, case_id: int, by: User, annotation_id: int, characteristic: str = "", words: str = "", note: str = ""
) -> Annotation:
    """Put a newer annotation in the place of one; without a characteristic it only takes that one back."""
    said = {"characteristic": characteristic, "words": words, "note": note}
    with transaction.atomic():
        return _annotate(case_id, by, number=0, supersedes=annotation_id, **said)


def _annotate(
    case_id: int,
    by: User,
    *,
    number: int,
    supersedes: int | None,
    characteristic: str,
    words: str,
    note: str,
) -> Annotation:
    named = Annotation.objects.filter(case=case_id, pk=supersedes or 0)
    case, answers = _lock_for_work(
        case_id,
        by,
        numbers=named.values("message__number") if supersedes else [number],
        named=named.select_related("message", "superseded_by__annotated_by"),
    )
    old = None
    if supersedes:
        old = find_annotation(case, answers["named"])
        check_not_superseded(case, old)
        number = old.message.number
    if characteristic or old is None:
        check_characteristic(case, characteristic)
    message = _revealed_message(case, number, answers)
    said = {"characteristic": characteristic, "words": words, "note": note}
    annotation = _write(case, message, by, supersedes=old, **said)
    verb = Verb.ANNOTATION_SUPERSEDED if old else Verb.CASE_ANNOTATED
    payload = _place(annotation) | ({"supersedes": old.pk} if old else {})
    record(verb, by=by, about=case.about(), payload=payload)
    return annotation


def _lock_for_work(
    case_id: int, by: User, *, numbers: Collection[int] | QuerySet[Any, Any], **questions: Question
) -> tuple[Case, dict[str, list[Any]]]:
    """`numbers`: of the turns that are annotated, and of which it is asked whether this person has revealed them."""
    messages = _messages_of(case_id).filter(number__in=numbers)
    read = Reveal.objects.filter(case=case_id, revealed_by=by, message__in=messages.values("pk"))
    case, answers = lock_case_and_ask(
        case_id, by=by, messages=messages, read=read.values_list("message", flat=True), **questions
    )
    check_may_annotate(by, case)
    check_holds_live_claim(case, open_claim(case), by)
    check_readable(case)
    return case, answers


def _revealed_message(case: Case, number: int, answers: Mapping[str, list[Any]]) -> Message:
    messages: list[Message] = answers["messages"]
    check_revealable(case, [number], messages)
    not_erased(case, messages)
    check_revealed(case, messages[0], answers["read"])
    return messages[0]


def _write(
    case: Case,
    message: Message,
    by: User,
    *,
    characteristic: str,
    words: str,
    note: str,
    supersedes: Annotation | None = None,
) -> Annotation:
    text = open_texts(case.conversation, [message])[message.pk] if words else ""
    start, end = find_span(case, text, words) or (None, None)
    annotation = Annotation(
        case=case,
        message=message,
        start=start,
        end=end,
        characteristic=characteristic,
        annotated_by=by,
        annotated_at=timezone.now(),
        supersedes=supersedes,
    )
    annotation.note_sealed = seal_annotation_note(annotation, note)
    annotation.save(force_insert=True)
    return annotation


def _place(annotation: Annotation) -> dict[str, object]:
    return {
        "annotation": annotation.pk,
        "message": annotation.message_id,
        "characteristic": annotation.characteristic,
        "start": annotation.start,
        "end": annotation.end,
    }


# --- Deciding ------------------------------------------------------------------------------------


def decide(
    *,
    case_id: int,
    by: User,
    disposition: str,
    seen_revision: int,
    seen_messages: int | None = None,
    reason: str = "",
    platform_action: str = "",
    subjects: Collection[int] = (),
    monitor_until: date | None = None,
    note: str = "",
) -> Decision:
    """Judge the conversation as it was at `seen_revision`. The claim ends; the case is decided, or escalated.

    A platform action names its subject accounts by their places in the conversation: Account A is 0.

    `referrals.workflow.escalate` calls this for the disposition `escalate`, in its own transaction.
    """
    with transaction.atomic():
        newest = (
            Score.objects.filter(conversation__cases=case_id)
            .order_by("-revision")
            .values_list("band", flat=True)
        )
        case, answers = lock_case_and_ask(
            case_id,
            by=by,
            newest=newest[:1],
            accounts=Participant.objects.filter(conversation__cases=case_id, position__in=subjects),
            **about_first_judgement(case_id, by),
        )
        check_may_decide(by, case)
        check_no_practice(case)
        claim = check_holds_live_claim(case, open_claim(case), by)
        check_complete(case, disposition=disposition, reason=reason, platform_action=platform_action)
        concerned = find_subjects(case, disposition=disposition, subjects=subjects, found=answers["accounts"])
        check_watch_until(case, disposition=disposition, until=monitor_until)
        conversation = case.conversation
        judged_first = find_first_judgement(case, answers["first_judgement"])
        check_read_to_the_end(case, conversation, seen_revision=seen_revision, seen_messages=seen_messages)
        decision = Decision(
            case=case,
            decided_by=by,
            decided_at=timezone.now(),
            disposition=disposition,
            reason=reason,
            platform_action=platform_action,
            monitor_until=monitor_until,
            conversation_revision=conversation.revision,
            score_hidden=judged_first is not None,
            first_judgement=judged_first.concern if judged_first else "",
            # Where the machine abstains by now, what it said when the case opened.
            band=next(iter(answers["newest"]), "") or case.band,
        )
        decision.note_sealed = seal_decision_note(decision, note)
        decision.save(force_insert=True)
        SubjectAccount.objects.bulk_create(
            SubjectAccount(decision=decision, account=account) for account in concerned
        )
        learn(case, "decisions", decision)
        if monitor_until is not None:
            Watch.objects.create(decision=decision, conversation=conversation, until=monitor_until)
        end_claim(claim, Claim.Ending.DECIDED)
        _close(case, decision, concerned)
        open_second_review(case, decision)
        return decision


def _close(case: Case, decision: Decision, concerned: Collection[Participant]) -> Case:
    payload = {
        "decision": decision.pk,
        "disposition": decision.disposition,
        "reason": decision.reason,
        "platform_action": decision.platform_action,
        "subject_accounts": [account.pk for account in concerned],
        "conversation_revision": decision.conversation_revision,
        "band": decision.band,
        "monitor_until": decision.monitor_until.isoformat() if decision.monitor_until else "",
        "score_hidden": decision.score_hidden,
        "first_judgement": decision.first_judgement,
    }
    by = decision.decided_by
    if decision.disposition == Decision.Disposition.ESCALATE:
        return transition(case, to=Case.State.ESCALATED, by=by, verb=Verb.CASE_DECIDED, payload=payload)
    return transition(
        case,
        to=Case.State.DECIDED,
        by=by,
        verb=Verb.CASE_DECIDED,
        payload=payload,
        closed_at=decision.decided_at,
    )


# --- After an escalation; called by referrals, in its transaction -----------------------------------


def return_case(*, case: Case, by: User, reason: str = "") -> Case:
    """The escalation was declined or withdrawn: the case waits for another judgement.

    `reason` is one word for the trail, as “declined”; the words of the person lie sealed with the escalation.
    """
    with transaction.atomic():
        locked = Case.objects.lock(case.pk)
        return transition(locked, to=Case.State.WAITING, by=by, verb=Verb.CASE_RETURNED, reason=reason)


def refer_case(*, case: Case, by: User) -> Case:
    """The packet is sealed: the case is closed."""
    with transaction.atomic():
        locked = Case.objects.lock(case.pk)
        return transition(
            locked, to=Case.State.REFERRED, by=by, verb=Verb.CASE_REFERRED, closed_at=timezone.now()
        )
