"""Golden cases: decided and agreed cases, given again for practice, that look like any other until they are answered.

Practice cannot harm. It is a case of its own that the database lets no decision be made on, so that no escalation, no
packet, nothing at a platform and no figure comes of it. It never takes the place of an imminent case or of one that is
due soon, never keeps its conversation from being opened, and is never given to who has had to do with it. What is read
counts for care like any other reading, and the trail says plainly what was golden.
"""

import secrets
from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.record import Machine, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import Policy
from review.care import check_may_take
from review.exposure import Exposure
from review.first_judgement import about_first_judgement, find_first_judgement
from review.intake import lock_numbers
from review.leases import end_claim, new_lease, terms
from review.locking import lock_case_and_ask
from review.models import Case, CaseNumber, Claim, Decision, GoldenAnswer, GoldenCase, Reveal, SecondReview
from review.notes import open_golden_why, seal_golden_why
from review.opting_out import not_offered
from review.permissions import check_may_decide, check_may_keep_golden
from review.policies import (
    check_complete,
    check_holds_live_claim,
    check_read_to_the_end,
    check_readable,
    check_watch_until,
    find_subjects,
    open_claim,
)
from review.references import reference_of
from review.rotation import SPARE
from scoring.models import Participant

PRACTICE = Machine("golden")
State = GoldenCase.State
CHOSEN_AMONG = 50


# --- Which cases are golden ------------------------------------------------------------------------


def mark_golden(*, case_id: int, by: User, why: str) -> GoldenCase:
    """Its decision is the agreed answer; `why` is what a person reads who answered otherwise."""
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_may_keep_golden(by, case.licensee)
        decision = find_agreed_decision(case)
        check_readable(case)
        if not why.strip():
            raise NotPossible(
                "Say why this is the right answer: it is what people learn from.", about=case.about()
            )
        golden = GoldenCase(
            case=case,
            licensee=case.licensee,
            disposition=decision.disposition,
            conversation_revision=decision.conversation_revision,
            marked_by=by,
            marked_at=timezone.now(),
        )
        golden.why_sealed = seal_golden_why(golden, why.strip()) or b""
        golden.save(force_insert=True)
        record(Verb.GOLDEN_MARKED, by=by, about=case.about(), payload={"golden": golden.pk})
        return golden


def find_agreed_decision(case: Case) -> Decision:
    """The one that stands, where a second person came to the same: in a second review, or by approving a referral."""
    if GoldenCase.objects.filter(case=case).exists():
        raise NotPossible(
            "This case is golden already. Look at the list of golden cases.", about=case.about()
        )
    decision = case.decisions.standing().order_by("-decided_at", "-id").first() if case.is_closed else None
    if decision is None or not (case.state == Case.State.REFERRED or _was_agreed(decision)):
        sentence = (
            "Only a case that two people judged alike can be golden: after a second review, or once referred."
        )
        raise NotPossible(sentence, about=case.about())
    return decision


def _was_agreed(decision: Decision) -> bool:
    reviews = SecondReview.objects.filter(decision=decision)
    agreed = Q(state=SecondReview.State.AGREED)
    adjudicated = Q(state=SecondReview.State.ADJUDICATED, final_disposition=decision.disposition)
    return reviews.filter(agreed | adjudicated).exists()


def retire_golden(*, golden_id: int, by: User) -> GoldenCase:
    """It is given to nobody any more; what was answered stays."""
    with transaction.atomic():
        golden = (
            GoldenCase.objects.select_for_update(of=("self",))
            .select_related("case", "licensee")
            .get(pk=golden_id)
        )
        check_may_keep_golden(by, golden.licensee)
        return transition(
            golden, to=State.RETIRED, by=by, verb=Verb.GOLDEN_RETIRED, payload={"golden": golden.pk}
        )


# --- Giving one ------------------------------------------------------------------------------------


def give_practice(by: User, instead_of: int, read: Exposure) -> Case | None:
    """Now and then a golden case before the most urgent waiting one; None where that one is given.

    Nothing is drawn where a person may be in danger, or a case is nearly late.
    """
    first = Case.objects.filter(pk=instead_of).first()
    if first is None or first.lane == Case.Lane.IMMINENT or first.due_at < timezone.now() + SPARE:
        return None
    policy = Policy.objects.in_force(first.licensee_id)
    if secrets.randbelow(100) >= policy.golden_percent:
        return None
    apart = not_offered(by, read)
    found = list(offered_to(by, first.licensee_id, apart).values_list("pk", flat=True)[:CHOSEN_AMONG])
    return _give(secrets.choice(found), first, policy, by) if found else None


