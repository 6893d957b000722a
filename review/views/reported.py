"""The panel of what users reported, and the revealing of their words."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.roles import Role
from review.permissions import get_case_for
from review.reported import reports_of, reveal_reports
from review.views.case_page import case_page
from review.views.reading import standing_of, start_of
from review.views.reported_panel import reported
from review.views.request import PersonRequest


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_POST
def reveal(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    words = reveal_reports(case_id=case.pk, by=request.user)
    standing = standing_of(request, case)
    if request.htmx:
        panel = {"case": case, "reported": reported(standing, reports_of(case), words)}
        return render(request, "review/_reported.html", panel)
    context = case_page(standing, start=start_of(request), report_words=words)
    return render(request, "review/case_detail.html", context)
