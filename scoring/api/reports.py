"""Platforms hand on here what their users report."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLATFORM, access
from licensees.models import ApiKey
from scoring.api.idempotency import Answer, answer_once
from scoring.api.platform_view import PlatformView, key_of, licensee_of
from scoring.api.problems import problem
from scoring.api.schema_reports import POST_REPORTS
from scoring.incoming import Status
from scoring.incoming_report import read_report
from scoring.reports import Receipt, ReportRefused, receive_report

NOT_TAKEN = "The report was not taken; nothing was stored. Each fault is named below."
CONTRADICTS = (
    "The messages contradict what is known of the conversation; nothing was stored. "
    "Send the report with the id of the conversation alone."
)


class Reports(PlatformView):
    scopes: ClassVar[dict[str, str]] = {"POST": ApiKey.Scope.CONVERSATIONS_WRITE}

    @POST_REPORTS
    def post(self, request: Request) -> Response:
        return answer_once(request, licensee_of(request), lambda: take(request.data, by=key_of(request)))


reports = access(PLATFORM)(Reports.as_view())


def take(body: Any, *, by: ApiKey) -> Answer:
    report, faults = read_report(body, now=timezone.now())
    if report is None:
        return Answer(422, problem(422, NOT_TAKEN, faults))
    try:
        return _received(receive_report(licensee=by.licensee, report=report, by=by))
    except ReportRefused as refused:
        detail = CONTRADICTS if refused.status is Status.CONFLICT else NOT_TAKEN
        return Answer(int(refused.status), problem(int(refused.status), detail, refused.faults))


def _received(receipt: Receipt) -> Answer:
    external_id = receipt.conversation.external_id
    conversation = {
        "id": external_id,
        "url": reverse("scoring_api:conversation", args=[external_id]),
        "messages_accepted": receipt.outcome.messages_accepted,
        "messages_duplicate": receipt.outcome.messages_duplicate,
    }
    return Answer(202, {"conversation": conversation, "duplicate": receipt.is_duplicate})
