"""The jobs in bulk for admins: progress, and the acts on it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import access, asked_by_the_page
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from scoring import bulk_acts
from scoring.models import BulkJob
from scoring.views.job_figures import JobFigures

SHOWN = 50


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    jobs = BulkJob.objects.select_related("licensee").order_by("-received_at")[:SHOWN]
    return render(request, "scoring/jobs.html", {"rows": [JobFigures(job) for job in jobs]})


@access(Role.ADMIN)
@require_GET
def detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "scoring/job.html", {"figures": _figures(job_id)})


@access(Role.ADMIN)
@asked_by_the_page
@require_GET
def progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the page that asks for itself while the job runs."""
    return render(request, "scoring/_job_progress.html", {"figures": _figures(job_id)})


@access(Role.ADMIN)
@require_POST
def pause(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _act(request, job_id, bulk_acts.pause, "The job is paused. What was taken in stays.")


@access(Role.ADMIN)
@require_POST
def resume(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _act(request, job_id, bulk_acts.resume, "The job goes on where it was.")


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Asked first: it cannot be undone."""
    if request.method == "GET":
        return render(request, "scoring/job_cancel.html", {"figures": _figures(job_id)})
    return _act(request, job_id, bulk_acts.cancel, "The job is cancelled. What was taken in stays.")


def _figures(job_id: UUID) -> JobFigures:
    return JobFigures(get_object_or_404(BulkJob.objects.select_related("licensee"), pk=job_id))


def _act(request: HttpRequest, job_id: UUID, verb: Callable[..., BulkJob], done: str) -> HttpResponse:
    get_object_or_404(BulkJob, pk=job_id)
    verb(job_id=job_id, by=signed_in(request))
    messages.success(request, done)
    return redirect("scoring:job", job_id)
