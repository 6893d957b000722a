"""What users reported of a case's conversation: masked until asked for, and each reading is recorded."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from review.models import Case
from review.workflow import lock_and_ask
from scoring.evidence import open_report_comment
from scoring.models import UserReport

NOTHING_SAID = "No report on this case has words to reveal. What was reported stands on the page."


def reports_of(case: Case) -> QuerySet[UserReport]:
    """In practice none: what is judged there is the conversation."""
    if case.is_practice:
        return UserReport.objects.none()
    reports = UserReport.objects.filter(conversation=case.conversation_id)
    return reports.select_related("reporter", "erasure").order_by("received_at", "pk")


def reveal_reports(*, case_id: int, by: User) -> dict[int, str]:
    """{report: its words}. Recorded, and committed, before any of them is decrypted."""
    with transaction.atomic():
        case, answers = lock_and_ask(
            case_id,
            by,
            reports=UserReport.objects.filter(conversation__cases=case_id, comment_sealed__isnull=False),
        )
        spoken: Iterable[UserReport] = [] if case.is_practice else answers["reports"]
        named = [report.pk for report in spoken]
        if not named:
            raise NotPossible(NOTHING_SAID, about=case.about())
        record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload={"reports": named})
    return {report.pk: open_report_comment(case.conversation, report) for report in spoken}