def offered_to(by: User, licensee_id: int, apart: Q) -> QuerySet[GoldenCase]:
    """Standard cases whose conversation is as it was, and of which this person knows nothing: every reading and every
    act is in the trail, and what was read of the conversation in another case counts too."""
    conversation = OuterRef("case__conversation_id")
    known = Q(Exists(Claim.objects.filter(case__conversation_id=conversation, holder=by)))
    known |= Q(Exists(Reveal.objects.filter(case__conversation_id=conversation, revealed_by=by)))
    trail = AuditEvent.objects.filter(case_reference=OuterRef("case__reference"), actor=by.actor_name)
    wanted = Case.objects.filter(~apart, pk=OuterRef("case_id"), lane=Case.Lane.STANDARD)
    return (
        GoldenCase.objects.filter(
            Exists(wanted),
            licensee_id=licensee_id,
            state=State.ACTIVE,
            case__conversation__revision=F("conversation_revision"),
            case__conversation__erasures=None,
        )
        .exclude(Exists(Case.objects.filter(conversation_id=conversation, closed_at=None)))
        .exclude(known | Q(Exists(trail)))
        .order_by("pk")
    )


def _give(golden_id: int, first: Case, policy: Policy, by: User) -> Case | None:
    """Opened and due like the case in whose place it is given, under a number of its own. None where it was retired."""
    with transaction.atomic():
        number = lock_numbers({first.licensee_id})[first.licensee_id]
        golden = (
            GoldenCase.objects.select_for_update(of=("self",), no_key=True)
            .select_related("case__licensee")
            .filter(pk=golden_id, state=State.ACTIVE)
            .first()
        )
        if golden is None:
            return None
        case = _copy_of(golden, first, policy, by, number)
        check_may_take(by, case)
        payload = {"golden": golden.pk, "copy_of": golden.case.reference, "person": by.pk}
        record(Verb.GOLDEN_GIVEN, by=PRACTICE, about=case.about(), payload=payload)
        given = new_lease(case, by)
        return transition(case, to=Case.State.IN_REVIEW, by=by, verb=Verb.CASE_CLAIMED, payload=terms(given))


def _copy_of(golden: GoldenCase, first: Case, policy: Policy, by: User, number: CaseNumber) -> Case:
    number.last += 1
    number.save(update_fields=["last"])
    original = golden.case
    case: Case = Case.every.create(
        reference=reference_of(code=original.licensee.code, number=number.last),
        licensee=original.licensee,
        conversation_id=original.conversation_id,
        opened_by_score_id=original.opened_by_score_id,
        opened_by_report_id=original.opened_by_report_id,
        reports=original.reports,
        practice_of=golden,
        practice_for=by,
        band=original.band,
        lane=original.lane,
        lane_order=original.lane_order,
        hides_score=policy.hides_score,
        opened_at=first.opened_at,
        due_at=first.due_at,
    )
    return case


def earlier_cases(case: Case) -> QuerySet[Case]:
    """Of the same conversation. In practice those before the golden one, as its first reader saw it."""
    cases: QuerySet[Case] = Case.objects.filter(conversation_id=case.conversation_id).exclude(pk=case.pk)
    if case.practice_of is not None:
        return cases.filter(opened_at__lt=case.practice_of.case.opened_at)
    return cases


# --- Answering -------------------------------------------------------------------------------------


def answer_golden(
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
) -> GoldenAnswer:
    """Where a decision would be made. The same is asked of it, and nothing is decided; a note is not kept, nor are
    the accounts: nothing is done to them.

    The trail says that it was answered, not what: that is shown to who answered.
    """
    with transaction.atomic():
        accounts = Participant.objects.filter(conversation__cases=case_id, position__in=subjects)
        case, answers = lock_case_and_ask(
            case_id, by=by, accounts=accounts, **about_first_judgement(case_id, by)
        )
        check_may_decide(by, case)
        claim = check_holds_live_claim(case, open_claim(case), by)
        golden = case.practice_of
        if golden is None:
            raise NotPossible("This case is no practice. Decide it.", about=case.about())
        check_complete(case, disposition=disposition, reason=reason, platform_action=platform_action)
        find_subjects(case, disposition=disposition, subjects=subjects, found=answers["accounts"])
        check_watch_until(case, disposition=disposition, until=monitor_until)
        conversation = case.conversation
        find_first_judgement(case, answers["first_judgement"])
        check_read_to_the_end(case, conversation, seen_revision=seen_revision, seen_messages=seen_messages)
        comparable = conversation.revision == golden.conversation_revision
        answer = GoldenAnswer.objects.create(
            case=case,
            golden=golden,
            answered_by=by,
            disposition=disposition,
            reason=reason,
            platform_action=platform_action,
            agreed=disposition == golden.disposition if comparable else None,
        )
        end_claim(claim, Claim.Ending.DECIDED)
        payload = {"golden": golden.pk, "answer": answer.pk}
        transition(
            case,
            to=Case.State.DECIDED,
            by=by,
            verb=Verb.GOLDEN_ANSWERED,
            payload=payload,
            closed_at=answer.answered_at,
        )
        return answer


def read_why(answer: GoldenAnswer, *, by: User) -> str:
    """For who answered. It may quote: reading it is recorded like evidence. Empty where it was erased meanwhile."""
    golden = GoldenCase.objects.select_related("case__conversation__data_key").get(pk=answer.golden_id)
    if golden.case.conversation.is_erased:
        return ""
    with transaction.atomic():
        payload = {"golden_reasons": [golden.pk]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=answer.case.about(), payload=payload)
    return open_golden_why(golden)
