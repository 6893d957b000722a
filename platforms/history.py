"""What a platform was asked about a case and did, gathered in one question, for the people who work on the case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from licensees.together import ask
from platforms.models import Confirmation, Event, EventDelivery
from review.models import Case, SubjectAccount
from review.policies import standing_decision


@dataclass(frozen=True)
class Asked:
    """One request, with all that came of it."""

    request: Event
    deliveries: Sequence[EventDelivery] = ()
    confirmations: Sequence[Confirmation] = ()
    withdrawal: Event | None = None
    undone: Sequence[Confirmation] = ()

    @property
    def subject(self) -> SubjectAccount:
        if self.request.subject is None:
            raise TypeError("a request names whom it concerns")
        return self.request.subject

    @property
    def newest(self) -> Confirmation | None:
        return self.confirmations[-1] if self.confirmations else None


@dataclass(frozen=True)
class Done:
    asked: list[Asked] = field(default_factory=list)
    # Decided, and not asked yet: the seconds in which it can be taken back are not over.
    coming: list[SubjectAccount] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Something may still change by itself."""
        waits = any(one.newest is None and one.withdrawal is None for one in self.asked)
        return waits or bool(self.coming)

    @property
    def mark(self) -> str:
        """Another one as soon as anything is added."""
        told = sum(one.state == EventDelivery.State.DELIVERED for row in self.asked for one in row.deliveries)
        said = sum(len(row.confirmations) + len(row.undone) for row in self.asked)
        taken_back = sum(row.withdrawal is not None for row in self.asked)
        return f"{len(self.asked)}-{len(self.coming)}-{told}-{said}-{taken_back}"


def done_about(case: Case) -> Done:
    answers = ask(
        events=Event.objects.filter(case=case).select_related("subject__account", "subject__decision"),
        deliveries=EventDelivery.objects.filter(event__case=case).order_by("pk"),
        confirmations=Confirmation.objects.filter(event__case=case).order_by("at", "pk"),
        subjects=SubjectAccount.objects.filter(decision__case=case)
        .select_related("account", "decision")
        .order_by("account__position"),
    )
    withdrawals = {one.withdraws_id: one for one in answers["events"] if one.withdraws_id}
    said, sent = _by_event(answers["confirmations"]), _by_event(answers["deliveries"])
    asked = [
        _asked(one, sent, said, withdrawals.get(one.pk))
        for one in answers["events"]
        if one.withdraws_id is None
    ]
    return Done(asked, _coming(case, answers["subjects"], asked))


def _asked(
    request: Event,
    sent: Mapping[int, list[EventDelivery]],
    said: Mapping[int, list[Confirmation]],
    withdrawal: Event | None,
) -> Asked:
    undone = said.get(withdrawal.pk, []) if withdrawal else []
    return Asked(request, sent.get(request.pk, []), said.get(request.pk, []), withdrawal, undone)


def _by_event(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(row)
    return found


def _coming(case: Case, subjects: Sequence[SubjectAccount], asked: Sequence[Asked]) -> list[SubjectAccount]:
    """Of the decision that stands; what is asked already, by it or by one before, is asked once."""
    decision = standing_decision(case) if subjects and case.state == Case.State.DECIDED else None
    stands = {
        (one.subject.account_id, one.subject.decision.platform_action)
        for one in asked
        if one.withdrawal is None
    }
    return [
        one
        for one in subjects
        if decision is not None
        and one.decision_id == decision.pk
        and (one.account_id, one.decision.platform_action) not in stands
    ]
