"""Scores hostile conversations, each in a process of its own, so that the time and memory of each can be told.

Run by test_hostile_input.py as `python -m scoring.tests.hostile_input MODEL`, which prints a JSON object a line.
"""

import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, product
from pathlib import Path

from scoring.pipeline import Model, Turn

CHATTER = (
    "did you see the match yesterday, it was great",
    "no, I had to help my uncle with the garden all day",
    "the bus was late again and it rained",
    "we had soup for lunch and it was cold",
)
MEGABYTE = 1_000_000
FIRST_YEAR = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
LAST_YEAR = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-12)))
NOW = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)


def chat(*texts: str, times: tuple[datetime | None, ...] = (None,)) -> list[Turn]:
    return [
        Turn(str(place), f"u{place % 2}", times[place % len(times)], text) for place, text in enumerate(texts)
    ]


def filled(unit: str, length: int = MEGABYTE) -> list[Turn]:
    """A conversation that would be judged, and one message of a million characters."""
    return chat(*CHATTER, unit * (length // len(unit)))


def distinct_words() -> Iterator[str]:
    """A million words, a hundred a message."""
    words = ("".join(letters) for letters in product("abcdefghij", repeat=6))
    while batch := list(islice(words, 100)):
        yield " ".join(batch)


CASES: dict[str, Callable[[], list[Turn]]] = {
    "a message of one word": lambda: filled("a"),
    "a message of many words": lambda: filled("word and "),
    "a message of signs for letters": lambda: filled("a1"),
    "a message of single letters": lambda: filled("a b "),
    "a message of stretched letters": lambda: filled("aaab"),
    "a message of dotted letters": lambda: filled("a.b."),
    "a message of blanks": lambda: filled(" "),
    "a message without a blank": lambda: filled("yes,no;"),
    "a message of look-alikes": lambda: filled("аеоһ"),
    "a message from right to left": lambda: filled("\u202eשלום \u202c"),
    "a message of lone surrogates": lambda: filled("\ud800\udfff"),
    "a message of NUL": lambda: filled("\x00"),
    "a message of emoji": lambda: filled("😀🏽\u200d"),
    "a letter under 100,000 marks": lambda: filled("\u0301\u0316", 100_000),
    "200,000 messages": lambda: chat(*CHATTER * 50_000),
    "200,000 empty messages": lambda: chat(*CHATTER, *[""] * 200_000),
    "only emoji": lambda: chat(*["😀", "🎉🎉", "👍🏽"] * 30_000),
    "a million distinct words": lambda: chat(*distinct_words()),
    "the year 9999": lambda: chat(*CHATTER * 4, times=(LAST_YEAR,)),
    "the year 1": lambda: chat(*CHATTER * 4, times=(FIRST_YEAR,)),
    "all years at once": lambda: chat(*CHATTER * 4, times=(LAST_YEAR, FIRST_YEAR, NOW, None)),
    "a hundred thousand accounts": lambda: [
        Turn(str(place), f"u{place}", NOW, text) for place, text in enumerate(CHATTER * 25_000)
    ],
}


def run(model: Model, case: str) -> dict[str, object]:
    """Seconds, MB and the outcome of scoring a conversation; the memory is what is held over before."""
    turns = CASES[case]()
    held, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    scored = model.score(turns)
    seconds = time.process_time() - began
    return {
        "case": case,
        "seconds": seconds,
        "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024,
        "abstained": scored.abstained,
        "finite": scored.logit is not None and math.isfinite(scored.logit),
        "messages": len(scored.messages),
        "sent": len(turns),
    }


def run_apart(model: Model, case: str) -> None:
    """Run it in a child, which is killed after a minute and then prints nothing."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    signal.alarm(60)
    print(json.dumps(run(model, case)), flush=True)  # noqa: T201 - the parent reads it
    os._exit(0)


def main() -> None:
    model = Model.from_bytes(Path(sys.argv[1]).read_bytes())
    model.score(chat(*CHATTER))  # What is compiled once is not told of each.
    for case in CASES:
        run_apart(model, case)


if __name__ == "__main__":
    main()
