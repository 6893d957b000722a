"""Packets, for 8, 50, 500 and 5,000 messages: how many a minute, where the time goes, and how it grows.

Pure: no database, no server. A packet is built and sealed as a person's approval does it; verifying is what a recipient
does. The report prints at most 1,000 turns, so its share falls beyond that. Texts are made up; none is printed.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from referrals.formats.case_uco import case_jsonld
from referrals.formats.report import referral_pdf
from referrals.packet_builder import EVERY_PACKET, build
from referrals.packet_content import PacketContent
from referrals.tests.packets import CONTENT, message, seal_draft
from referrals.verification import verify

Made = TypeVar("Made")
SIZES = (8, 50, 500, 5_000)
EVIDENCE_EVERY = 25
WORDS = (
    "See you at the match on Saturday, bring the blue shirt if you still have it",
    "ok",
    "Which bus do you take? The nine or the twelve, and from where",
    "My brother has the other key, so we can get into the hall before the others are there",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of each, up to 500 messages")
    options = parser.parse_args()
    rounds = 1 if options.quick else 5
    sizes = SIZES[:-1] if options.quick else SIZES
    build(CONTENT)  # fonts and tables are read once
    results = {size: measure(content_of(size), rounds=rounds) for size in sizes}
    print(f"{os.cpu_count()} cores; medians of {rounds}; seconds")
    columns = list(results[sizes[0]])
    print(f"{'messages':>9}" + "".join(f"{name:>17}" for name in columns))
    for size, found in results.items():
        print(f"{size:>9,}" + "".join(f"{found[name]:>17.4f}" for name in columns))
    print(json.dumps(ratios(results)))


def content_of(size: int) -> PacketContent:
    messages = (
        replace(
            message(number, text=WORDS[number % len(WORDS)], is_evidence=number % EVIDENCE_EVERY == 3),
            sent_at=CONTENT.case_opened_at + timedelta(seconds=number),
        )
        for number in range(1, size + 1)
    )
    return replace(CONTENT, context=12, messages=tuple(messages))


def measure(content: PacketContent, *, rounds: int) -> dict[str, float]:
    found: dict[str, float] = {}
    files = {}
    for one in EVERY_PACKET:
        found[one.path.removeprefix("data/")], files[one.path] = timed(partial(one.write, content), rounds)
    found["case.jsonld"], _ = timed(lambda: case_jsonld(content, files), rounds)
    found["referral.pdf"], _ = timed(lambda: referral_pdf(content, files), rounds)
    found["all, built"], draft = timed(lambda: build(content), rounds)
    found["sealed"], packet = timed(lambda: seal_draft(draft), rounds)
    found["verified"], report = timed(lambda: verify(packet), rounds)
    if not report.is_valid:
        raise SystemExit("The packet of this benchmark is not valid.")
    found["megabytes"] = len(packet) / 1e6
    return found


def timed(act: Callable[[], Made], rounds: int) -> tuple[float, Made]:
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        made = act()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), made


def ratios(results: dict[int, dict[str, float]]) -> dict[str, object]:
    whole = {size: found["all, built"] + found["sealed"] for size, found in results.items()}
    largest = max(results)
    return {
        "packets a minute, built and sealed": {size: round(60 / seconds) for size, seconds in whole.items()},
        "share of the report": {
            size: round(found["referral.pdf"] / found["all, built"], 2) for size, found in results.items()
        },
        f"time for {largest:,} messages, in those for 50": round(whole[largest] / whole[50], 1),
        f"messages of {largest:,}, in 50": largest // 50,
    }


if __name__ == "__main__":
    main()
