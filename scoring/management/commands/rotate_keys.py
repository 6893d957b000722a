"""Change the key-encryption key while everything runs: a person's act, so it names the person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.command_line import admin_named
from accounts.models import User
from accounts.row_scope import system_scope
from scoring.key_providers import KeyUnavailable, RotationUnderWay
from scoring.key_rotation import in_use, make_key, retire_keys, waiting, wrap_anew
from scoring.progress_line import ProgressLine


class Command(BaseCommand):
    help = (
        "Wraps by the newest key-encryption key every data key that an older one wrapped; evidence itself is not "
        "touched, and what was cut short goes on when run again. --new makes a new key first (of the key file), "
        "--retire takes those out of the file afterwards that were replaced a day ago and wrap nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the admin whose act this is")
        parser.add_argument("--new", action="store_true", help="make a new key in the key file first")
        parser.add_argument("--retire", action="store_true", help="take out old keys that wrap nothing")

    @system_scope("the keys of every licensee")
    def handle(self, *_: Any, **options: Any) -> None:
        admin = admin_named(options["by"])
        try:
            if options["new"]:
                self.stdout.write(f"Made the key {make_key(by=admin)}. Back up the key file now.")
            self._wrap_anew(admin)
            if options["retire"]:
                self._retire(admin)
        except (RotationUnderWay, KeyUnavailable) as refusal:
            raise CommandError(str(refusal)) from None

    def _wrap_anew(self, admin: User) -> None:
        total, done = waiting(), 0
        with ProgressLine(self.stderr) as line:
            for count in wrap_anew(by=admin):
                done += count
                line.show(f"{done:,} data keys wrapped anew", done / max(done, total))
        self.stdout.write(f"{done:,} data keys are wrapped anew.")
        for key_id, count in in_use().items():
            self.stdout.write(f"  {key_id} wraps {count:,}")
        if left := waiting():
            raise CommandError(
                f"{left:,} were left as they are: somebody held them just now, or their key is not at hand. Run it "
                "again; if they stay, bring back the key that is named above."
            )

    def _retire(self, admin: User) -> None:
        retired = retire_keys(by=admin)
        for key_id in retired:
            self.stdout.write(
                f"Retired {key_id}. Keep its backup as long as you keep backups of the database."
            )
        if not retired:
            self.stdout.write("No key was retired: none was replaced over a day ago and wraps nothing.")
