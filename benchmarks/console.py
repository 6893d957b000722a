"""The console on a million open cases: claims against a plain FOR UPDATE, deep pages, and a case of 5,000 messages.

All on PostgreSQL with durable commits, in ratios of one run. The claimers are processes with connections of their own;
each claims, gives the case back and claims again without a pause, which no person does. Half of them moderate for
several licensees, and there the plain claim sorts the million; the others for one, and there an index serves it.
"""

import argparse
import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.surroundings import REPOSITORY, installation

CLAIMERS = (1, 8, 32)
LONG, SHORT = 5_000, 50
CASES_A_PAGE = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 cases and few turns of each measurement")
    parser.add_argument("--cases", type=int, help="open cases; 1,000,000 unless said")
    parser.add_argument("--only", choices=["pages", "claims"], help="half of it")
    asked = parser.parse_args()
    quick, only = asked.quick, asked.only
    cases = asked.cases or (50_000 if quick else 1_000_000)
    with installation():
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput"], cwd=REPOSITORY, check=True
        )
        print(json.dumps(measure(cases, quick=quick, only=only)))


def measure(cases: int, *, quick: bool, only: str | None) -> dict[str, float]:
    # Loaded here, since its models need the settings, and the settings the servers.
    fill = import_module("benchmarks.console_cases")
    licensees = fill.licensees()
    several = fill.moderators(max(CLAIMERS) + 2, licensees, called="several")
    one = fill.moderators(max(CLAIMERS), licensees[:1], called="one")
    opened = {count: fill.case_of(licensees[0], messages=count) for count in (SHORT, LONG)}
    _claimed(opened, several[-2:])
    began = time.perf_counter()
    fill.copy_case(fill.case_of(licensees[0], messages=1), count=cases - 1, into=licensees)
    print(
        f"{cases:,} open cases of {len(licensees)} licensees in {time.perf_counter() - began:.0f} s\n",
        flush=True,
    )
    figures: dict[str, float] = {}
    if only != "claims":
        figures |= queue_pages(licensees, cases // CASES_A_PAGE, turns=10 if quick else 40)
        figures |= case_pages(opened, several[-2:], turns=3 if quick else 15)
    if only != "pages":
        figures |= claims({"several": several[: max(CLAIMERS)], "one": one}, quick=quick)
    return figures


def _claimed(opened: dict[int, Any], people: list[Any]) -> None:
    queue = import_module("review.queue")
    for case, person in zip(opened.values(), people, strict=True):
        queue.claim(case_id=case.pk, by=person)


# --- Claims --------------------------------------------------------------------------------------


def claims(people: dict[str, list[Any]], *, quick: bool) -> dict[str, float]:
    """p50 and p99 of each way with 1, 8 and 32 claimers, of several licensees and of one; how many times better ours
    is, in p99."""
    ways = import_module("benchmarks.console_claims")
    total, limit = (160, 3.0) if quick else (960, 30.0)
    ratios: dict[str, float] = {}
    print(f"\n{'claims':<26}{'claimers':>9}{'claims':>8}{'p50 ms':>10}{'p99 ms':>10}{'a second':>10}")
    for count in CLAIMERS:
        for name, who in people.items():
            found = {}
            for way, claim in (("ours", ways.ours), ("naive", ways.naive)):
                began = time.perf_counter()
                times = ways.seconds_of_claims(claim, who[:count], total=total, limit=limit)
                rate = len(times) / (time.perf_counter() - began)
                p50, found[way] = (1e3 * ways.percentile(times, share) for share in (0.5, 0.99))
                what = f"{way}, {name} licensee{'s' if name == 'several' else ''}"
                line = f"{what:<26}{count:>9}{len(times):>8}{p50:>10.1f}{found[way]:>10.1f}{rate:>10.1f}"
                print(line, flush=True)
            better = round(found["naive"] / found["ours"], 2)
            ratios[f"claim p99 with {count} claimers, naive against ours, {name}"] = better
    return ratios


# --- Pages ---------------------------------------------------------------------------------------


def queue_pages(licensees: list[Any], page: int, *, turns: int) -> dict[str, float]:
    first, deep = import_module("benchmarks.console_pages").queue_pages(licensees, page, turns=turns)
    print(f"queue, page 1 {first * 1e3:.1f} ms, page {page:,} {deep * 1e3:.1f} ms: {deep / first:.2f} times")
    return {f"queue page {page} against page 1": round(deep / first, 2)}


def case_pages(opened: dict[int, Any], people: list[Any], *, turns: int) -> dict[str, float]:
    pages = import_module("benchmarks.console_pages")
    addresses = [
        (pages.signed_in(person), f"/cases/{case.reference}/")
        for case, person in zip(opened.values(), people, strict=True)
    ]
    told = pages.case_pages(addresses, turns=turns)
    seen = pages.in_browser(addresses, turns=2 if turns < 10 else 9) or [{}, {}]
    for count, server, browser in zip(opened, told, seen, strict=True):
        words = f"case of {count:,} messages: {server['seconds'] * 1e3:.1f} ms on the server, "
        words += f"{server['bytes'] / 1e3:.0f} KB, {server['queries']:.0f} queries"
        if browser:
            words += (
                f"; {browser['elements']:.0f} elements, usable after {browser['interactive'] * 1e3:.0f} ms"
            )
        print(words)
        if browser:
            print(_frames(browser))
    short, long = ({**server, **browser} for server, browser in zip(told, seen, strict=True))
    compared = [name for name in ("seconds", "bytes", "queries", "elements", "interactive") if name in long]
    ratios = {
        f"case of {LONG} against {SHORT}, {name}": round(long[name] / short[name], 2) for name in compared
    }
    plain = [name for name in ("bytes", "queries", "frame p99", "frames late") if name in long]
    return {**ratios, **{f"case of {LONG}, {name}": round(long[name], 4) for name in plain}}


def _frames(browser: dict[str, float]) -> str:
    median, p99, longest = (browser[f"frame {name}"] * 1e3 for name in ("median", "p99", "longest"))
    return (
        f"  scrolled to {browser['turns scrolled']:.0f} turns: a frame every {median:.1f} ms, p99 {p99:.1f} ms, "
        f"longest {longest:.0f} ms, {browser['frames late']:.1%} over 25 ms"
    )


if __name__ == "__main__":
    main()
