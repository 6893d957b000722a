"""A person reads what a platform wrote: recorded first, as with any evidence."""

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from platforms.models import Confirmation
from platforms.notes import open_platform_note
from review.workflow import lock_for_reading


def read_platform_note(*, case_id: int, confirmation_id: int, by: User) -> tuple[Confirmation, str]:
    """For who may read the case's texts now."""
    with transaction.atomic():
        case = lock_for_reading(case_id, by)
        found = Confirmation.objects.filter(pk=confirmation_id, event__case=case)
        confirmation = found.select_related("event__subject__account", "event__subject__decision").first()
        if confirmation is None:
            sentence = "There is no such note on this case. Open the case to see what there is."
            raise NotPossible(sentence, about=case.about())
        payload = {"platform_notes": [confirmation.pk]}
        record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload=payload)
    return confirmation, open_platform_note(case, confirmation)
