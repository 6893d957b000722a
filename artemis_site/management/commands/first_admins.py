"""The first two admins: whoever comes after them takes both."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import entry_links
from accounts.models import User
from accounts.roles import Role
from audit.record import About, Machine, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.onboarding import create_person
from licensees.proposal_policies import FEWEST_ADMINS, active_admins

COMMAND = Machine("command")


class Command(BaseCommand):
    help = (
        "Lets admins in until there are two, each by a one-time link and a code; refused where two are there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("people", nargs="+", metavar="EMAIL=NAME", help="as ada@example.org=Ada")

    def handle(self, *_: Any, people: list[str], **__: Any) -> None:
        missing = FEWEST_ADMINS - len(active_admins())
        if missing <= 0:
            raise CommandError(
                "Two admins are there: they let in whoever comes, under “People” and “Two admins”."
            )
        if len(people) != missing:
            raise CommandError(
                f"Name {missing}: there are {FEWEST_ADMINS - missing} admins, and two are needed."
            )
        try:
            with transaction.atomic():
                shown = [_let_in(*_parts(one)) for one in people]
        except NotPossible as refusal:
            raise CommandError(refusal.sentence) from None
        for person, link, code in shown:
            self.stdout.write(f"{person.email}\n  link  {link}\n  code  {code}")
        self.stdout.write("Shown once. Give each their own, the code by another way than the link.")


def _parts(one: str) -> tuple[str, str]:
    email, _, name = one.partition("=")
    try:
        validate_email(email)
    except Exception:
        raise CommandError(f"“{one}” is not EMAIL=NAME.") from None
    return email, name or email.partition("@")[0]


def _let_in(email: str, name: str) -> tuple[User, str, str]:
    return link_for(create_person(email=email, name=name, roles=[Role.ADMIN], by=COMMAND))


def link_for(person: User) -> tuple[User, str, str]:
    """Both halves, where an operator does what two admins do else; the trail says that it was the command."""
    code = entry_links.new_code()
    with transaction.atomic():
        digest = entry_links.digest_of_code(code)
        secret = entry_links.make(person=person, code_digest=digest, now=timezone.now())
        about = About(object_type="person", object_id=str(person.pk))
        record(Verb.ENTRY_LINK_MADE, by=COMMAND, about=about)
    return person, settings.ARTEMIS_ADDRESS + reverse("enter_by_link", args=[secret]), code
