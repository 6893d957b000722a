"""Blind second review: of some decided cases another person judges anew, and a supervisor where the two differ.

Who judges second sees the conversation as the first person had it, and nothing else: no score, no rating, no
annotation, no decision, not even the case's reference. While the review is open, the case itself is closed to whoever
might give it (`review/permissions.py`).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from accounts.roles import Role
from audit.record import About, Machine, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.assignments import licensees_served_by, people_serving
from licensees.models import Policy
from licensees.together import Question
from review.care import check_may_take, check_rested
from review.exposure import exposure
from review.intake import lock_numbers
from review.leases import CLAIMS, lease_end
from review.models import Case, Claim, Decision, Reveal, SecondReview, Watch
from review.notes import open_second_review_note, seal_second_review_note
from review.permissions import (
    check_may_adjudicate,
    check_may_read_second_note,
    check_may_review_second,
    check_may_take_from,
)
from review.policies import check_complete, check_readable, check_revealable
from review.revealing import about_texts, keep_and_record, messages_judged_by, texts_of
from scoring.models import Message

State = SecondReview.State
CANDIDATES = 16
LOST = "Your second review is no longer open: its time passed, or the decision was taken back. Take another."


# --- Which decisions -----------------------------------------------------------------------------


def is_sampled(decision: Decision, *, percent: int) -> bool:
    """Drawn from a keyed digest: the same answer each time, and nobody without the key can know or steer it."""
    drawn = salted_hmac("review.second_review", f"{decision.case_id}:{decision.pk}", algorithm="sha256")
    share = int.from_bytes(drawn.digest()[:8]) / 2**64
    return share < percent / 100


def open_second_review(case: Case, decision: Decision) -> SecondReview | None:
    """In the transaction of the decision. None where it is not sampled, was escalated, or nobody else could judge."""
    if decision.disposition == Decision.Disposition.ESCALATE:
        return None
    policy = Policy.objects.in_force(case.licensee_id)
    if not is_sampled(decision, percent=policy.second_review_percent):
        return None
    others = people_serving(case.licensee, Role.MODERATOR).exclude(pk=decision.decided_by_id)
    if not others.exists():
        return None
    review = SecondReview.objects.create(
        case=case,
        licensee=case.licensee,
        decision=decision,
        first_decided_by=decision.decided_by,
        due_at=decision.decided_at + timedelta(hours=policy.second_review_due_hours),
    )
    payload = {"second_review": review.pk, "decision": decision.pk}
    record(Verb.SECOND_REVIEW_OPENED, by=Machine("second_review"), about=case.about(), payload=payload)
    return review


def withdraw_second_review(decision: Decision, *, by: User) -> None:
    """The decision is taken back; the case is locked. What was judged already stays."""
    review = SecondReview.objects.filter(decision=decision, state__in=SecondReview.OPEN).first()
    if review is not None:
        locked = SecondReview.objects.lock(review.pk)
        _move(locked, to=State.WITHDRAWN, by=by, verb=Verb.SECOND_REVIEW_WITHDRAWN, expires_at=None)


# --- Taking one ----------------------------------------------------------------------------------


def offered_to(person: User) -> QuerySet[SecondReview]:
    """Those this person may take: not of their own decision, and of no case that they have had to do with."""
    claimed = Claim.objects.filter(case=OuterRef("case_id"), holder=person)
    read = Reveal.objects.filter(case=OuterRef("case_id"), revealed_by=person)
    lapsed = Q(state=State.IN_REVIEW, expires_at__lte=timezone.now())
    served = licensees_served_by(person, Role.MODERATOR).values("pk")
    return (
        SecondReview.objects.filter(Q(state=State.WAITING) | lapsed, licensee__in=served)
        .exclude(Q(first_decided_by=person) | Q(reviewer=person) | Q(passed_by__contains=[person.pk]))
        .exclude(Exists(claimed) | Exists(read))
        .order_by("opened_at", "id")
    )


def held_second_review(person: User) -> SecondReview | None:
    held = SecondReview.objects.filter(reviewer=person, state=State.IN_REVIEW, expires_at__gt=timezone.now())
    return held.first()


def claim_second_review(*, by: User, licensee_id: int | None = None) -> SecondReview | None:
    """The oldest that this person may take, or the one that they hold; None if there is none."""
    if licensee_id is not None:
        check_may_take_from(by, licensee_id)
    _end_lapsed_of(by)
    held = held_second_review(by)
    if held is not None:
        return held
    check_rested(by, exposure(by))
    offered = offered_to(by).filter(licensee_id=licensee_id) if licensee_id else offered_to(by)
    for review_id in offered.values_list("pk", flat=True)[:CANDIDATES]:
        try:
            taken = _take(review_id, by)
        except IntegrityError:
            # The same person pressed twice: the other request won, and its review is the answer to both.
            return held_second_review(by)
        if taken is not None:
            return taken
    return None


def _take(review_id: int, by: User) -> SecondReview | None:
    """The case is locked first, as everywhere. None where somebody else was faster."""
    with transaction.atomic():
        review = SecondReview.objects.lock(review_id)
        _end_if_lapsed(review)
        if review.state != State.WAITING:
            return None
        check_may_review_second(by, review)
        check_may_take(by, review.case)
        now = timezone.now()
        return _move(
            review,
            to=State.IN_REVIEW,
            by=by,
            verb=Verb.SECOND_REVIEW_CLAIMED,
            reviewer=by,
            claimed_at=now,
            expires_at=lease_end(),
        )


def release_second_review(*, review_id: int, by: User) -> None:
    """Without a reason; it is not offered to this person again."""
    with transaction.atomic():
        review = _lock_held(review_id, by)
        _put_back(review, by=by, verb=Verb.SECOND_REVIEW_RELEASED)


def give_back_of(person: User, *, review_id: int, by: User) -> bool:
    """Of somebody who was deactivated; False where they hold it no longer."""
    with transaction.atomic():
        review = SecondReview.objects.lock(review_id)
        if review.state != State.IN_REVIEW or review.reviewer_id != person.pk:
            return False
        _put_back(review, by=by, verb=Verb.SECOND_REVIEW_RELEASED)
        return True


# --- Reading and judging -------------------------------------------------------------------------


def messages_of(review_id: int) -> QuerySet[Message]:
    """What there was when the first person decided."""
    return messages_judged_by(Decision.objects.filter(second_review=review_id))


def reveal_blind(*, review_id: int, numbers: Collection[int], by: User) -> dict[int, str]:
    """{turn number: text}. Recorded and committed before any is decrypted; the lease begins anew with each reading."""
    asked = messages_of(review_id).filter(number__in=numbers)
    case = Case.every.filter(second_reviews=review_id).values("pk")[:1]
    with transaction.atomic():
        review, answers = _lock_held_and_ask(review_id, by, **about_texts(asked, case=case, by=by))
        messages = answers["messages"]
        with _without_reference(review):
            check_readable(review.case)
            check_revealable(review.case, numbers, messages)
        review.expires_at = lease_end()
        review.save(update_fields=["expires_at"])
        keep_and_record(review.case, answers, by=by, second_review=review.pk)
    return texts_of(review.case, messages)


def give_second_review(
    *,
    review_id: int,
    by: User,
    disposition: str,
    reason: str = "",
    platform_action: str = "",
    note: str = "",
) -> SecondReview:
    """Judge without knowing what was judged before. Where the two differ, a supervisor adjudicates."""
    with transaction.atomic():
        review = _lock_held(review_id, by)
        with _without_reference(review):
            check_complete(
                review.case, disposition=disposition, reason=reason, platform_action=platform_action
            )
        agreed = disposition == review.decision.disposition
        judged_at = timezone.now()
        return _move(
            review,
            to=State.AGREED if agreed else State.DISAGREED,
            by=by,
            verb=Verb.SECOND_REVIEW_GIVEN,
            disposition=disposition,
            reason=reason,
            platform_action=platform_action,
            note_sealed=seal_second_review_note(review, judged_at, note),
            decided_at=judged_at,
            expires_at=None,
        )


def read_second_note(*, review_id: int, by: User) -> str:
    """The private words of who judged second, for who may adjudicate: they may quote, so it is reading evidence."""
    with transaction.atomic():
        review = SecondReview.objects.lock(review_id)
        check_may_read_second_note(by, review)
        if review.note_sealed is None or review.case.conversation.is_erased:
            return ""
        payload = {"second_review_notes": [review.pk]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=review.about(), payload=payload)
    return open_second_review_note(review)


def adjudicate(*, review_id: int, by: User, disposition: str) -> SecondReview:
    """A third person, who sees both judgements, says which outcome was right. Where it is not the one that was acted
    on, the case goes back to the queue: nothing is done on a supervisor's word alone."""
    with transaction.atomic():
        # Numbers before cases, as intake locks: a watch may have to end.
        lock_numbers(set(SecondReview.objects.filter(pk=review_id).values_list("licensee_id", flat=True)))
        review = SecondReview.objects.lock(review_id)
        check_may_adjudicate(by, review)
        if review.state != State.DISAGREED:
            sentence = "This second review needs no adjudication. Go back to the list to see which ones do."
            raise NotPossible(sentence, about=review.about())
        if disposition not in Decision.Disposition.values:
            raise NotPossible("Choose an outcome of the list.", about=review.about())
        adjudicated = _move(
            review,
            to=State.ADJUDICATED,
            by=by,
            verb=Verb.SECOND_REVIEW_ADJUDICATED,
            adjudicated_by=by,
            adjudicated_at=timezone.now(),
            final_disposition=disposition,
        )
        if disposition != review.decision.disposition:
            _send_back(review, by)
        return adjudicated


