"""The auditor's pages: the trail, filtered or one case at a time, and each entry with its proof."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import NotAllowed, access
from accounts.roles import Role
from accounts.row_scope import system_scope
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from audit.export import exported
from audit.forms import TrailForm
from audit.models import AuditEvent
from audit.outbox import standings
from audit.proofs import newest_checkpoint
from audit.queries import Mark, Page, licensees_audited_by, page_of
from audit.record import About, record
from audit.sealed_trail import waiting
from audit.showing import shown_proof
from audit.transitions import NotPossible
from audit.verbs import Verb
from audit.verify import check_entry, leaf_hash, missing_numbers, numbers_of
from audit.words import Line, lines_of

# Reading the trail leaves no entry: an entry for each page would bury what the page is read for. An export takes the
# trail out of the house, so it is recorded.


@access(Role.AUDITOR)
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    licensees = list(licensees_audited_by(signed_in(request)))
    form = TrailForm(request.GET, licensees=licensees)
    page = page_of(form.question()) if form.is_valid() else Page()
    newest = newest_checkpoint()
    return render(
        request,
        "audit/trail.html",
        {
            "form": form,
            "lines": lines_of(page.events, licensees=licensees),
            "licensees": licensees,
            "is_filtered": _is_filtered(form),
            "newest": newest,
            "waiting": waiting(),
            "third_parties": standings(newest),
            "followed": _followed(form, page),
            "newer_url": _page_url(request, "newer_than", page.newer_than),
            "older_url": _page_url(request, "older_than", page.older_than),
        },
        status=200 if form.is_valid() else 422,
    )


@access(Role.AUDITOR)
@require_GET
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    licensees = list(licensees_audited_by(signed_in(request)))
    entry = _event_for(event_id, {licensee.pk for licensee in licensees})
    recomputed = leaf_hash(entry.entry)
    return render(
        request,
        "audit/event.html",
        {
            "line": _line_of(entry, licensees),
            "entry": _indented(entry.entry),
            "leaf_hash": bytes(entry.leaf_hash or b"").hex(),
            "recomputed": recomputed.hex(),
            "faults": [fault.sentence for fault in check_entry(entry)],
            "proof": shown_proof(entry),
        },
    )


@access(Role.AUDITOR)
@asks_again(Purpose.EXPORT)
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole tree for `verify_export.py`: entries that this auditor may read, and of the others the hashes."""
    person = signed_in(request)
    licensee_ids = sorted(licensee.pk for licensee in licensees_audited_by(person))
    about = About(object_type="trail", object_id="")
    newest = newest_checkpoint()
    if newest is None:
        raise NotPossible(
            "Nothing is sealed yet, so there is nothing to export. Ask the operator.", about=about
        )
    with transaction.atomic():
        payload = {"licensees": licensee_ids, "size": newest.size}
        record(Verb.TRAIL_EXPORTED, by=person, about=about, payload=payload)
    lines = exported(licensee_ids=licensee_ids, under=newest)
    answer = StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="trail-{newest.size}.txt"'
    return answer


@access(Role.AUDITOR)
@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint as it was signed, to be kept by whoever wants to hold us to it."""
    newest = newest_checkpoint()
    if newest is None:
        raise NotPossible("Nothing is sealed yet, so there is no checkpoint to keep. Ask the operator.")
    answer = HttpResponse(newest.note, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="checkpoint-{newest.size}.txt"'
    return answer


def _event_for(event_id: UUID, licensee_ids: set[int]) -> AuditEvent:
    with system_scope("an attempt at another licensee's entry is recorded as one"):
        entry = get_object_or_404(AuditEvent, pk=event_id)
    if entry.licensee_id is not None and entry.licensee_id not in licensee_ids:
        raise NotAllowed(
            "This entry is about a licensee that you do not audit. Ask an admin if your work needs it.",
            about=About(object_type="audit_event", object_id=str(event_id)),
        )
    return entry


def _line_of(entry: AuditEvent, licensees: list[Any]) -> Line:
    return lines_of([entry], licensees=licensees)[0]


def _followed(form: TrailForm, page: Page) -> dict[str, Any] | None:
    """The numbers of the case asked for, once an entry of it is among what this auditor may read."""
    reference = next((event.case_reference for event in page.events), "")
    if not form.is_valid() or not form.cleaned_data["case"] or not reference:
        return None
    numbers = numbers_of(reference)
    if numbers is None:
        return None
    missing = [] if numbers.is_contiguous else missing_numbers(numbers)
    return {"numbers": numbers, "missing": missing}


def _is_filtered(form: TrailForm) -> bool:
    return any(form.data.get(field.name) for field in form.visible_fields())


def _page_url(request: HttpRequest, direction: str, mark: Mark | None) -> str:
    if mark is None:
        return ""
    kept = {
        name: value
        for name, value in request.GET.items()
        if value and name not in ("newer_than", "older_than")
    }
    return "?" + urlencode({**kept, direction: str(mark)})


def _indented(entry: str) -> str:
    """For the eye only; what is hashed is the one line as stored."""
    try:
        return json.dumps(json.loads(entry), indent=2, ensure_ascii=False)
    except ValueError:
        return entry
