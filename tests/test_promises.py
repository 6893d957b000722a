"""Nothing leaves on its own, and nothing is read unrecorded: who may call what lets evidence out is listed here."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from celery import current_app

from accounts.access import PLATFORM
from accounts.roles import Role
from artemis_site.site_map import pages
from tests import architecture_rules as rules

REPOSITORY = Path(__file__).resolve().parent.parent
ROOMS = [
    "accounts",
    "audit",
    "licensees",
    "scoring",
    "review",
    "referrals",
    "retention",
    "platforms",
    "operations",
    "artemis_site",
]
# Approve, seal and hand out; and the only modules that may call each.
CALLERS = {
    "approve": {"referrals/views/answering.py"},
    "seal": {"referrals/workflow.py"},
    "download": {"referrals/views/packets.py"},
    "download_encrypted": {"referrals/views/packets.py"},
    "release_packet": {"referrals/views/deliveries.py"},
    "go_on": {"referrals/views/deliveries.py"},
    "start_anew": {"referrals/views/deliveries.py"},
}

# Decrypts evidence; each caller records the reading first, or shows it to nobody (worker and ingestion).
OPENERS = {
    "open_texts": {
        "referrals/gathering.py",
        "referrals/reading.py",
        "review/label_records.py",
        "review/rereading.py",
        "review/revealing.py",
        "review/searching.py",
        "review/workflow.py",
        "scoring/ingest_locking.py",
        "retention/account_file.py",
        "scoring/unread.py",
    },
    "texts_of": {"review/calibration.py", "review/second_review.py", "review/workflow.py"},
    "open_identity": {
        "referrals/gathering.py",
        "retention/account_file.py",
        "review/unveiling.py",
        "scoring/ingest_changes.py",
    },
    # What a platform calls its accounts: told to nobody but the platform itself, or recorded first.
    "open_account_id": {
        "platforms/telling.py",
        "review/unveiling.py",
        "scoring/blind_index.py",
    },
    # A restored database is verified whole, and that is recorded.
    "open_archive": {"referrals/delivering.py", "referrals/sending.py", "operations/restoring.py"},
}


# Sees the rows of every licensee: what the machine does by itself, what is typed on the operator's command line, and
# the few questions that are about a person or a key, of whichever licensee, or that find out for the trail what was
# attempted.
SEES_EVERYTHING = {
    "operations/backing_up.py",
    "operations/measuring.py",
    "operations/restoring.py",
    "operations/tasks.py",
    "artemis_site/management/commands/load_demo.py",
    "artemis_site/views/leaving.py",
    "audit/management/commands/export_audit.py",
    "audit/management/commands/verify_audit.py",
    "audit/record.py",
    "audit/sealed_trail.py",
    "licensees/tasks.py",
    "audit/views.py",
    "licensees/authentication.py",
    "platforms/tasks.py",
    "referrals/management/commands/export_labels.py",
    "referrals/permissions.py",
    "referrals/tasks.py",
    "retention/tasks.py",
    "review/exposure.py",
    "review/leases.py",
    "review/leaving.py",
    "review/permissions.py",
    "review/tasks.py",
    "review/what_if.py",
    "scoring/management/commands/evaluate_model.py",
    "scoring/management/commands/index_accounts.py",
    "scoring/management/commands/ingest.py",
    "scoring/management/commands/ingest_archive.py",
    "scoring/management/commands/promote_model.py",
    "scoring/management/commands/rotate_keys.py",
    "scoring/management/commands/train_model.py",
    "scoring/tasks.py",
}
# Look at no row of a licensee.
NEEDS_NO_ROWS = {"accounts/tasks.py", "audit/tasks.py"}


@cache
def _callers() -> Mapping[str, set[str]]:
    """{name: the files that call `name(…)` or `module.name(…)`}"""
    found = defaultdict[str, set[str]](set)
    for room in ROOMS:
        for path in (REPOSITORY / room).rglob("*.py"):
            if "tests" in path.parts or "migrations" in path.parts:
                continue
            for node in ast.walk(rules.parsed(path.read_text())):
                if isinstance(node, ast.Call):
                    found[_called(node)].add(str(path.relative_to(REPOSITORY)))
    return found


def _calls(name: str) -> set[str]:
    return _callers().get(name, set())


def _mentions(name: str) -> set[str]:
    """The files of the house, tests aside, in which this name stands."""
    return {
        str(path.relative_to(REPOSITORY))
        for room in ROOMS
        for path in (REPOSITORY / room).rglob("*.py")
        if "tests" not in path.parts and name in path.read_text()
    }


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


def test_only_these_see_the_rows_of_every_licensee():
    """A new one is a way past row-level security: it needs a reason, which is its argument, and its place here."""
    assert _calls("system_scope") == SEES_EVERYTHING
    assert _mentions("unless_said") == {"accounts/row_scope.py", "artemis_site/testing.py"}
    assert _mentions("show_rows_of") == {
        "accounts/row_scope.py",
        "licensees/assignments.py",
        "licensees/authentication.py",
    }


def test_nothing_that_gives_out_piece_by_piece_is_decorated():
    """The scope of a generator would end before its first piece: it would see nothing, and say that all is well."""
    for room in ROOMS:
        for path in (REPOSITORY / room).rglob("*.py"):
            for one in ast.walk(rules.parsed(path.read_text())):
                if isinstance(one, ast.FunctionDef) and any(
                    ast.unparse(said).startswith("system_scope(") for said in one.decorator_list
                ):
                    yields = [
                        inner for inner in ast.walk(one) if isinstance(inner, ast.Yield | ast.YieldFrom)
                    ]
                    assert not yields, f"{path}: {one.name}"


def test_every_task_says_that_it_sees_everything_or_needs_nothing():
    """One that forgot would find no row, and do nothing, and nobody would notice."""
    for path in sorted(REPOSITORY.glob("*/tasks.py")):
        name = str(path.relative_to(REPOSITORY))
        functions = [one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)]
        said = [ast.unparse(one) for function in functions for one in function.decorator_list]
        scopes = [one for one in said if one.startswith("system_scope(")]
        assert len(scopes) == (0 if name in NEEDS_NO_ROWS else len(functions)), name


def test_no_task_can_do_more_than_look_now():
    """A new task is a new way for something to happen by itself: it has to be added here by hand."""
    current_app.loader.import_default_modules()
    own = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert own == {
        "accounts.tasks.forget_sessions",
        "audit.tasks.send_checkpoints",
        "licensees.tasks.sweep",
        "scoring.tasks.score_pending",
        "scoring.tasks.run_jobs",
        "scoring.tasks.forget_jobs",
        "scoring.tasks.forget_idempotency_keys",
        "scoring.tasks.forget_leftovers",
        "scoring.tasks.watch_drift",
        "referrals.tasks.send_notices",
        "review.tasks.open_cases",
        "review.tasks.expire_claims",
        "referrals.tasks.send_released",
        "retention.tasks.erase_what_is_due",
        "operations.tasks.take_sample",
        "platforms.tasks.send_events",
        "platforms.tasks.write_events",
    }


def test_no_task_and_no_command_reaches_the_referrals_workflow():
    """Not through any chain of imports; but for the demo, which acts through the pages and is listed here by hand."""
    files = {
        source.module: source
        for source in rules.sources(REPOSITORY)
        if source.app in ROOMS and not source.is_test
    }
    graph = {
        module: {known for _, name in source.imports() if (known := rules._known(name, files))}
        for module, source in files.items()
    }
    doors = [m for m, source in files.items() if source.path.name == "tasks.py" or "commands" in m]
    assert len(doors) > 10
    reaching = {".".join(m) for m in doors if ("referrals", "workflow") in rules._reached(m, graph)}
    assert reaching == {"artemis_site.management.commands.load_demo"}


def test_one_address_approves_and_it_takes_one_escalation_from_one_person():
    """No bulk action and no API: in all of the map, one view holds the call; its address names one escalation."""
    callers = [
        function.name
        for function in rules.parsed((REPOSITORY / "referrals/views/answering.py").read_text()).body
        if isinstance(function, ast.FunctionDef)
        and any(isinstance(node, ast.Call) and _called(node) == "approve" for node in ast.walk(function))
    ]
    assert callers == ["approve"]
    (page,) = [page for page in pages() if page.name == "referrals:approve"]
    assert page.route == "escalations/<int:escalation_id>/approve"
    assert page.access.roles == {Role.SUPERVISOR}
    assert not page.access.platform
    api = [page.name for page in pages() if page.route.startswith("api/")]
    assert [name for name in api if not name.startswith(APIS)] == []


# What is sent and scored, and what is asked of a platform.
APIS = ("scoring_api:", "platforms_api:")


def test_a_platforms_key_opens_nothing_but_the_platforms_api():
    outside = [page.route for page in pages() if page.access == PLATFORM and not page.name.startswith(APIS)]
    assert outside == []
    assert any(page.access == PLATFORM for page in pages())