def _send_back(review: SecondReview, by: User) -> None:
    """The case is locked. Where the conversation has come back as another case by now, it is judged there."""
    case = review.case
    payload = {"second_review": review.pk, "decision": review.decision_id}
    due_at = timezone.now() + (case.due_at - case.opened_at)
    with suppress(IntegrityError), transaction.atomic():
        Watch.objects.filter(decision=review.decision).delete()
        transition(
            case,
            to=Case.State.WAITING,
            by=by,
            verb=Verb.CASE_SENT_BACK,
            payload=payload,
            closed_at=None,
            due_at=due_at,
        )


def _lock_held(review_id: int, by: User) -> SecondReview:
    return _lock_held_and_ask(review_id, by)[0]


def _lock_held_and_ask(
    review_id: int, by: User, **questions: Question
) -> tuple[SecondReview, dict[str, list[Any]]]:
    """It may have lapsed, or the decision been taken back, since the page was drawn."""
    review, answers = SecondReview.objects.lock_and_ask(review_id, **questions)
    check_may_review_second(by, review)
    live = review.expires_at is not None and review.expires_at > timezone.now()
    if review.state != State.IN_REVIEW or review.reviewer_id != by.pk or not live:
        raise NotPossible(LOST, about=blind_about(review))
    return review, answers


