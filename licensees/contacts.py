"""Whom to reach at a licensee: named and taken away, never changed in silence."""

from django.db import transaction
from django.utils import timezone

from audit.record import Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Contact, Licensee


def add_contact(
    *,
    licensee: Licensee,
    kind: str,
    name: str,
    email: str = "",
    telephone: str = "",
    hours: str,
    zone: str,
    by: Actor,
) -> Contact:
    with transaction.atomic():
        contact = Contact.objects.create(
            licensee=licensee,
            kind=kind,
            name=name,
            email=email,
            telephone=telephone,
            hours=hours,
            zone=zone,
        )
        # The trail names no address: what it says cannot be erased.
        payload = {"contact": contact.pk, "kind": str(kind)}
        record(Verb.CONTACT_ADDED, by=by, about=licensee.about(), payload=payload)
        return contact


def remove_contact(*, contact_id: int, by: Actor) -> Contact:
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        about = contact.licensee.about()
        if contact.removed_at is not None:
            raise NotPossible("This contact was taken away already.", about=about)
        contact.removed_at = timezone.now()
        contact.save(update_fields=["removed_at"])
        payload = {"contact": contact.pk, "kind": contact.kind}
        record(Verb.CONTACT_REMOVED, by=by, about=about, payload=payload)
        return contact
