"""What stands on a licensee's way in, for walks of the site: an application, a legal basis, a contact, a note."""

from collections.abc import Iterable
from datetime import date

from accounts.models import User
from licensees import applications, contacts, legal_basis
from licensees.models import Application, Contact, Licensee, VettingNote

APPLICATION = {
    "company": "Harbour Chat",
    "country": "IE",
    "service": Application.Service.INTERPERSONAL,
    "serves_eu": True,
    "users": 40_000,
    "minors_percent": 35,
    "contact_name": "Robin",
    "contact_email": "robin@harbour.example",
    "safety_contact": "Robin, head of safety, by mail",
    "why": "Players write to each other, and some are young.",
    "legal_basis": "unknown",
    "legal_basis_note": "",
}
SINCE = date(2026, 1, 1)


def apply(*, confirms: bool = False, **other: object) -> Application:
    return applications.receive(confirms=confirms, **{**APPLICATION, **other})


def give_basis(licensee: Licensee, *, by: User, **other: object) -> int:
    said = {"jurisdiction": "EU", "basis": "consent", "document": "DPIA 7", "valid_from": SINCE, **other}
    return legal_basis.record_basis(licensee_id=licensee.pk, by=by, recorded_by=by, **said).pk


def name_contact(licensee: Licensee, *, by: User) -> Contact:
    return contacts.add_contact(
        licensee=licensee,
        kind=Contact.Kind.EMERGENCY,
        name="Night desk",
        telephone="+353 1 000 0000",
        hours="always",
        zone="Europe/Dublin",
        by=by,
    )


def note_some(licensee: Licensee, *, by: User, items: Iterable[str]) -> None:
    """Without asking for its state: it is for walks of pages."""
    for item in items:
        VettingNote.objects.create(
            licensee=licensee, item=item, outcome="done", note="Looked at.", noted_by=by
        )


def places(licensee: Licensee, *, by: User) -> dict[str, int]:
    """{place in an address: what stands there}"""
    note_some(licensee, by=by, items=["size", "moderators"])
    return {
        "application_id": apply().pk,
        "basis_id": give_basis(licensee, by=by),
        "contact_id": name_contact(licensee, by=by).pk,
    }
