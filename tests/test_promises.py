"""Nothing leaves on its own, and nothing is read unrecorded: who may call what lets evidence out is listed here."""

import ast
from pathlib import Path

import pytest
from celery import current_app

from accounts.access import PLATFORM
from artemis_site.site_map import pages

REPOSITORY = Path(__file__).resolve().parent.parent
ROOMS = ["accounts", "audit", "licensees", "scoring", "review", "referrals", "artemis_site"]
# Approve, seal and hand out; and the only modules that may call each.
CALLERS = {
    "approve": {"referrals/views/answering.py", "artemis_site/demo_work.py"},
    "seal": {"referrals/workflow.py"},
    "download": {"referrals/views/packets.py"},
}

# Decrypts evidence; each caller records the reading first, or shows it to nobody (worker and ingestion).
OPENERS = {
    "open_texts": {
        "referrals/gathering.py",
        "referrals/reading.py",
        "review/label_records.py",
        "review/workflow.py",
        "scoring/ingest_locking.py",
        "scoring/unread.py",
    },
    "open_identity": {"scoring/ingest_changes.py"},
    "open_archive": {"referrals/workflow.py"},
}


def _calls(name: str) -> set[str]:
    """The files that call `name(…)` or `module.name(…)`."""
    found = set()
    for room in ROOMS:
        for path in (REPOSITORY / room).rglob("*.py"):
            if "tests" in path.parts or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _called(node) == name:
                    found.add(str(path.relative_to(REPOSITORY)))
    return found


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


@pytest.mark.parametrize("verb", CALLERS)
def test_only_a_persons_page_calls_what_lets_a_packet_out(verb: str):
    assert _calls(verb) == CALLERS[verb]


@pytest.mark.parametrize("opener", OPENERS)
def test_only_these_modules_decrypt_evidence(opener: str):
    """A new caller is a new way to read: it has to record that first, and be added here by hand."""
    assert _calls(opener) == OPENERS[opener]


def test_no_task_can_do_more_than_look_now():
    """A new task is a new way for something to happen by itself: it has to be added here by hand."""
    current_app.loader.import_default_modules()
    own = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert own == {
        "scoring.tasks.score_pending",
        "scoring.tasks.forget_idempotency_keys",
        "scoring.tasks.forget_leftovers",
        "scoring.tasks.watch_drift",
        "review.tasks.open_cases",
        "review.tasks.expire_claims",
    }


def test_no_tasks_or_commands_module_imports_the_referrals_workflow():
    offenders = []
    for room in ROOMS:
        for path in (REPOSITORY / room).rglob("*.py"):
            if path.name == "tasks.py" or "commands" in path.parts:
                imported = {
                    node.module
                    for node in ast.walk(ast.parse(path.read_text()))
                    if isinstance(node, ast.ImportFrom)
                }
                if "referrals.workflow" in imported:
                    offenders.append(str(path))
    assert offenders == []


def test_a_platforms_key_opens_nothing_but_the_ingestion_api():
    outside = [
        page.route for page in pages() if page.access == PLATFORM and not page.name.startswith("scoring_api:")
    ]
    assert outside == []
    assert any(page.access == PLATFORM for page in pages())
