"""Messages a second to durable against one save() per message: by verb, over HTTP, and in bulk with its memory."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.surroundings import installation

MESSAGES_EACH = 20
CALLS = {"1 a call": 1, "50 a call": 50, "500 a call": 500}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ends within a minute")
    conversations = 500 if parser.parse_args().quick else 2_000
    with installation():
        rates, files = measure(conversations)
    plain = rates["one save() a message"]
    print(
        f"\n{conversations:,} conversations of {MESSAGES_EACH} messages; rates of one run on this machine\n"
    )
    for name, rate in rates.items():
        print(f"{name:<24}{rate:>10,.0f} messages a second{rate / plain:>8.1f} times")
    print(
        "\nA file in one body; the most memory so far of the web process, and of the one that takes the lines in:"
    )
    for one in files:
        print(
            f"{one.bytes / 1_000_000:>8,.1f} MB {one.messages / one.stored:>10,.0f} messages a second to durable, "
            f"{one.messages / one.taken:>8,.0f} to taken in; "
            f"{one.megabytes_web:,.0f} and {one.megabytes_worker:,.0f} MB"
        )
    print(json.dumps({name: round(rate / plain, 2) for name, rate in rates.items()}))


def measure(conversations: int) -> tuple[dict[str, float], list[Any]]:
    # Loaded here, since its models need the settings, and the settings the servers.
    ways = import_module("benchmarks.ingest_ways")
    licensee = ways.licensee()
    rates = {"one save() a message": _rate(ways.saver(licensee, conversations // 10), conversations // 10)}
    for name, size in CALLS.items():
        rates[name] = _rate(ways.accepter(licensee, conversations, size=size, prefix=name), conversations)
    rates["the same again"] = _rate(
        ways.accepter(licensee, conversations, size=500, prefix="500 a call"), conversations
    )
    http = import_module("benchmarks.ingest_http")
    with http.web(licensee) as web:
        for size in CALLS.values():
            seconds = http.calls(web, conversations, size=size)
            rates[f"HTTP, {size} a call"] = conversations * MESSAGES_EACH / seconds
        files = [http.file(web, conversations * times, name=f"file-{times}") for times in (1, 4, 16)]
    rates["HTTP, lines to durable"] = files[-1].messages / files[-1].stored
    rates["HTTP, lines to taken in"] = files[-1].messages / files[-1].taken
    return rates, files


def _rate(work: Callable[[], None], conversations: int) -> float:
    began = time.perf_counter()
    work()
    return conversations * MESSAGES_EACH / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
