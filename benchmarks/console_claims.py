"""Claims at the same moment by many people: review.queue.claim_next against a plain SELECT … FOR UPDATE LIMIT 1.

The comparison is of the picking alone. Both ways ask the same of the same people: whom they moderate for, what they
hold, what they have read today and leave out, whether they must rest, which cases they released. Both lock the person
before the case, give the same lease, move the state by the same transition() and write the same entry of the trail. The
plain way takes the rows as one would write it first: the same conditions in the same order, through the ORM, each row
locked as it comes, so that everybody waits for the same first row.

Each claimer is a process with a connection of its own, as requests come in several workers; a few threads of one
process would wait for each other more than for the database.
"""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import one_request, read_person, served_by
from review import queue
from review.exposure import SEVERE
from review.leases import new_lease
from review.models import Case, Claim

Claimer = Callable[[User], Case | None]
PROCESSES = multiprocessing.get_context("fork")


def ours(by: User) -> Case | None:
    return queue.claim_next(by=by)


def naive(by: User) -> Case | None:
    """What one would write first: the same conditions and order, the rows locked as they come, then the same act."""
    licensee_ids = sorted(served_by(by, Role.MODERATOR))
    # With one licensee the index alone gives the order, and nothing is sorted.
    whose = Q(licensee_id=licensee_ids[0]) if len(licensee_ids) == 1 else Q(licensee_id__in=licensee_ids)
    with transaction.atomic():
        now = queue._before_claiming(by)
        assert now.is_ready(resumed=False)  # noqa: S101
        released = Claim.objects.filter(case=OuterRef("pk"), holder=by, ending=Claim.Ending.RELEASED)
        waiting = Case.objects.filter(whose, ~Exists(released), state=Case.State.WAITING)
        if now.left_out.lanes:
            waiting = waiting.exclude(lane__in=now.left_out.lanes)
        if now.read.enough_severe:
            waiting = waiting.exclude(band=SEVERE)
        case = waiting.select_for_update(of=("self",)).order_by(*queue.URGENCY).first()
        return None if case is None else queue._claimed(case, new_lease(case, by))


def seconds_of_claims(claim: Claimer, people: list[User], *, total: int, limit: float) -> list[float]:
    """The time of each claim, sorted. Everybody claims, gives back and claims again at once, until each has done their
    share of `total` or `limit` seconds are over; each claims once at least."""
    connection.close()
    start, answers = PROCESSES.Barrier(len(people)), PROCESSES.Queue()
    share = max(1, total // len(people))
    workers = [
        PROCESSES.Process(target=_work, args=(claim, person, share, limit, start, answers))
        for person in people
    ]
    for worker in workers:
        worker.start()
    times = [one for _ in workers for one in answers.get(timeout=limit + 300)]
    for worker in workers:
        worker.join()
    return sorted(times)


def _work(claim: Claimer, person: User, share: int, limit: float, start: Barrier, answers: Any) -> None:
    times: list[float] = []
    try:
        _claim_and_release(claim, person)  # the connection and the statements are warm
        start.wait(timeout=120)
        until = time.perf_counter() + limit
        while len(times) < share:
            times.append(_claim_and_release(claim, person))
            if time.perf_counter() > until:
                break
    finally:
        connection.close()
        answers.put(times)


def _claim_and_release(claim: Claimer, person: User) -> float:
    """Seconds of the claim, in a request's way: what the person may is read once."""
    with one_request():
        person = read_person(person.pk) or person
        began = time.perf_counter()
        case = _patiently(claim, person)
        taken = time.perf_counter() - began
        if case is not None:
            queue.release(case_id=case.pk, by=person)
    return taken


def _patiently(claim: Claimer, person: User) -> Case | None:
    """A deadlock that the database broke is tried again; its time counts."""
    while True:
        try:
            return claim(person)
        except OperationalError:
            continue


def percentile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]