def blind_about(review: SecondReview) -> About:
    """Without the reference of the case: a refusal must not lead the reader to it."""
    return About(object_type="second_review", object_id=str(review.pk), licensee_id=review.licensee_id)


@contextmanager
def _without_reference(review: SecondReview) -> Iterator[None]:
    try:
        yield
    except NotPossible as refusal:
        raise NotPossible(refusal.sentence, about=blind_about(review)) from None


def _end_lapsed_of(by: User) -> None:
    lapsed = SecondReview.objects.filter(
        reviewer=by, state=State.IN_REVIEW, expires_at__lte=timezone.now()
    ).first()
    if lapsed is not None:
        with transaction.atomic():
            _end_if_lapsed(SecondReview.objects.lock(lapsed.pk))


def _end_if_lapsed(review: SecondReview) -> None:
    lapsed = review.expires_at is not None and review.expires_at <= timezone.now()
    if review.state == State.IN_REVIEW and lapsed:
        _put_back(review, by=CLAIMS, verb=Verb.SECOND_REVIEW_EXPIRED)


def _put_back(review: SecondReview, *, by: User | Machine, verb: Verb) -> None:
    passed = [*review.passed_by, review.reviewer_id]
    _move(
        review,
        to=State.WAITING,
        by=by,
        verb=verb,
        reviewer=None,
        claimed_at=None,
        expires_at=None,
        passed_by=passed,
    )


def _move(review: SecondReview, *, to: str, by: User | Machine, verb: Verb, **changes: Any) -> SecondReview:
    """The trail says that it was given, not what was said: that is shown to who adjudicates."""
    return transition(review, to=to, by=by, verb=verb, payload={"second_review": review.pk}, **changes)
