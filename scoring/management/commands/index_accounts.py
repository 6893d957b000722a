"""Index accounts anew, under another key: a person's act, so it names the person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.command_line import admin_named
from accounts.row_scope import system_scope
from licensees.models import Licensee
from scoring.blind_index import index_anew, replace_key, retire_keys


class Command(BaseCommand):
    help = (
        "Indexes every account that is indexed under an older key; --new makes another key for each licensee first. "
        "What was cut short goes on when run again. Keys that were replaced a day ago and index nothing are "
        "destroyed; what was erased stays under the older one, since nobody knows its account any more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the admin whose act this is")
        parser.add_argument("--new", action="store_true", help="make another key for each licensee first")

    @system_scope("the accounts of every licensee")
    def handle(self, *_: Any, **options: Any) -> None:
        admin = admin_named(options["by"])
        for licensee in Licensee.objects.order_by("pk"):
            if options["new"]:
                replace_key(licensee=licensee, by=admin)
            indexed = sum(index_anew(licensee=licensee))
            retired = retire_keys(licensee=licensee, by=admin)
            self.stdout.write(f"{licensee.name}: {indexed:,} accounts indexed, {retired} old keys destroyed.")
