"""A person shows again that it is they: counted with every other try of their password, and recorded.

There is one count (`accounts/attempts.py`): guesses at the door, before an approval and on one's own page are the same
guesses.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import attempts
from accounts.models import User
from audit.record import About, record
from audit.transitions import NotPossible
from audit.verbs import Verb

WRONG = "This is not your password. Nothing was done."
WAIT = "Too many tries. Nothing was done; wait until {at:%H:%M} UTC."


class NotConfirmed(NotPossible):
    """The person did not show that it is they; the failure is recorded already."""


def confirm(*, by: User, password: str, address: str, purpose: str, about: About | None = None) -> datetime:
    """The moment at which they proved it. A failure is committed before it is answered.

    Raises NotConfirmed, also while a wait lasts: then nothing is looked at.
    """
    about = about or About(object_type="person", object_id=str(by.pk))
    counted = attempts.limits(person=by.email, address=address)
    until = attempts.count(counted, now=timezone.now())
    if until is not None:
        raise NotConfirmed(WAIT.format(at=until), about=about)
    is_proven = by.check_password(password)
    verb = Verb.PERSON_CONFIRMED if is_proven else Verb.CONFIRMATION_FAILED
    with transaction.atomic():
        event = record(verb, by=by, about=about, payload={"for": purpose})
    if not is_proven:
        raise NotConfirmed(WRONG, about=about)
    attempts.forget(counted)
    return event.at
