"""One person's turns for benchmarks/audit.py: a case is claimed and given back, recorded or, in this process, not."""

import sys
from collections.abc import Callable

from accounts.models import User
from audit.record import record
from licensees.assignments import one_request, read_person
from review import queue


def turn_of(person_id: int, case_id: int, *, is_recorded: bool) -> Callable[[], None]:
    person = User.objects.get(pk=person_id)
    if not is_recorded:
        _record_nothing()

    def turn() -> None:
        """Each act in a request's way: what the person may is read once."""
        for act in (queue.claim, queue.release):
            with one_request():
                act(case_id=case_id, by=read_person(person.pk) or person)

    return turn


def _record_nothing() -> None:
    """Wherever the only writer of the trail is known by name."""
    for module in list(sys.modules.values()):
        if getattr(module, "record", None) is record:
            vars(module)["record"] = lambda *_, **__: None
