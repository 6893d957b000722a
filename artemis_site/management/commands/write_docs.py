"""manage.py write_docs: write the documents that are generated, or with --check say which are stale."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from artemis_site.documents import stale_documents, write_documents


class Command(BaseCommand):
    help = "Write docs/states.md, docs/roles.md, docs/verbs.md and docs/asvs.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if any is stale")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        if check:
            self._refuse_stale()
            return
        for name in write_documents():
            self.stdout.write(f"Wrote {name}.")

    def _refuse_stale(self) -> None:
        stale = stale_documents()
        if stale:
            raise CommandError(
                f"Stale: {', '.join(stale)}. Run “manage.py write_docs” and commit what it writes."
            )
