"""Give a person a one-time link to a new password, where no two admins can do it on the page."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from artemis_site.management.commands.first_admins import link_for


class Command(BaseCommand):
    help = (
        "Prints a link and a code, once, with which a person chooses a new password; their sessions end then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *_: Any, email: str, **__: Any) -> None:
        person = User.objects.filter(email=email.lower()).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {email}. Check the spelling on the page People.")
        person, link, code = link_for(person)
        self.stdout.write(f"{person.email}\n  link  {link}\n  code  {code}")
