"""manage.py verify_audit: check every entry of the trail against itself and say what differs."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.models import AuditEvent
from audit.verify import Fault, check_cases, check_entries, stored_events


class Command(BaseCommand):
    help = "Check that entries, hashes and the numbers of each case agree. Ends with 1 if anything differs."

    def handle(self, *_: Any, **__: Any) -> None:
        self.entries = 0
        faults = 0
        for fault in self._faults():
            faults += 1
            self.stdout.write(str(fault))
        checked = f"{self.entries:,} {'entry' if self.entries == 1 else 'entries'} checked"
        if faults:
            raise CommandError(
                f"{checked}: {faults:,} {'thing differs' if faults == 1 else 'things differ'}."
            )
        self.stdout.write(f"{checked}: nothing differs.")

    def _faults(self) -> Iterator[Fault]:
        yield from check_entries(self._counted(stored_events()))
        yield from check_cases()

    def _counted(self, events: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
        for event in events:
            self.entries += 1
            yield event
