"""How long “what if” takes with few scores and with ten million: its answer rests on counters and on decisions.

Scores are copied in bulk behind 20,000 decided cases, each conversation scored again and again. Texts are made up.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.surroundings import installation

CASES, QUICK_CASES, TURNS = 20_000, 5_000, 9
FEW, MANY, QUICK_MANY = 1, 500, 50  # scores of each conversation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="250,000 scores instead of ten million")
    options = parser.parse_args()
    cases = QUICK_CASES if options.quick else CASES
    many = QUICK_MANY if options.quick else MANY
    with installation():
        few_seconds, many_seconds = _measure(cases, many)
    print(f"{os.cpu_count()} cores; medians of {TURNS}; {cases:,} decided cases")
    print(f"{cases * FEW:>12,} scores {few_seconds:8.3f} s")
    print(f"{cases * many:>12,} scores {many_seconds:8.3f} s")
    print(
        json.dumps({"many_to_few": round(many_seconds / few_seconds, 2), "seconds": round(many_seconds, 3)})
    )


def _measure(cases: int, many: int) -> tuple[float, float]:
    # Loaded here, since its models need the settings, and the settings the servers.
    fill, queue = import_module("benchmarks.console_cases"), import_module("review.queue")
    workflow, what = import_module("review.workflow"), import_module("review.what_if")
    review, scoring = import_module("review.models"), import_module("scoring.models")
    thresholds = import_module("scoring.arrivals").THRESHOLDS
    licensee = fill.licensees()[0]
    (person,) = fill.moderators(1, [licensee], called="reader")
    case = fill.case_of(licensee, messages=8)
    fill.copy_case(case, count=cases, into=[licensee])
    queue.claim(case_id=case.pk, by=person)
    decision = workflow.decide(
        case_id=case.pk,
        by=person,
        disposition=review.Decision.Disposition.NO_ACTION,
        reason=review.Decision.Reason.PEERS,
        seen_revision=1,
    )
    for ago in range(28):
        day = datetime.now(UTC).date() - timedelta(days=ago)
        scoring.ArrivalsDay.objects.create(licensee=licensee, day=day, reached=[ago + 9] * len(thresholds))
    fill.copy_rows("review_decision", decision.pk, cases, {"case_id": case.pk})

    def seconds() -> float:
        taken = []
        for _ in range(TURNS):
            began = time.perf_counter()
            known = what.what_if(licensee)
            taken.append(time.perf_counter() - began)
        if known.told[0] != cases + 1:
            raise SystemExit(f"{known.told[0]} decisions were found, not {cases + 1}")
        return statistics.median(taken)

    few = seconds()
    fill.score_again(many, revision=scoring.Score.objects.get(conversation=case.conversation).revision)
    return few, seconds()


if __name__ == "__main__":
    main()
