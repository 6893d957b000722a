"""Scoring, in ratios to a plain scikit-learn pipeline, all in one run: batches, single calls, one new message.

Plain: hashed char_wb 2-5 and word 1-2 n-grams, 2^20, and a logistic regression: one head. Ours: every head that can be
trained, 29 columns, with normalising. The messages timed were not seen before; the words of others were, as in a worker
that has run for a while; "cold" says what a new process gives. No text is printed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from scoring.characteristics import READ_KEYS
from scoring.classifier import AMOUNT
from scoring.corpora import read
from scoring.dynamics import RANGES
from scoring.features import BUCKETS
from scoring.kernel import Kernel
from scoring.model_file import write_model_file
from scoring.pipeline import Model, Turn
from scoring.sample_corpus import generate

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data"
BATCH, TURN = 1_000, 5
CONVERSATION = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ends within a minute")
    parser.add_argument(
        "--one-core", action="store_true", help="on one core; the default uses two processes too"
    )
    parser.add_argument("--profile", action="store_true", help="where the time of a batch goes")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    model, texts = full_model(), messages(20_000 if options.quick else 60_000)
    ratios = measure(model, texts, quick=options.quick)
    if not options.one_core:
        ratios["two processes, messages a second, against one"] = two_processes(options.quick)
    start_up(model)
    if options.profile:
        profile(model, texts)
    print(json.dumps({name: round(ratio, 2) for name, ratio in ratios.items()}))


def full_model(course: Sequence[str] = ()) -> Model:
    """A model with every head that can be trained and dense weights: no row of products is spared.

    The weights are random, since no corpus with all characteristics may be in this repository; the speed depends on
    their number only. `course` names the features of the course that count.
    """
    rng = np.random.default_rng(1)
    weights = rng.integers(-3_000, 3_000, (BUCKETS, 1 + len(READ_KEYS))).astype(np.int16)
    heads = list(READ_KEYS)
    header: dict[str, Any] = {
        "name": "benchmark", "demonstration": True, "seed": 1, "corpus_digest": "", "languages": ["en"],
        "heads": heads, "head_scales": [1e-4] * len(heads), "head_intercepts": [-3.0] * len(heads),
        "untrained": [], "thresholds": {}, "libraries": {}, "card": {},
        "classifier": {
            "scale": 1e-4, "power": 1.0, "noise_mean": 0.0, "noise_deviation": 1.0, "intercept": -3.0,
            "weights": {"whole": 10.0, "window": 10.0, "peak": 1.0} | dict.fromkeys(course, 0.1),
            "centres": dict.fromkeys(course, 0.5), "slope": 1.0, "offset": 0.0,
        },
    }  # fmt: skip
    return Model.from_header(header, weights, np.ones(2**20, dtype=bool))


def messages(count: int) -> list[str]:
    """Real chat where it is at hand, else generated; shuffled, each once."""
    texts: list[str] = []
    files = sorted(REAL.glob("topical-chat/*.json")) + sorted(REAL.glob("casino/*.json"))
    files += sorted(REAL.glob("irc/*.raw.txt"))[:40]
    if files:
        texts = [message.text for file in files for one in read(file) for message in one.messages]
    else:
        records = generate(seed=5, count=count // 30, share_positive=0.3, split="train")
        texts = [message["text"] for record in records for message in record["messages"]]
    random.Random(1).shuffle(texts)
    return list(dict.fromkeys(texts))[:count]


def plain_pipeline(texts: Sequence[str]) -> Pipeline:
    hashing = make_union(
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**20),
        HashingVectorizer(ngram_range=(1, 2), n_features=2**20),
    )
    labels = np.random.default_rng(0).integers(0, 2, len(texts))
    return make_pipeline(hashing, LogisticRegression()).fit(texts, labels)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(model: Model, texts: list[str], *, quick: bool) -> dict[str, float]:
    """Time plain and ours in turns on the same messages, so that a busy machine slows both.

    Five batches each at a time: between two batches of a worker nothing else fills the processor's cache.
    """
    plain, kernel = plain_pipeline(texts[:1_000]), model.kernel
    half = len(texts) // 2
    cold = seconds(lambda: Kernel(model.weights, model.vocabulary).read(texts[:BATCH]))
    for start in range(0, half, BATCH):
        kernel.read(texts[start : start + BATCH])
    theirs, ours, again, ratings = [], [], [], []
    for turn in range(half, half + (1 if quick else 5) * TURN * BATCH, TURN * BATCH):
        batches = [texts[start : start + BATCH] for start in range(turn, turn + TURN * BATCH, BATCH)]
        theirs += [seconds(lambda batch=batch: plain.predict_proba(batch)) for batch in batches]
        ours += [seconds(lambda batch=batch: kernel.read(batch)) for batch in batches]
        again += [seconds(lambda batch=batch: kernel.read(batch)) for batch in batches]
        ratings += [seconds(lambda batch=batch: model.rate(batch)) for batch in batches]
    batch_plain = statistics.median(theirs)
    report("batches of 1,000, new messages", batch_plain, statistics.median(ours), BATCH)
    report("batches of 1,000, all words known", batch_plain, statistics.median(again), BATCH)
    report("batches of 1,000, with ratings 0 to 1", batch_plain, statistics.median(ratings), BATCH)
    report("first batch of a new process", batch_plain, cold, BATCH)
    single_plain, single = single_calls(plain, kernel, texts[-300:])
    report("single calls", single_plain, single, 1)
    turns = conversation(texts[-CONVERSATION - 1 :])
    rescored, added = new_message(plain, model, turns)
    report(f"one new message in {CONVERSATION}", rescored, added, 1)
    weighed = replace(full_model([AMOUNT, *RANGES]), weights=model.weights)
    _, with_course = new_message(plain, weighed, turns)
    report("the same where every feature of the course counts", rescored, with_course, 1)
    whole = statistics.median([seconds(lambda: model.score(turns)) for _ in range(10)])
    report(f"a conversation of {CONVERSATION} as a whole, with its course", rescored, whole, 1)
    size = len(model.read(turns[:-1]).state.to_bytes())
    print(f"state of a conversation of {CONVERSATION} messages: {size:,} bytes")
    return {
        "batches": batch_plain / statistics.median(ours),
        "batches, all words known": batch_plain / statistics.median(again),
        "single calls": single_plain / single,
        "one new message in 100": rescored / added,
        "one new message in 100, every feature of the course counts": rescored / with_course,
    }


def single_calls(plain: Pipeline, kernel: Kernel, texts: list[str]) -> tuple[float, float]:
    kernel.read(texts)
    theirs = [seconds(lambda text=text: plain.predict_proba([text])) for text in texts]
    ours = [seconds(lambda text=text: kernel.read([text])) for text in texts]
    return statistics.median(theirs), statistics.median(ours)


def conversation(texts: Sequence[str]) -> list[Turn]:
    began = datetime(2026, 3, 2, 15, tzinfo=UTC)
    return [
        Turn(str(number), f"u{number % 2}", began + timedelta(seconds=40 * number), text)
        for number, text in enumerate(texts)
    ]


def new_message(plain: Pipeline, model: Model, turns: list[Turn]) -> tuple[float, float]:
    """Plain must read the whole again; ours adds the message to the state and judges."""
    texts, state = [turn.text for turn in turns], model.read(turns[:-1]).state
    theirs = [seconds(lambda: plain.predict_proba(texts)) for _ in range(20)]
    ours = [
        seconds(lambda: model.judge(model.read(turns[-1:], first=len(turns), after=state).state))
        for _ in range(300)
    ]
    return statistics.median(theirs), statistics.median(ours)


def report(what: str, theirs: float, ours: float, count: int) -> None:
    per = 1e6 / count
    print(f"{what:<52}{theirs * per:>10.1f} µs plain{ours * per:>9.2f} µs ours{theirs / ours:>8.1f} times")


def two_processes(quick: bool) -> float:
    """Messages a second of two processes on two cores against one on one."""
    cores = sorted(os.sched_getaffinity(0) | {0, 1})[:2]
    alone = _rates([cores[0]])
    together = _rates(cores)
    print(f"one process {alone[0]:,.0f}, two processes {sum(together):,.0f} messages a second")
    return sum(together) / alone[0]


def _rates(cores: Sequence[int]) -> list[float]:
    code = (
        "import os,sys,time; os.sched_setaffinity(0,{int(sys.argv[1])}); sys.path.insert(0,sys.argv[2]);"
        "from benchmarks.scoring import full_model, messages; k=full_model().kernel; t=messages(20000);"
        "[k.read(t[i:i+1000]) for i in range(0,20000,1000)]; b=time.perf_counter();"
        "[k.read(t[i:i+1000]) for _ in range(5) for i in range(0,20000,1000)]; print(len(t)*5/(time.perf_counter()-b))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(core), str(ROOT)], stdout=subprocess.PIPE, text=True
        )
        for core in cores
    ]
    return [float(one.communicate()[0]) for one in running]


def start_up(model: Model) -> None:
    """What a worker pays before its first score."""
    file = write_model_file(model.header, model.weights, model.vocabulary)
    loaded = seconds(lambda: Model.from_bytes(file))
    code = "import time;b=time.perf_counter();import scoring.pipeline;print(time.perf_counter()-b)"
    imported = float(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
    print(
        f"start: imports {imported:.2f} s, model of {len(file) / 1e6:.1f} MB with all heads read in {loaded:.2f} s"
    )


def profile(model: Model, texts: Sequence[str]) -> None:
    """The limit is memory: lines of the cache fetched a message, against what a plain walk over such lines takes."""
    kernel, batch = model.kernel, list(texts[:BATCH])
    kernel.read(batch)
    spent = min(seconds(lambda: kernel.read(batch)) for _ in range(20))
    words = sum(len(text.split()) for text in batch)
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 2**17, words)
    table = np.zeros((2**17, 32), dtype=np.int16)
    fetched = min(seconds(lambda: table[rows].sum(axis=0, dtype=np.int64)) for _ in range(20))
    print(
        f"{words / BATCH:.1f} words a message: as many rows of words (3 lines of the cache each) and of pairs "
        f"(1 line each); gathering the pairs alone in NumPy takes {fetched / spent:.0%} of the time of a batch"
    )


if __name__ == "__main__":
    main()
