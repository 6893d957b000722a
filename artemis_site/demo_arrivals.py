"""Which neutral conversation reaches the demo when: more on Fridays than on Sundays, none from the future. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from random import Random
from typing import Any

from scoring.incoming import IncomingConversation, IncomingMessage, IncomingParticipant
from scoring.sample_corpus import generate

SEED = 2026
DAY = timedelta(days=1)
# Conversations with signals that arrive on a Monday, a Tuesday …; of those without there are so many times more.
A_DAY = {"northwind": (8, 8, 9, 8, 9, 4, 3), "lakeside": (2, 2, 3, 3, 3, 1, 1)}
PLAIN_TO_EACH = 2
# The last days are busier, so that something waits.
BUSY_DAYS = 2
# Hours of a stretch whose conversations arrive together; at last shorter ones, so that what waits is of several ages.
STRETCH, LAST_STRETCH = 8, 3
FOUND_AFTER = timedelta(minutes=2)
BETWEEN = timedelta(seconds=20)
AGE_BANDS = {"10-12": "under_13", "13-15": "13_15", "16-17": "16_17"}
NAMES = ("River", "Comet", "Maple", "Otter", "Pixel", "Willow", "Falcon", "Juniper", "Marble", "Harbour")
COUNTRIES = {"northwind": "GB", "lakeside": "US"}


@dataclass(frozen=True)
class Arrival:
    at: datetime
    slug: str
    conversation: IncomingConversation


@dataclass(frozen=True)
class Stretch:
    """What the platforms sent in some hours, handed over at the end of them: {licensee: conversations}."""

    at: datetime
    sent: dict[str, tuple[IncomingConversation, ...]]


def stretches(slugs: Iterable[str], *, now: datetime, days: int) -> Iterator[Stretch]:
    """In order of time; the last ends a few minutes ago."""
    arrived = [one for number, slug in enumerate(slugs) for one in _arrivals(slug, number, now, days)]
    arrived.sort(key=lambda one: one.at)
    for _, group in groupby(arrived, key=lambda one: _stretch_of(one.at, now)):
        together = list(group)
        sent: dict[str, tuple[IncomingConversation, ...]] = {}
        for one in together:
            sent[one.slug] = (*sent.get(one.slug, ()), one.conversation)
        yield Stretch(together[-1].at, sent)


def _stretch_of(at: datetime, now: datetime) -> int:
    """Its number; the later, the greater."""
    hours = int((now - at).total_seconds() // 3600)
    return -(hours // LAST_STRETCH) if hours < 24 else -100 - (hours // STRETCH)


def _arrivals(slug: str, number: int, now: datetime, days: int) -> Iterator[Arrival]:
    chance = Random(f"artemis-demo:{slug}")  # noqa: S311 - reproducible, not secret
    signalling, plain = _records(SEED + number)
    for back in reversed(range(days)):
        until = now - back * DAY
        count = A_DAY[slug][(until - DAY / 2).weekday()] + chance.choice((-1, 0, 0, 1))
        count = count * 9 // 4 if back < BUSY_DAYS else count
        for records, times in ((signalling, 1), (plain, PLAIN_TO_EACH)):
            for _ in range(count * times):
                yield _arrival(next(records), slug, until, chance)


def _records(seed: int) -> tuple[Iterator[dict[str, Any]], Iterator[dict[str, Any]]]:
    """Of the held-out grammar, whose wording the model did not learn: those with signals, and those without."""

    def with_label(label: int) -> Iterator[dict[str, Any]]:
        share = 1 / (1 + PLAIN_TO_EACH)
        # The same conversations both times, so that no account is in two of them by mistake.
        every = generate(seed=seed, count=1_000_000, share_positive=share, split="held_out")
        return (one for one in every if one["label"] == label)

    return with_label(1), with_label(0)


def _arrival(record: Mapping[str, Any], slug: str, until: datetime, chance: Random) -> Arrival:
    """Moved by whole days, so that night stays night, to the last one that ends before `until`."""
    newest = max(_time(message["sent_at"]) for message in record["messages"])
    forward = ((until - FOUND_AFTER - newest) // DAY) * DAY
    messages = tuple(
        IncomingMessage(
            id=_id(message["id"]),
            sender=message["sender"],
            sent_at=_time(message["sent_at"]) + forward,
            text=message["text"],
        )
        for message in record["messages"]
    )
    people = tuple(
        _participant(account, facts, chance, seen=newest + forward, country=COUNTRIES[slug])
        for account, facts in record["groups"].items()
    )
    conversation = IncomingConversation(
        id=_id(record["id"]), language=record["language"], participants=people, messages=messages
    )
    return Arrival(newest + forward + FOUND_AFTER, slug, conversation)


def _id(of_sample: str) -> str:
    """As a platform would number it."""
    return of_sample.replace("sample-held_out", "chat")


def more_messages(of: Mapping[str, str], *, begins: datetime, number: int) -> tuple[IncomingMessage, ...]:
    """What two accounts write later, with signals; `of` names the account of each role."""
    signalling, _ = _records(SEED + 100)
    fitting = (one for one in signalling if set(one["authors"].values()) == set(of))
    record = next(islice(fitting, number, None))
    return tuple(
        IncomingMessage(
            id=_id(message["id"]),
            sender=of[record["authors"][message["sender"]]],
            sent_at=begins + place * BETWEEN,
            text=message["text"],
        )
        for place, message in enumerate(record["messages"])
    )


def _participant(
    account: str, said: Mapping[str, Any], chance: Random, *, seen: datetime, country: str
) -> IncomingParticipant:
    """With made-up facts of addresses that are kept for examples (RFC 2606, RFC 5737)."""
    name = f"{chance.choice(NAMES)} {chance.randrange(10, 99)}"
    return IncomingParticipant(
        id=account,
        declared_age_band=AGE_BANDS.get(said.get("age_band", ""), "adult"),
        account_created_at=seen
        - timedelta(days=chance.choice((3, 9, 40, 160, 700)), minutes=chance.randrange(1440)),
        display_name=name,
        facts={
            "country": country,
            "email": f"{account}@mail.example",
            "login_ip": f"203.0.113.{chance.randrange(1, 255)}",
            "login_ip_at": (seen - timedelta(minutes=chance.randrange(5, 600))).isoformat(timespec="seconds"),
        },
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
