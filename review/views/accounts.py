"""The accounts of a conversation as the facts column shows them: pseudonyms, and names for a stated purpose."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.roles import Role
from accounts.step_up import Purpose, asks_again
from review.models import Unveiling
from review.permissions import get_case_for
from review.unveiling import unveil
from review.views.bubbles import age_of_account, role_of
from review.views.case_file import CaseFile
from review.views.request import PersonRequest
from review.views.standing import Standing
from scoring.models import Participant

# In words, where no badge can stand.
ROLES = {
    "subject": "subject account ({age_band})",
    "minor": "possible minor ({age_band})",
    "other": "other account ({age_band})",
}


@access(Role.MODERATOR, Role.SUPERVISOR)
@asks_again(Purpose.UNVEILING)
@require_POST
def unveil_accounts(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    unveil(case_id=case.pk, by=request.user, purpose=request.POST.get("purpose", ""))
    return redirect("review:case", case.reference)


def accounts_of(
    standing: Standing, file: CaseFile, known: Mapping[int, list[tuple[str, str]]]
) -> dict[str, Any]:
    """`rows`, `met_before`, and `purposes` for who may unveil them and has not. `known`: what is unveiled."""
    rows = [
        {
            "place": account.position,
            "name": str(account),
            "described": ROLES[role_of(account, file.weighing.heaviest_sender_id)].format(
                age_band=account.get_declared_age_band_display()
            ),
            "role": role_of(account, file.weighing.heaviest_sender_id),
            "age_band": account.get_declared_age_band_display(),
            "age": age_of_account(account, standing.case),
            "known": known.get(account.pk, []),
        }
        for account in file.accounts
    ]
    may_unveil = standing.reveal[0] and bool(file.accounts) and not file.unveiled
    purposes = Unveiling.Purpose.choices if may_unveil else []
    return {"rows": rows, "purposes": purposes, "met_before": file.met_before}


def unveiled(standing: Standing, file: CaseFile) -> list[Participant]:
    """The accounts that this person has stated a purpose for, and may still read."""
    return file.accounts if standing.reveal[0] and file.unveiled else []
