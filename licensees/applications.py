"""Applications from the public form: received, confirmed by e-mail, taken up or declined by an admin."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.record import About, Machine, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import Application, Licensee
from licensees.onboarding import create_licensee

FORM = Machine("application form")
State = Application.State
# Without letters and digits that look alike: people read it out on the telephone.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CONFIRM_WITHIN = timedelta(days=3)
LOCK = "SELECT pg_advisory_xact_lock(hashtext('applications'))"
ENOUGH = "More applications wait than are read in a day. Nothing was stored: please try again tomorrow."


def new_reference() -> str:
    """Also for what is not kept: whoever fills the form cannot tell."""
    return "A-" + "".join(secrets.choice(LETTERS) for _ in range(8))


def receive(*, confirms: bool, **said: Any) -> Application:
    """`confirms`: a link goes to the address, and the application waits for it; else it waits for an admin at once."""
    with transaction.atomic():
        # One at a time: many that come together must not pass the limit together.
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        if waiting() >= settings.ARTEMIS_OPEN_APPLICATIONS:
            raise NotPossible(ENOUGH)
        made = Application.objects.create(reference=new_reference(), **said)
        payload = {"reference": made.reference}
        if confirms:
            record(Verb.APPLICATION_RECEIVED, by=FORM, about=made.about(), payload=payload)
            return made
        return transition(made, to=State.OPEN, by=FORM, verb=Verb.APPLICATION_RECEIVED, payload=payload)


def waiting() -> int:
    """Those that somebody reads, and those of the last days that may yet be confirmed."""
    return Application.objects.filter(state__in=[State.UNCONFIRMED, State.OPEN]).count()


def confirm(*, application_id: int) -> Application | None:
    """By whoever reads the mail of the address. A second time changes nothing; None where it is gone."""
    with transaction.atomic():
        made = Application.objects.select_for_update(of=("self",)).filter(pk=application_id).first()
        if made is None or made.state != State.UNCONFIRMED:
            return made
        return transition(
            made, to=State.OPEN, by=FORM, verb=Verb.APPLICATION_CONFIRMED, confirmed_at=timezone.now()
        )


def take_up(*, application_id: int, name: str, slug: str, code: str, by: User) -> Licensee:
    """It becomes a licensee that has applied, and is vetted on its own page."""
    with transaction.atomic():
        made = _lock(application_id)
        answered: dict[str, Any] = {"answered_by": by, "answered_at": timezone.now()}
        transition(made, to=State.TAKEN_UP, by=by, verb=Verb.APPLICATION_TAKEN_UP, **answered)
        try:
            with transaction.atomic():
                licensee = create_licensee(
                    name=name,
                    slug=slug,
                    code=code,
                    jurisdiction=made.country,
                    contact_email=made.contact_email,
                    is_interpersonal_in_eu=made.is_interpersonal_in_eu,
                    by=by,
                )
        except IntegrityError:
            sentence = "These letters or this name in addresses belong to another licensee. Choose others."
            raise NotPossible(sentence, about=made.about()) from None
        licensee.application = made
        licensee.save(update_fields=["application"])
        return licensee


def decline(*, application_id: int, by: User, reason: str) -> Application:
    with transaction.atomic():
        made = _lock(application_id)
        answered: dict[str, Any] = {"answered_by": by, "answered_at": timezone.now()}
        answered["declined_because"] = reason[:300]
        return transition(
            made, to=State.DECLINED, by=by, verb=Verb.APPLICATION_DECLINED, reason=reason, **answered
        )


def forget_unconfirmed() -> int:
    """What nobody confirmed in time is deleted: it may be somebody else's name."""
    before = timezone.now() - CONFIRM_WITHIN
    with transaction.atomic():
        old = Application.objects.select_for_update(skip_locked=True).filter(
            state=State.UNCONFIRMED, received_at__lt=before
        )
        ids = list(old.values_list("pk", flat=True))
        if ids:
            Application.objects.filter(pk__in=ids).delete()
            about = About(object_type="application", object_id="")
            record(Verb.APPLICATIONS_FORGOTTEN, by=FORM, about=about, payload={"applications": ids})
        return len(ids)


def _lock(application_id: int) -> Application:
    return Application.objects.select_for_update(of=("self",)).get(pk=application_id)
