"""Care for the person who reads: what they have read today, when it is enough, and when a pause is due.

What one person has read is shown to that person only. A supervisor gets the figures of a team of five or more
(`team_exposure`), never one person's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.record import About, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.together import Statement, lock_and_ask
from review.exposure import SEVERE, Exposure, about_exposure, exposure, exposure_of, midnight, rest
from review.models import Case, Pause, Reveal
from review.policies import count, takes_no_further

SMALLEST_TEAM = 5
LOCK_PERSON = "SELECT 1 FROM accounts_user WHERE id = %(person)s FOR NO KEY UPDATE"


class RestFirst(NotPossible):
    """It is enough for now. Not a fault of anybody: pages answer it with the person's own day."""


@dataclass(frozen=True)
class TeamExposure:
    """What a team has read today. `people` are those who read something; there are five of them at least."""

    people: int
    revealed_today: int
    severe_today: int
    over_half_of_cap: int


# --- What a team reads ---------------------------------------------------------------------------


def team_exposure(licensees: Iterable[Licensee]) -> TeamExposure | None:
    """Of today's readers of these licensees' cases; None where they are fewer than five: one could be guessed."""
    # By way of the moderators: so the index by person is used, and not the whole history.
    moderators = User.objects.filter(groups__name=Role.MODERATOR).values("pk")
    cases = Q(case__licensee__in=[licensee.pk for licensee in licensees])
    read = (
        Reveal.objects.filter(cases, revealed_by__in=moderators, revealed_at__gte=midnight())
        .values("revealed_by")
        .annotate(revealed=Count("id"), severe=Count("case", distinct=True, filter=Q(case__band=SEVERE)))
    )
    doses = [(row["revealed"], row["severe"]) for row in read]
    if len(doses) < SMALLEST_TEAM:
        return None
    return TeamExposure(
        people=len(doses),
        revealed_today=sum(revealed for revealed, _ in doses),
        severe_today=sum(severe for _, severe in doses),
        over_half_of_cap=sum(_over_half(revealed, severe) for revealed, severe in doses),
    )


def _over_half(revealed: int, severe: int) -> bool:
    messages, cases = settings.ARTEMIS_DAILY_MESSAGES, settings.ARTEMIS_DAILY_SEVERE_CASES
    return 0 < messages < 2 * revealed or 0 < cases < 2 * severe


# --- When it is enough ---------------------------------------------------------------------------


def check_rested(by: User, read: Exposure) -> None:
    """Before a case is looked for. The pause that is due begins here, in a transaction of its own: it stays, while
    what was asked for is refused."""
    if read.paused_until is None and read.pause_due:
        read = begin_pause(by)
    _check_not_paused(by, read)
    _check_not_enough(by, read)


def begin_pause(by: User) -> Exposure:
    """Once, however often it is asked for at the same instant. Answers how the person stands then."""
    with transaction.atomic():
        lock_person(by)
        read = exposure(by)
        if not read.pause_due:
            return read
        now = timezone.now()
        pause = Pause.objects.create(person=by, began_at=now, ends_at=now + rest())
        record(
            Verb.PAUSE_BEGUN,
            by=by,
            about=_about(by),
            payload={"pause": pause.pk, "until": pause.ends_at.isoformat()},
        )
        return exposure(by)


def check_may_take(by: User, case: Case) -> None:
    """Under the lock of the case, then of the person: two claims at once cannot both be the last one."""
    read = exposure_of(lock_and_ask(about_lock(by), **about_exposure(by)))
    _check_not_paused(by, read)
    _check_not_enough(by, read)
    if case.band == SEVERE and read.enough_severe:
        raise RestFirst(severe_sentence(read), about=_about(by))


def check_may_be_given(to: User, case: Case) -> None:
    """For a hand-over. What the other person has read is theirs: the sentence does not say."""
    try:
        check_may_take(to, case)
    except RestFirst:
        raise NotPossible(takes_no_further(to), about=case.about()) from None


def lock_person(person: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PERSON, {"person": person.pk})


def about_lock(person: User) -> Statement:
    """The lock of a person, who is asked about after it. Not against foreign keys: only another of these waits. Always
    after the case, but for `queue.claim_next`, which waits for no case while it holds this."""
    return Statement(LOCK_PERSON, {"person": person.pk}, 1)


def sentence_of(read: Exposure) -> str:
    """Why the queue gives this person nothing now, or nothing severe; empty where nothing is held back."""
    if read.paused_until is not None:
        return pause_sentence(read.paused_until)
    if read.enough:
        return enough_sentence(read)
    return severe_sentence(read) if read.enough_severe else ""


def pause_sentence(until: datetime) -> str:
    began = count(settings.ARTEMIS_REVIEW_MINUTES, "minute")
    end = timezone.localtime(until)
    return f"You have been reviewing for {began}. Your pause lasts until {end:%H:%M}; the queue goes on without you."


def enough_sentence(read: Exposure) -> str:
    messages = count(read.revealed, "message")
    return f"You have read {messages} today. That is enough for one day; the queue goes on without you until tomorrow."


def severe_sentence(read: Exposure) -> str:
    cases = count(read.severe, "imminent case")
    return (
        f"You have read {cases} today. That is enough of them for one day; milder ones are still open to you."
    )


def _check_not_paused(by: User, read: Exposure) -> None:
    if read.paused_until is not None:
        raise RestFirst(pause_sentence(read.paused_until), about=_about(by))


def _check_not_enough(by: User, read: Exposure) -> None:
    if read.enough:
        raise RestFirst(enough_sentence(read), about=_about(by))


def _about(person: User) -> About:
    return About(object_type="person", object_id=str(person.pk))
