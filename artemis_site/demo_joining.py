"""The demo's companies on their way in: one has just written, one is being vetted, one is in test."""

from datetime import date

from accounts.models import User
from audit.record import Machine
from licensees import applications, vetting
from licensees.contacts import add_contact
from licensees.legal_basis import record_basis
from licensees.models import Application, Contact, LegalBasis, Licensee, VettingNote
from licensees.samples import bring_to_test

DEMO = Machine("demo")
WHY = "For the demonstration."
FOUND = {
    "company_register": "Read in the register on the first day of the month.",
    "called_back": "Called on the number of the company's own site.",
    "service_seen": "Looked at with a guest's account.",
}


def bring_some_in(admin: User) -> Licensee:
    """Answers the one that is in test."""
    _apply("Puddle Games", "NL", "puddle.example", minors_percent=45)
    vetted = _take_up(_apply("Kite Chat", "IE", "kite.example", minors_percent=20), "kite-chat", "KC", admin)
    for item, note in FOUND.items():
        vetting.note_item(
            licensee_id=vetted.pk,
            item=item,
            outcome=VettingNote.Outcome.DONE,
            note=note,
            by=admin,
            noted_by=admin,
        )
    tried = _take_up(_apply("Fernweh", "DE", "fernweh.example", minors_percent=10), "fernweh", "FW", admin)
    record_basis(
        licensee_id=tried.pk,
        jurisdiction="DE",
        basis=LegalBasis.Basis.CONSENT,
        document="Assessment 3 of its officer",
        valid_from=date(2026, 1, 1),
        by=admin,
        recorded_by=admin,
    )
    add_contact(
        licensee=tried,
        kind=Contact.Kind.EMERGENCY,
        name="Night desk",
        telephone="+49 30 000000",
        hours="always",
        zone="Europe/Berlin",
        by=admin,
    )
    return bring_to_test(tried, by=admin, why=WHY)


def _apply(company: str, country: str, domain: str, *, minors_percent: int) -> Application:
    return applications.receive(
        confirms=False,
        company=company,
        country=country,
        service=Application.Service.INTERPERSONAL,
        serves_eu=True,
        users=40_000,
        minors_percent=minors_percent,
        contact_name="Robin",
        contact_email=f"robin@{domain}",
        safety_contact="Robin, head of safety",
        why="People write to each other here, and some are young. Two of us look at what is reported.",
        legal_basis=LegalBasis.Basis.CONSENT,
        legal_basis_note="Asked when an account is made.",
    )


def _take_up(made: Application, slug: str, code: str, admin: User) -> Licensee:
    return applications.take_up(application_id=made.pk, name=made.company, slug=slug, code=code, by=admin)
