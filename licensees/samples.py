"""Take a licensee through the doors for a demonstration or a measurement: the same verbs, one after the other."""

from django.utils import timezone

from audit.record import Actor
from licensees import agreement, onboarding, vetting
from licensees.models import Licensee, VettingNote


def bring_to_test(licensee: Licensee, *, by: Actor, why: str) -> Licensee:
    for item in vetting.items():
        vetting.note_item(
            licensee_id=licensee.pk, item=item, outcome=VettingNote.Outcome.DONE, note=why, by=by
        )
    vetting.vet(licensee_id=licensee.pk, by=by, reason=why)
    agreement.record_signature(
        licensee_id=licensee.pk,
        version=agreement.current().version,
        signed_by_name="Sam Sample",
        signed_by_function="Managing director",
        signed_on=timezone.localdate(),
        by=by,
    )
    return onboarding.begin_test(licensee_id=licensee.pk, by=by, reason=why)


def bring_live(licensee: Licensee, *, by: Actor, why: str) -> Licensee:
    """As if two admins had agreed to it."""
    bring_to_test(licensee, by=by, why=why)
    return onboarding.go_live(licensee_id=licensee.pk, by=by, reason=why)
