"""What every test may use, and the order of the files: the longest first."""

from datetime import datetime, timedelta

import pytest

pytest_plugins = [
    "tests.people",
    "tests.factories",
    "tests.machinery",
    "referrals.tests.deliveries",
    "tests.sealing",
]

# Processes share the tests by whole files, in this order and then as they were found: whoever gets one of these last
# would be left alone with it. `--durations` says which they are.
LONGEST = (
    "scoring/tests/test_training_memory.py",
    "tests/browser/test_accessible",
    "tests/browser/",
    "scoring/tests/test_hostile_input.py",
    "scoring/tests/test_evaluate",
    "scoring/tests/test_evaluation",
    "scoring/tests/test_readme_of_scoring.py",
    "scoring/tests/test_limits.py",
    "scoring/tests/test_ingest_command.py",
    "scoring/tests/test_training.py",
    "scoring/tests/test_kernel.py",
    "scoring/tests/test_dynamics.py",
    "tests/test_nothing_is_lost.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place_of(item.nodeid))


def place_of(nodeid: str) -> int:
    return next((place for place, name in enumerate(LONGEST) if nodeid.startswith(name)), len(LONGEST))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by nothing that differs between the processes of a run, which must collect the very same cases: a
    moment counted from now, or bytes that hold one, become the name of the argument and a number."""
    return argname if isinstance(val, datetime | timedelta | bytes) else None
