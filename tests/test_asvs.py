"""docs/asvs.json claims nothing that is not there: each file and test exists, and what is met has a test."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

from artemis_site.asvs import STATUSES, Item, items

REPOSITORY = Path(__file__).resolve().parent.parent
# Items of levels 1 and 2 in the standard: 70 and 183.
WHOLE = {1: 70, 2: 183}
LEVEL_3 = {
    *("2.3.5", "4.1.5", "6.3.5", "6.3.6", "6.3.8", "6.4.6", "6.5.6", "7.5.3", "8.3.2", "8.3.3", "8.4.2"),
    *("11.3.4", "11.7.2", "13.3.3", "13.3.4", "14.2.6", "14.2.7", "15.4.2"),
}
MOST_WORDS = 12


@cache
def functions_of(file: str) -> frozenset[str]:
    path = REPOSITORY / file
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    )


def faults_of(item: Item) -> list[str]:
    found = [f"{name} does not exist" for name in item.files if not (REPOSITORY / name).is_file()]
    for test in item.tests:
        file, _, function = test.partition("::")
        if not function.startswith("test_") or function not in functions_of(file):
            found.append(f"{test} does not exist")
    if item.status not in STATUSES:
        found.append(f"“{item.status}” is no status")
    if item.status == "met" and not (item.tests and item.files):
        found.append("met needs a file and a test")
    if item.status == "partly" and not item.files:
        found.append("partly needs a file")
    if item.status in ("not met", "does not apply") and (item.files or item.tests):
        found.append(f"{item.status} has nothing to show")
    if not all(0 < len(words.split()) <= MOST_WORDS for words in (item.asks, item.why)):
        found.append(f"from one to {MOST_WORDS} words")
    return [f"{item.id}: {fault}" for fault in found]


def test_every_claim_names_what_exists() -> None:
    assert [fault for item in items() for fault in faults_of(item)] == []


def test_a_false_claim_is_found() -> None:
    claim = {"id": "1.1.1", "level": 2, "asks": "Something", "why": "Because"}
    false = [
        Item(**claim, status="met", files=["artemis_site/asvs.py"], tests=[]),
        Item(
            **claim,
            status="met",
            files=["no/such.py"],
            tests=["tests/test_asvs.py::test_a_false_claim_is_found"],
        ),
        Item(
            **claim,
            status="partly",
            files=["artemis_site/asvs.py"],
            tests=["tests/test_asvs.py::test_nothing"],
        ),
        Item(
            **claim, status="partly", files=["artemis_site/asvs.py"], tests=["tests/test_asvs.py::faults_of"]
        ),
        Item(**claim, status="not met", files=[], tests=["tests/test_asvs.py::test_a_false_claim_is_found"]),
        Item(**claim, status="nearly", files=[], tests=[]),
        Item(**{**claim, "asks": "word " * 13}, status="not met", files=[], tests=[]),
    ]
    assert [len(faults_of(item)) for item in false] == [1] * len(false)


def test_each_item_is_there_once_and_in_order() -> None:
    ids = [item.id for item in items()]
    assert ids == sorted(set(ids), key=lambda number: [int(part) for part in number.split(".")])
    assert Counter(item.level for item in items() if item.level < 3) == WHOLE
    assert {item.id for item in items() if item.level == 3} == LEVEL_3


def test_the_counts_in_the_head_are_those_of_the_lines() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in (REPOSITORY / "docs" / "asvs.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    lines = [row for row in rows if row[0][:1].isdigit()]
    together = next(row for row in rows if row[0] == "together")
    counted = Counter(row[3].strip("*") for row in lines)
    assert together[1:] == [*(str(counted[status]) for status in STATUSES), str(len(lines))]
    for level in (1, 2, 3):
        counted = Counter(row[3].strip("*") for row in lines if row[1] == str(level))
        said = next(row for row in rows if row[0] == f"level {level}")
        assert said[1:] == [*(str(counted[status]) for status in STATUSES), str(counted.total())]
