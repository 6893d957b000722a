"""Give a person a new random password, shown once."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from audit.record import About, Machine, record
from audit.verbs import Verb


class Command(BaseCommand):
    help = "Sets a new random password for a person and prints it once; their sessions end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *_: Any, email: str, **__: Any) -> None:
        person = User.objects.filter(email=email.lower()).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {email}. Check the spelling on the page People.")
        password = secrets.token_urlsafe(15)
        with transaction.atomic():
            person.set_password(password)
            person.save(update_fields=["password"])
            about = About(object_type="person", object_id=str(person.pk))
            record(Verb.PASSWORD_SET, by=Machine("command"), about=about)
        self.stdout.write(f"{person.email}  {password}")
