"""Four weeks at the demo's licensees: platforms send, the machine scores and opens cases, people judge them.

Nothing is written here but by the verbs themselves, each at its moment (`artemis_site/demo_clock.py`), so the trail
holds every act, and every rule of the queue was kept: who was tired had a pause, nobody judged their own case twice.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from artemis_site import demo_platforms, demo_rare
from artemis_site import demo_work as work
from artemis_site.demo_arrivals import Stretch, stretches
from artemis_site.demo_clock import Clock
from licensees.models import ApiKey, Licensee
from referrals.models import Escalation
from referrals.workflow import decline, return_escalation
from review.care import RestFirst
from review.intake import open_cases
from review.models import Case, SecondReview
from review.queue import claim_next
from review.second_review import adjudicate
from scoring.ingest import accept
from scoring.outbox import score_pending

# Who works at a licensee in the night, by day and in the evening; at weekends one person fewer.
SHIFTS = {
    "northwind": (("Jonas",), ("Mara", "Priya", "Ines"), ("Sofia", "Jonas", "Mara")),
    "lakeside": (("Yara",), ("Kai",), ("Yara", "Kai")),
}
HOURS_OF_A_SHIFT = 8
SATURDAY = 5
MOST_AT_A_TIME = {"northwind": 6, "lakeside": 4}
# So much of the end is left for whoever opens the demo: only what is imminent is taken then, and not the newest.
LEFT_OVER = timedelta(hours=44)
LEFT_ALONE = timedelta(hours=3)
LEFT_TO_JUDGE_AGAIN = timedelta(days=3)
LEFT_TO_ADJUDICATE = timedelta(days=7)
BREAK = timedelta(minutes=12)
# Nobody acts later than this here; what comes after it is told by demo_today.py. The trail is sealed in order of time,
# and whatever is committed after much younger entries is found to be put in afterwards.
ENDS = timedelta(minutes=100)
LONGEST_SITTING = timedelta(hours=1)
NOTHING_ARRIVES = timedelta(minutes=45)
OPENS, CLOSES = 8, 19  # when supervisors are there
JUDGES_AGAIN, SECONDS_AGREE = 0.7, 0.86
LAST_PART = 0.35  # of all days: when people calibrate
# What becomes of some cases, and how long ago, as a share of the whole time. None is sealed in the past: the trail
# would show that its entries were put in after much younger ones.
ESCALATED = ((0.62, "declined"), (0.31, "declined"), (0.06, "returned"))
DECLINED = "The messages show a plan for a school project. Judge it again with what the platform said of the accounts."
RETURNED = "Name the second account of the subject too, and say why the third message is evidence."


@dataclass
class History:
    """What is told, by whom, and the moment at which it ends."""

    people: Mapping[str, User]
    licensees: Mapping[str, Licensee]
    keys: Mapping[str, ApiKey]
    clock: Clock
    now: datetime
    days: int
    busy_until: dict[str, datetime] = field(default_factory=dict)
    leaves_a_disagreement: bool = False
    has_calibrated: bool = False
    # What supervisors do when one is there: what it frees is taken up by nobody before.
    postponed: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    # What comes after its end.
    to_arrive: list[Stretch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.told_at = self.latest = self.now - self.days * timedelta(days=2)
        self.chance = Random("artemis-demo:history")  # noqa: S311 - reproducible, not secret
        self.answers = Random("artemis-demo:answers")  # noqa: S311 - reproducible, not secret
        self.escalations = [(self.now - self.days * timedelta(days=share), end) for share, end in ESCALATED]

    def run(self) -> None:
        for stretch in stretches(self.licensees, now=self.now - NOTHING_ARRIVES, days=self.days):
            if stretch.at > self.now - ENDS:
                self.to_arrive.append(stretch)
                continue
            self._catch_up(stretch.at)
            self.arrive(stretch)
            self._tell(stretch.at)
            for slug in self.licensees:
                self._work(stretch, slug)
            if not self.has_calibrated and stretch.at > self.now - self.days * timedelta(days=LAST_PART):
                self._learn()
        self._catch_up(self.now - ENDS)
        self._tell(self.now - ENDS)

    def arrive(self, stretch: Stretch, *, at: datetime | None = None) -> None:
        self.clock.set(at or stretch.at)
        for slug, conversations in stretch.sent.items():
            accept(licensee=self.licensees[slug], items=conversations, by=self.keys[slug])
        score_pending(limit=sum(map(len, stretch.sent.values())))
        open_cases()

    def _tell(self, moment: datetime) -> None:
        """Between the work of everybody, so that nobody does something before what stands in the trail already."""
        self.told_at = self.latest = max(moment, self.latest)
        self.clock.set(self.told_at)
        for key in self.keys.values():
            demo_platforms.tell_and_hear(key, chance=self.answers)

    # --- People ------------------------------------------------------------------------------

    def _work(self, stretch: Stretch, slug: str) -> None:
        """Those on shift take what there is, one after another, until it is empty or they have had enough."""
        left = self.now - stretch.at
        if left < LEFT_ALONE:
            return
        lane = Case.Lane.IMMINENT if left < LEFT_OVER else None
        for name in on_shift(slug, stretch.at):
            self._begin(name, stretch)
            if self.clock.moment > self.now - ENDS - LONGEST_SITTING:
                continue  # what supervisors answer to it would stand before it
            with suppress(RestFirst):
                self._sit(self.people[name], slug, lane)
            self.busy_until[name] = self.clock.moment + BREAK
            self.latest = max(self.latest, self.clock.moment)

    def _begin(self, name: str, stretch: Stretch) -> None:
        is_night = stretch.at.hour < HOURS_OF_A_SHIFT
        begins = stretch.at + timedelta(minutes=self.chance.uniform(*((20, 140) if is_night else (3, 35))))
        self.clock.set(max(begins, self.busy_until.get(name, begins), self.told_at))

    def _sit(self, person: User, slug: str, lane: Case.Lane | None) -> None:
        for _ in range(self.chance.randint(2, MOST_AT_A_TIME[slug])):
            case = claim_next(by=person, lane=lane)
            if case is None:
                break
            self.clock.advance(minutes=self.chance.uniform(0.5, 2))
            self._take_up(case, person)
            self.clock.advance(minutes=self.chance.uniform(0.5, 3))
        if self.now - self.clock.moment > LEFT_TO_JUDGE_AGAIN and self.chance.random() < JUDGES_AGAIN:
            self._judge_again(person)

    def _take_up(self, case: Case, person: User) -> None:
        due = next((one for one in self.escalations if one[0] <= self.clock.moment), None)
        if due is None or case.licensee.slug != "northwind" or not work.fits_a_referral(case):
            work.judge(case, by=person, chance=self.chance, clock=self.clock)
            return
        self.escalations.remove(due)
        escalation = work.escalate(case, by=person, clock=self.clock, chance=self.chance)
        self._postpone(partial(self._answer, escalation, due[1]), minutes=self.chance.uniform(15, 50))

    def _answer(self, escalation: Escalation, end: str) -> None:
        otto = self.people["Otto"]
        if end == "declined":
            decline(escalation_id=escalation.pk, by=otto, reason=DECLINED)
        else:
            return_escalation(escalation_id=escalation.pk, by=otto, reason=RETURNED)

    def _judge_again(self, person: User) -> None:
        """Of the last days one disagreement stays for a supervisor."""
        is_late = self.now - self.clock.moment < LEFT_TO_ADJUDICATE
        disagrees = self.chance.random() >= SECONDS_AGREE if not is_late else not self.leaves_a_disagreement
        review = work.judge_again(by=person, chance=self.chance, clock=self.clock, disagrees=disagrees)
        if review is None or review.state != SecondReview.State.DISAGREED:
            return
        if is_late:
            self.leaves_a_disagreement = True
            return
        right = review.decision.disposition
        act = partial(adjudicate, review_id=review.pk, by=self.people["Otto"], disposition=right)
        self._postpone(act, minutes=self.chance.uniform(60, 240))

    def _learn(self) -> None:
        """Once, where enough is decided to learn from."""
        northwind, otto = self.licensees["northwind"], self.people["Otto"]
        with self._later(minutes=30):
            self.has_calibrated = demo_rare.calibrate(northwind, self.people, clock=self.clock)
            if self.has_calibrated:
                demo_rare.mark_some_golden(northwind, by=otto, clock=self.clock)

    def _postpone(self, act: Callable[[], object], *, minutes: float) -> None:
        self.postponed.append((self._when_one_is_there(minutes=minutes), act))

    def _catch_up(self, until: datetime) -> None:
        due = [one for one in self.postponed if one[0] <= until]
        self.postponed = [one for one in self.postponed if one[0] > until]
        for moment, act in sorted(due, key=lambda one: one[0]):
            # What platforms were told since stands in the trail of the same cases.
            self.clock.set(max(moment, self.told_at))
            act()

    @contextmanager
    def _later(self, *, minutes: float) -> Iterator[None]:
        """What a supervisor does beside the work; then the clock goes on where it was."""
        before = self.clock.moment
        self.clock.set(self._when_one_is_there(minutes=minutes))
        yield
        self.clock.set(before)

    def _when_one_is_there(self, *, minutes: float) -> datetime:
        return min(by_day(self.clock.moment + timedelta(minutes=minutes)), self.now - ENDS)


def on_shift(slug: str, at: datetime) -> tuple[str, ...]:
    shift = SHIFTS[slug][at.hour // HOURS_OF_A_SHIFT]
    return shift[:1] if at.weekday() >= SATURDAY else shift[:2]


def by_day(moment: datetime) -> datetime:
    """The same moment, or the next morning if nobody is there."""
    if OPENS <= moment.hour < CLOSES:
        return moment
    morning = moment.replace(hour=OPENS, minute=20)
    return morning if moment.hour < OPENS else morning + timedelta(days=1)
