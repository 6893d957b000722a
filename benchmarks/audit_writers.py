"""Writers for benchmarks/audit.py: an act moves a case and says so, in one transaction; three ways of saying so.

The chain is the usual one: each entry's hash covers the one before it, so whoever writes holds the head until the
commit is on disk. It takes the head as late as it can, in the entry's own trigger, which is its best case.
"""

import multiprocessing
import os
import random
import threading
import time
from importlib import import_module
from typing import Any

import django
import psycopg

from accounts import row_scope

CASES = 5_000
THREADS = 8
PROCESSES = multiprocessing.get_context("spawn")

TABLES = """
    CREATE TABLE bench_case (id int PRIMARY KEY, stage text NOT NULL, moved_at timestamptz, notes text);
    INSERT INTO bench_case SELECT n, 'waiting', now(), repeat('-', 300) FROM generate_series(1, {cases}) AS n;
    CREATE TABLE bench_chain (LIKE audit_auditevent INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING CONSTRAINTS);
    CREATE TABLE bench_head (hash bytea NOT NULL);
    INSERT INTO bench_head VALUES (sha256(''));
    CREATE FUNCTION bench_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE bench_head SET hash = sha256(hash || convert_to(NEW.entry, 'UTF8')) RETURNING hash INTO NEW.leaf_hash;
        RETURN NEW;
    END $$;
    CREATE TRIGGER link BEFORE INSERT ON bench_chain FOR EACH ROW EXECUTE FUNCTION bench_link();
"""
_MOVE = """
    UPDATE bench_case SET moved_at = now(), stage = CASE stage WHEN 'waiting' THEN 'in_review' ELSE 'waiting' END
    WHERE id = of_case;
"""
_SAY = """
    INSERT INTO audit_casecounter (case_reference, last) VALUES ('NW-' || of_case, 1)
        ON CONFLICT (case_reference) DO UPDATE SET last = audit_casecounter.last + 1 RETURNING last INTO number;
    INSERT INTO {table} (id, at, verb, actor, actor_roles, licensee_id, object_type, object_id, case_reference,
        case_sequence, request_id, reason, payload, nonce, entry)
    VALUES (gen_random_uuid(), now(), 'case:claimed', 'person:7', 'moderator', 1, 'case', of_case::text,
        'NW-' || of_case, number, '', '', '{{"claim": 7}}', '\\x00', repeat('x', 385));
"""
_ACT = """
    CREATE FUNCTION bench_{name}(of_case int) RETURNS void LANGUAGE plpgsql AS $$ DECLARE number int; BEGIN
    {statements} END $$;
"""
WAYS = {
    "none": _MOVE,
    "trail": _MOVE + _SAY.format(table="audit_auditevent"),
    "chain": _MOVE + _SAY.format(table="bench_chain"),
}


def prepare(superuser: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as login:
        login.execute(TABLES.format(cases=CASES))
        for name, statements in WAYS.items():
            login.execute(_ACT.format(name=name, statements=statements))
        login.execute("GRANT SELECT, INSERT, UPDATE ON bench_case, bench_chain, bench_head TO artemis_app")


def flush_takes(superuser: str, *, milliseconds: int) -> None:
    """Each commit's flush, for who connects from now on: the leader of a group waits so long before it writes."""
    with psycopg.connect(superuser, autocommit=True) as login:
        for name, value in (("commit_delay", milliseconds * 1_000), ("commit_siblings", 0)):
            login.execute(f"ALTER ROLE artemis_app SET {name} = {value}")


def acts_a_second(way: str, *, writers: int, seconds: float) -> float:
    """By so many connections at once, eight in each process."""
    threads = [min(THREADS, writers - first) for first in range(0, writers, THREADS)]
    start, answers = PROCESSES.Barrier(len(threads)), PROCESSES.Queue()
    url = os.environ["DATABASE_URL"]
    children = [
        PROCESSES.Process(target=_write, args=(url, way, count, seconds, start, answers)) for count in threads
    ]
    for child in children:
        child.start()
    total = sum(answers.get(timeout=seconds + 120) for _ in children)
    for child in children:
        child.join()
    return float(total)


def _write(url: str, way: str, threads: int, seconds: float, start: Any, answers: Any) -> None:
    counts = [0.0] * threads
    ready = threading.Barrier(threads + 1)

    def work(place: int) -> None:
        chance, act = random.Random(os.getpid() * 100 + place), f"SELECT bench_{way}(%s)"
        with psycopg.connect(url, autocommit=True) as login:
            login.execute("SET ROLE artemis_app")
            for _ in range(6):  # the statement is prepared
                login.execute(act, [chance.randint(1, CASES)])
            ready.wait()
            ready.wait()
            began, count = time.perf_counter(), 0
            while (taken := time.perf_counter() - began) < seconds:
                login.execute(act, [chance.randint(1, CASES)])
                count += 1
            counts[place] = count / taken

    workers = [threading.Thread(target=work, args=[place]) for place in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    start.wait(timeout=120)
    ready.wait()
    for worker in workers:
        worker.join()
    answers.put(sum(counts))


# --- Real verbs ----------------------------------------------------------------------------------


def verbs_a_second(people: list[tuple[int, int]], *, seconds: float, is_recorded: bool) -> float:
    """Claims and releases of review.queue, each person in a process with a case of their own."""
    start, answers = PROCESSES.Barrier(len(people)), PROCESSES.Queue()
    children = [
        PROCESSES.Process(target=_claim, args=(*whose, seconds, is_recorded, start, answers))
        for whose in people
    ]
    for child in children:
        child.start()
    total = sum(answers.get(timeout=seconds + 120) for _ in children)
    for child in children:
        child.join()
    return float(total)


def _claim(person_id: int, case_id: int, seconds: float, is_recorded: bool, start: Any, answers: Any) -> None:
    django.setup()
    row_scope.unless_said = row_scope.SYSTEM
    # Only now: its models need the settings.
    turn = import_module("benchmarks.audit_verbs").turn_of(person_id, case_id, is_recorded=is_recorded)
    turn()
    start.wait(timeout=120)
    began, count = time.perf_counter(), 0
    while (taken := time.perf_counter() - began) < seconds:
        turn()
        count += 2
    answers.put(count / taken)
