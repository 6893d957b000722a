"""What the trail costs: acts a second with it, without it, and with one locked chain; how long it takes to verify.

On PostgreSQL with durable commits, the sealer running beside the trail, in ratios of one run. “Flush” is a commit that
takes five milliseconds to reach the disk, as on a replicated or busy one. The million entries are put in through every
trigger and sealed before they are verified.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.surroundings import REPOSITORY, installation

FLUSHES = (0, 5)
WRITERS = (1, 16, 64)
PEOPLE = 4
ROOM = {"max_connections": "120", "max_wal_size": "2GB"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 entries and a second of each way")
    parser.add_argument("--entries", type=int, help="to verify; 1,000,000 unless said")
    parser.add_argument("--only", choices=["acts", "verbs", "verify"], help="a part of it")
    parser.add_argument(
        "--writers", type=int, nargs="+", default=WRITERS, help="at once; 1, 16 and 64 unless said"
    )
    asked = parser.parse_args()
    seconds, rounds = (1.0, 1) if asked.quick else (4.0, 3)
    figures: dict[str, float] = {}
    with installation(**ROOM) as servers:
        # First what is verified: the acts below say nothing that would hold.
        if asked.only in (None, "verify"):
            figures |= verified(asked.entries or (50_000 if asked.quick else 1_000_000))
        writers = import_module("benchmarks.audit_writers")
        writers.prepare(_superuser(servers))
        if asked.only in (None, "verbs"):
            figures |= verbs(writers, _superuser(servers), seconds=seconds, rounds=rounds)
        if asked.only in (None, "acts"):
            counts = tuple(asked.writers)
            figures |= acts(writers, _superuser(servers), counts, seconds=seconds, rounds=rounds)
    print(json.dumps(figures))


def _superuser(servers: Any) -> str:
    url: str = servers.superuser_url
    return url


@contextmanager
def sealer() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", "seal_audit"], cwd=REPOSITORY)
    record_one = import_module("benchmarks.audit_trail").record_one
    record_one()  # once it is sealed, the sealer is at work
    _until_all_is_sealed(process)
    yield
    _until_all_is_sealed(process)
    process.terminate()
    process.wait(timeout=60)


def _until_all_is_sealed(process: "subprocess.Popen[bytes]") -> None:
    waiting = import_module("audit.sealed_trail").waiting
    while waiting().count:
        if process.poll() is not None:
            raise SystemExit("The sealer of this benchmark has ended.")
        time.sleep(0.1)


# --- Acts ----------------------------------------------------------------------------------------


def acts(
    writers: Any, superuser: str, counts: tuple[int, ...], *, seconds: float, rounds: int
) -> dict[str, float]:
    """Medians; each round measures the ways one after the other, so that the machine is the same for all."""
    ratios: dict[str, float] = {}
    print(f"{'acts a second':<24}{'writers':>8}{'none':>10}{'trail':>10}{'chain':>10}", flush=True)
    for flush in FLUSHES:
        writers.flush_takes(superuser, milliseconds=flush)
        for count in counts:
            found: dict[str, list[float]] = {way: [] for way in writers.WAYS}
            for _ in range(rounds):
                with sealer():
                    for way, rates in found.items():
                        rates.append(writers.acts_a_second(way, writers=count, seconds=seconds))
            rate = {way: statistics.median(rates) for way, rates in found.items()}
            columns = "".join(f"{one:>10,.0f}" for one in rate.values())
            print(f"{f'flush of {flush} ms':<24}{count:>8}{columns}", flush=True)
            where = f"{count} writers, flush {flush} ms"
            ratios[f"trail against none, {where}"] = round(rate["trail"] / rate["none"], 2)
            ratios[f"trail against chain, {where}"] = round(rate["trail"] / rate["chain"], 1)
    return ratios


def verbs(writers: Any, superuser: str, *, seconds: float, rounds: int) -> dict[str, float]:
    """What a person does: claims and releases through the application, all checks included."""
    people, waits = _people_with_cases(), dict[str, float]()
    ratios: dict[str, float] = {}
    for flush in FLUSHES:
        writers.flush_takes(superuser, milliseconds=flush)
        found: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(rounds):
            with sealer():
                began = time.time()
                for is_recorded in (turn % 2 == 0, turn % 2 == 1):  # neither is always the first
                    rate = writers.verbs_a_second(people, seconds=seconds, is_recorded=is_recorded)
                    found[is_recorded].append(rate)
            waits = window(since=time.time() - began)
        recorded, unrecorded = (statistics.median(found[one]) for one in (True, False))
        print(
            f"claims and releases, flush of {flush} ms: {recorded:.0f} a second recorded, {unrecorded:.0f} not",
            flush=True,
        )
        ratios[f"verbs recorded against not, flush {flush} ms"] = round(recorded / unrecorded, 2)
    return ratios | waits


def window(*, since: float) -> dict[str, float]:
    """How long entries of so many seconds waited for the checkpoint that covers them."""
    connection = import_module("django.db").connection
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM"
            " checkpoint.made_at - event.at)) FROM audit_auditevent AS event"
            " JOIN audit_auditleaf AS leaf ON leaf.event_id = event.id"
            " CROSS JOIN LATERAL (SELECT made_at FROM audit_auditcheckpoint WHERE size > leaf.index"
            " ORDER BY size LIMIT 1) AS checkpoint WHERE event.at > now() - %s * interval '1 second'",
            [since],
        )
        half, most, longest = cursor.fetchone()[0]
    print(
        f"until sealed: {half:.2f} s, 99 of 100 within {most:.2f} s, the longest {longest:.2f} s", flush=True
    )
    return {"until sealed, median seconds": round(half, 2), "until sealed, longest": round(longest, 2)}


def _people_with_cases() -> list[tuple[int, int]]:
    """A licensee and a case for each, so that nobody waits for another."""
    fill = import_module("benchmarks.console_cases")
    return [
        (
            fill.moderators(1, [licensee], called=f"of{place}")[0].pk,
            fill.case_of(licensee, messages=4).pk,
        )
        for place, licensee in enumerate(fill.licensees()[:PEOPLE])
    ]


# --- Verifying -----------------------------------------------------------------------------------


def verified(count: int) -> dict[str, float]:
    trail = import_module("benchmarks.audit_trail")
    began = time.perf_counter()
    trail.fill(count)
    filled = time.perf_counter()
    trail.seal(os.environ["DATABASE_SEALER_URL"])
    sealed = time.perf_counter()
    print(f"{count:,} entries in {filled - began:.0f} s, sealed in {sealed - filled:.0f} s", flush=True)
    checkpoint = Path(os.environ["ARTEMIS_DATA"]) / "checkpoints" / "latest.txt"
    best: dict[str, float] = {}
    for _ in range(2):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        words = [sys.executable, "manage.py", "verify_audit", f"--checkpoint={checkpoint}"]
        said = subprocess.run(words, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        load = os.getloadavg()[0]
        print(
            f"verified in {took:.1f} s ({processor:.1f} s of processor besides PostgreSQL's; load {load:.1f} on"
            f" {os.cpu_count()} processors): {said.splitlines()[-1]}",
            flush=True,
        )
        if not best or took < best["verified, seconds"]:
            best = {"verified, entries": count, "verified, seconds": round(took, 1)}
    return best


if __name__ == "__main__":
    main()
