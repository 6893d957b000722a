"""Fill an empty installation with the demo's people, licensees and conversations; a filled one is left alone."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from accounts.models import User
from artemis_site import demo_data, demo_work
from licensees.models import Licensee
from review.intake import open_cases
from scoring.outbox import score_pending
from scoring.pipeline import Model
from scoring.training import train_demonstration

Shown = tuple[dict[str, tuple[User, str]], dict[str, str]]


class Command(BaseCommand):
    help = "Loads the demo into an empty installation and prints one random password for each demo person."

    def handle(self, *_: Any, **__: Any) -> None:
        call_command("create_keys", stdout=self.stderr)
        if User.objects.exists() or Licensee.objects.exists():
            self.stdout.write(
                "The demo is already loaded. Its passwords were shown when it was made; "
                "“scripts/manage new_password EMAIL” makes a new one."
            )
            return
        self._say("Training the demonstration model on the sample corpus")
        model, card = train_demonstration()
        # All or nothing: if this is killed halfway, the next start loads it and shows the passwords.
        with transaction.atomic():
            _allow_pauses()
            people, secrets = self._load(model, card)
        self._print_people(people, secrets)
        # As people would, act by act: an approval waits for the trail's checkpoint of what was committed before it.
        self._say("Doing some of the work, so that each page has something to show")
        demo_work.do_some(people)

    def _load(self, model: Model, card: dict[str, Any]) -> Shown:
        people = demo_data.create_people()
        licensees = demo_data.create_licensees(people)
        admin = people["Adam"][0]
        demo_data.register_and_promote(model, card, admin=admin)
        keys = {slug: demo_data.create_key(licensee, admin=admin) for slug, licensee in licensees.items()}
        for slug, licensee in licensees.items():
            self._say(f"Sending conversations of {licensee}")
            demo_data.send_conversations(licensee, by=keys[slug][0])
        self._say("Scoring them and opening cases")
        while score_pending():
            pass
        open_cases()
        return people, {slug: secret for slug, (_, secret) in keys.items()}

    def _say(self, sentence: str) -> None:
        self.stderr.write(f"  {sentence} …")

    def _print_people(self, people: dict[str, tuple[User, str]], secrets: dict[str, str]) -> None:
        self.stdout.write("\nPeople of the demo (these passwords are shown this once):\n")
        for one in demo_data.PEOPLE:
            person, password = people[one.name]
            roles = " and ".join(role.label.lower() for role in one.roles)
            serves = f" for {' and '.join(slug.title() for slug in one.serves)}" if one.serves else ""
            self.stdout.write(f"  {person.email:<20} {password:<22} {roles}{serves}")
        self.stdout.write("\nAPI keys of the demo's platforms (shown this once):\n")
        for slug, secret in secrets.items():
            self.stdout.write(f"  {slug:<20} {secret}")
        self.stdout.write("")


def _allow_pauses() -> None:
    """The first reading compiles the technique, for longer than a transaction may rest on a slow machine."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
