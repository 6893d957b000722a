"""Take a lost authenticator app away from a person, where no other admin can do it on the page."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from audit.record import Machine
from audit.transitions import NotPossible
from licensees.people_doors import take_app_away


class Command(BaseCommand):
    help = "Takes a person's app, recovery codes and security keys away; the next sign-in sets up new ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how you know that it is they who ask; recorded")

    def handle(self, *_: Any, email: str, reason: str, **__: Any) -> None:
        person = User.objects.filter(email=email.lower()).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {email}. Check the spelling on the page People.")
        try:
            take_app_away(person=person, reason=reason, by=Machine("command"))
        except NotPossible as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(f"{person.email} sets up a new app at the next sign-in.")
