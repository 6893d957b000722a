"""What encryption at rest costs, on ingest and on the case page: the share of each, from one run, measured in turns.

Without it the very same work runs on the very same servers, but texts, identities and keys are stored as they are (as
many bytes). What is spent inside the vault is counted besides, which a busy machine does not blur.
"""

import argparse
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.surroundings import installation

MESSAGES_EACH = 20
A_CALL = 50
TURNS_SHOWN = 50
TARGET = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ends within a minute")
    warnings.simplefilter("ignore")  # of the folder that nobody collected into
    rounds = 4 if parser.parse_args().quick else 20
    # The pages are made here, without a server that has collected what they link to.
    os.environ["ARTEMIS_STATIC_STORAGE"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with installation():
        found = {"ingest": ingest(rounds), "case page": case_page(rounds)}
    print(f"\n{rounds} rounds in turns on this machine; medians\n")
    print(f"{'':<12}{'with':>12}{'without':>12}{'difference':>12}{'in the vault':>14}{'a message':>12}")
    for name, one in found.items():
        print(
            f"{name:<12}{one['with']:>10.1f}ms{one['without']:>10.1f}ms{one['difference']:>12.1%}"
            f"{one['share']:>14.1%}{one['microseconds']:>10.1f}µs"
        )
    told = {name: {key: round(one[key], 3) for key in ("difference", "share")} for name, one in found.items()}
    print(json.dumps(told))
    print(f"target: under {TARGET:.0%} of either")


def ingest(rounds: int) -> dict[str, float]:
    """Calls of 50 conversations of 20 messages, from the call to durable."""
    ways = import_module("benchmarks.ingest_ways")
    licensee = ways.licensee()
    numbers = iter(range(10_000))

    def call() -> float:
        work = ways.accepter(licensee, A_CALL, size=A_CALL, prefix=f"call-{next(numbers)}")
        return _seconds(work)

    return _compare(call, call, rounds=rounds, messages=A_CALL * MESSAGES_EACH)


def case_page(rounds: int) -> dict[str, float]:
    """The page of a case whose fifty turns were all revealed, as the server makes it."""
    cases = import_module("benchmarks.console_cases")
    [licensee, *_] = cases.licensees()
    readers = cases.moderators(2, [licensee], called="reader")
    sealed = _page(cases, licensee, readers[0], messages=TURNS_SHOWN)
    with without_vault():
        plain = _page(cases, licensee, readers[1], messages=TURNS_SHOWN + 1)
    return _compare(lambda: _seconds(sealed), lambda: _seconds(plain), rounds=rounds, messages=TURNS_SHOWN)


def _page(cases: Any, licensee: Any, person: Any, *, messages: int) -> Callable[[], None]:
    """For one who claimed the case and revealed what is shown."""
    queue, workflow = import_module("review.queue"), import_module("review.workflow")
    case = cases.case_of(licensee, messages=messages)
    queue.claim(case_id=case.pk, by=person)
    workflow.reveal(case_id=case.pk, numbers=list(range(1, TURNS_SHOWN + 1)), by=person)
    browser = import_module("benchmarks.console_pages").signed_in(person)

    def look() -> None:
        answer = browser.get(f"/cases/{case.reference}/")
        if answer.status_code != 200 or cases.TEXT not in answer.content.decode():
            raise SystemExit(f"The page answers {answer.status_code}, or without its texts.")

    return look


def _compare(
    sealed: Callable[[], float], plain: Callable[[], float], *, rounds: int, messages: int
) -> dict[str, float]:
    taken, bare, inside = [], [], []
    for _ in range(rounds + 1):
        taken.append(sealed())
        # Counting takes its own time: the share is of the call that was counted.
        with counted() as spent:
            counted_call = sealed()
        inside.append(spent[0] / counted_call)
        with without_vault():
            bare.append(plain())
    # The first round of each fills caches.
    whole, without = statistics.median(taken[1:]), statistics.median(bare[1:])
    return {
        "with": 1_000 * whole,
        "without": 1_000 * without,
        "difference": whole / without - 1,
        "share": statistics.median(inside[1:]),
        "microseconds": 1e6 * statistics.median(inside[1:]) * whole / messages,
    }


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def counted() -> Iterator[list[float]]:
    """The seconds that are spent in ciphers and in wrapping their keys."""
    vault, spent = import_module("scoring.vault"), [0.0]

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return real(*arguments, **named)
            finally:
                spent[0] += time.perf_counter() - began

        return work

    names = ("encrypt", "decrypt", "content_digest", "account_digest", "__init__")
    with mock.patch.multiple(vault.Cipher, **{name: counting(getattr(vault.Cipher, name)) for name in names}):
        provider = vault.key_provider()
        kinds = {name: counting(getattr(type(provider), name)) for name in ("wrap", "unwrap")}
        with mock.patch.multiple(type(provider), **kinds):
            yield spent


@contextmanager
def without_vault() -> Iterator[None]:
    """Texts and keys as they are, in as many bytes: only the cryptography is missing."""
    vault = import_module("scoring.vault")
    nonce, tag = b"\0" * vault.NONCE_BYTES, b"\0" * 16
    plain = {
        "__init__": lambda self, key, *, licensee_id: None,
        "encrypt": lambda self, plaintext, **row: nonce + plaintext + tag,
        "decrypt": lambda self, sealed, **row: bytes(sealed)[len(nonce) : -len(tag)],
        "content_digest": lambda self, text: b"\0" * 32,
        "account_digest": lambda self, account: account.encode()[:32].ljust(32),
    }
    kind = type(vault.key_provider())
    wrapping = {
        "wrap": lambda self, key: key + b"\0" * 8,
        "unwrap": lambda self, wrapped, *, key_id: wrapped[:-8],
    }
    with mock.patch.multiple(vault.Cipher, **plain), mock.patch.multiple(kind, **wrapping):
        yield


if __name__ == "__main__":
    main()
