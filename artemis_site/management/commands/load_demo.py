"""Fill an empty installation with the demo's people, licensees and four weeks of work; a filled one is left alone."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.row_scope import system_scope
from artemis_site import demo_data, demo_joining, demo_platforms
from artemis_site.demo_clock import moved_clock
from artemis_site.demo_history import History
from artemis_site.demo_today import begin_today
from licensees.assignments import one_request
from licensees.models import Licensee
from scoring.pipeline import Model
from scoring.training import train_demonstration

DAYS = 28


class Command(BaseCommand):
    help = "Loads the demo into an empty installation and prints one random password for each demo person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=DAYS, help=f"how much of the past it tells of ({DAYS})"
        )
        parser.add_argument("--model", type=Path, help="the demonstration model; trained here if left out")
        parser.add_argument(
            "--standin", default="", metavar="URL", help="where the CyberTipline's stand-in listens"
        )

    @system_scope("a world is made")
    def handle(self, *_: Any, days: int, model: Path | None, standin: str, **__: Any) -> None:
        call_command("create_keys", stdout=self.stderr)
        if User.objects.exists() or Licensee.objects.exists():
            self.stdout.write(
                "The demo is already loaded. Its passwords were shown when it was made; "
                "“scripts/manage new_password EMAIL” makes a link to a new one."
            )
            return
        trained, now = self._trained(model), timezone.now()
        # All or nothing: if this is killed halfway, the next start loads it and shows the passwords.
        with transaction.atomic():
            _allow_haste()
            people, secrets, history = self._load(trained, now, days, standin)
        self._print_people(people, secrets)
        self._say("Telling of the last two hours: a packet is approved and brought away, another waits")
        begin_today(history, password=people["Otto"][1])

    def _trained(self, file: Path | None) -> Model:
        if file is not None and file.exists():
            return Model.from_bytes(file.read_bytes())
        self._say("Training the demonstration model on the sample corpus")
        model, _ = train_demonstration()
        return model

    def _load(
        self, model: Model, now: datetime, days: int, standin: str
    ) -> tuple[demo_data.People, dict[str, str], History]:
        with moved_clock(now - timedelta(days=days, hours=9)) as clock:
            people = demo_data.create_people()
            licensees = demo_data.create_licensees(people)
            admin = people["Adam"][0]
            demo_data.list_recipients(admin, standin=standin)
            demo_data.register_and_promote(model, admin=admin)
            keys = {slug: demo_data.create_key(licensee, admin=admin) for slug, licensee in licensees.items()}
            webhook = demo_platforms.add_webhook(licensees["northwind"], admin=admin)
            self._say(f"Telling of {days} days: conversations arrive, and people judge what was flagged")
            with one_request():
                history = History(
                    people={name: person for name, (person, _) in people.items()},
                    licensees=licensees,
                    keys={slug: key for slug, (key, _) in keys.items()},
                    clock=clock,
                    now=now,
                    days=days,
                )
                history.run()
            demo_platforms.rest(webhook, admin=admin)
            demo_joining.bring_some_in(admin)
        return people, {slug: secret for slug, (_, secret) in keys.items()}, history

    def _say(self, sentence: str) -> None:
        self.stderr.write(f"  {sentence} …")

    def _print_people(self, people: demo_data.People, secrets: dict[str, str]) -> None:
        self.stdout.write("\nPeople of the demo (these passwords are shown this once):\n")
        for one in demo_data.PEOPLE:
            person, password = people[one.name]
            if one.signs_in:
                roles = " and ".join(role.label.lower() for role in one.roles)
                serves = f" for {' and '.join(slug.title() for slug in one.serves)}" if one.serves else ""
                self.stdout.write(f"  {person.email:<20} {password:<22} {roles}{serves}")
        self.stdout.write("\nAPI keys of the demo's platforms (shown this once):\n")
        for slug, secret in secrets.items():
            self.stdout.write(f"  {slug:<20} {secret}")
        self.stdout.write("")


def _allow_haste() -> None:
    """The first reading compiles the technique, for longer than a transaction may rest on a slow machine."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
