"""manage.py export_audit: the trail as a file for verify_export.py, which needs nothing of Artemis."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.row_scope import system_scope
from audit.export import exported


class Command(BaseCommand):
    help = "Writes every sealed entry to standard output, in the order of the tree. It holds ids and digests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--licensee", type=int, action="append", metavar="ID", help="others by hash only")

    @system_scope("the whole trail, for whoever has the command line")
    def handle(self, *_: Any, licensee: list[int] | None, **__: Any) -> None:
        for lines in exported(licensee_ids=licensee):
            sys.stdout.write(lines)
