"""The memory that training takes at 100,000 and at 1,000,000 messages.

Reading takes the same for both. The fits hold the features that were read, up to `fitting.MOST_FEATURES`, which some
hundred thousand messages have; from there on they sample and take no more.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

SIZES, QUICK = (100_000, 1_000_000), (10_000, 50_000)
SHARE_POSITIVE = 0.05
EVERYDAY = (
    *(
        "the",
        "bread",
        "table",
        "garden",
        "river",
        "bike",
        "window",
        "green",
        "walk",
        "music",
        "coffee",
        "train",
    ),
    *("early", "late", "book", "house", "friend", "lunch", "school", "today", "tomorrow", "maybe", "think"),
    *("about", "would", "like", "going", "there", "where", "when", "with", "from", "have", "been", "were"),
    *("people", "weather", "sunny", "rain", "tea", "plan", "trip", "photo", "song", "game", "team", "play"),
    *("match", "we", "you", "it", "is", "on", "at", "in", "and", "but", "so"),
)
# What makes the difference to learn: mild, and only in some messages of positive conversations.
TELLING = ("secret", "nobody", "promise", "alone", "present")
LETTERS = "bcdfglmnprst", "aeiou"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 and 50,000 messages, within two minutes")
    parser.add_argument("--a-conversation", type=int, default=10, help="messages in a conversation (10)")
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.once:
        print(json.dumps(trained(chosen.once, chosen.a_conversation)))
        return
    found = [in_a_process(size, chosen.a_conversation) for size in (QUICK if chosen.quick else SIZES)]
    for own in found:
        print(
            f"{own['messages']:>9,} messages: {own['megabytes']:,.0f} MB at most, of them {own['reading']:,.0f} MB "
            f"after reading; {own['seconds']:,.0f} s, of them {own['seconds_reading']:,.0f} s reading"
        )
    ratio = found[1]["megabytes"] / found[0]["megabytes"]
    print(
        f"{found[1]['messages'] / found[0]['messages']:.0f} times the messages, {ratio:.2f} times the memory"
    )


def in_a_process(messages: int, each: int) -> dict[str, float]:
    """Train in a process of its own, whose peak is that of this run alone."""
    command = [sys.executable, str(Path(__file__).resolve()), "--once", str(messages)]
    done = subprocess.run(
        [*command, "--a-conversation", str(each)], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def trained(messages: int, each: int) -> dict[str, float]:
    """Train on so many generated messages; megabytes and seconds, in all and when all was read."""
    train = import_module("scoring.training").train
    began, reading = time.monotonic(), {"megabytes": 0.0, "seconds": 0.0}

    def note(_: str, share: float | None) -> None:
        if share is None:
            reading.update(megabytes=peak(), seconds=time.monotonic() - began)

    train(corpus(messages, each), seed=1, name="benchmark", demonstration=True, progress=note)
    return {
        "messages": messages,
        "megabytes": peak(),
        "reading": reading["megabytes"],
        "seconds": time.monotonic() - began,
        "seconds_reading": reading["seconds"],
    }


def peak() -> float:
    """The most memory that this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def corpus(messages: int, each: int) -> Iterator[dict[str, Any]]:
    """Yield mild conversations of `each` messages one at a time; each has accounts of its own."""
    rng = random.Random(7)
    rare = ["".join(rng.choice(LETTERS[n % 2]) for n in range(rng.randrange(4, 11))) for _ in range(20_000)]
    for number in range(messages // each):
        positive = rng.random() < SHARE_POSITIVE
        yield {
            "id": f"c{number}",
            "label": int(positive),
            "language": "en",
            "messages": [message(rng, rare, number, place, each, positive) for place in range(each)],
        }


def message(
    rng: random.Random, rare: list[str], number: int, place: int, each: int, positive: bool
) -> dict[str, str]:
    # A single message is a long segment; otherwise it is a line of chat.
    size = rng.randrange(40, 70) if each == 1 else rng.randrange(3, 16)
    words = [
        rng.choice(EVERYDAY) if rng.random() < 0.9 else rare[int(20_000 * rng.random() ** 3)]
        for _ in range(size)
    ]
    if positive and (each == 1 or rng.random() < 0.4):
        words += rng.sample(TELLING, 3)
    return {
        "id": str(place),
        "sender": f"u{2 * number + place % 2}",
        "sent_at": f"2026-03-{1 + number % 28:02d}T10:{place % 60:02d}:07Z",
        "text": " ".join(words),
    }


if __name__ == "__main__":
    main()
