"""The rules that keep the house readable, and a planted break of each: a check that cannot fail is none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.views import APIView

from accounts.access import PUBLIC, access
from accounts.roles import Role
from artemis_site.site_map import Page, pages
from tests import architecture_rules as rules

REPOSITORY = Path(__file__).resolve().parent.parent
Rule = Callable[[Path], Iterator[str]]

STATEFUL = "class Case:\n    MOVES = {}\n"
LATE_IMPORT = "def f():\n    import os\n    return os\n"
LATE_METHOD = "class A:\n    async def f(self):\n        import os\n"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Rule) -> None:
    assert list(rule(REPOSITORY)) == []


PLANTED = [
    # --- one direction between the apps
    (
        rules.imports_run_one_way,
        {"audit/record.py": "from licensees.models import Licensee"},
        ["audit/record.py:1"],
    ),
    (rules.imports_run_one_way, {"review/a.py": "import referrals.models"}, ["review/a.py:1"]),
    (
        rules.imports_run_one_way,
        {"scoring/api/a.py": "from artemis_site import views"},
        ["scoring/api/a.py:1"],
    ),
    (rules.imports_run_one_way, {"review/a.py": "from tests.people import mara"}, ["review/a.py:1"]),
    (rules.imports_run_one_way, {"review/a.py": "def f():\n    import referrals"}, ["review/a.py:2"]),
    (rules.imports_run_one_way, {"review/a.py": "from audit.record import record"}, []),
    (rules.imports_run_one_way, {"audit/tests/test_a.py": "from referrals.models import Packet"}, []),
    (rules.imports_run_one_way, {"audit/migrations/0001.py": "from referrals.models import Packet"}, []),
    # --- one direction inside an app
    (
        rules.layers_run_one_way,
        {"review/models/case.py": "from review.policies import check", "review/policies.py": ""},
        ["review.models.case reaches review.policies"],
    ),
    (
        rules.layers_run_one_way,
        {"review/policies.py": "from review import permissions", "review/permissions.py": ""},
        ["review.policies reaches review.permissions"],
    ),
    (
        rules.layers_run_one_way,
        {"review/queue.py": "from .views.queue import page", "review/views/queue.py": ""},
        ["review.queue reaches review.views.queue"],
    ),
    (
        rules.layers_run_one_way,
        {
            "review/models/case.py": "from review.words import x",
            "review/words.py": "from review.workflow import y",
            "review/workflow.py": "",
        },
        ["review.models.case reaches review.workflow"],
    ),
    (
        rules.layers_run_one_way,
        {
            "review/workflow.py": "from review.tasks import ring",
            "review/tasks.py": "from review.forms import F",
        }
        | {"review/forms.py": ""},
        [
            "review.tasks reaches review.forms",
            "review.workflow reaches review.forms",
            "review.workflow reaches review.tasks",
        ],
    ),
    (
        rules.layers_run_one_way,
        {
            "scoring/ingest.py": "from scoring.tasks import ring",
            "scoring/tasks.py": "from scoring import outbox",
        }
        | {"scoring/outbox.py": ""},
        ["scoring.ingest reaches scoring.tasks"],
    ),
    (
        rules.layers_run_one_way,
        {
            "review/views/queue.py": "from review.workflow import y",
            "review/workflow.py": "from review.models import Z",
        },
        [],
    ),
    # --- imports at the top
    (rules.imports_stand_at_the_top, {"review/a.py": LATE_IMPORT}, ["review/a.py:2"]),
    (
        rules.imports_stand_at_the_top,
        {"review/a.py": LATE_METHOD},
        ["review/a.py:3"],
    ),
    (rules.imports_stand_at_the_top, {"review/tests/test_a.py": LATE_IMPORT}, []),
    (rules.imports_stand_at_the_top, {"manage.py": LATE_IMPORT}, []),
    # --- the only writer of a state
    (rules.only_transition_writes_a_state, {"review/a.py": "case.state = 'waiting'"}, ["review/a.py:1"]),
    (rules.only_transition_writes_a_state, {"review/a.py": "a, case.state = 1, 2"}, ["review/a.py:1"]),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "cases.update(state='waiting')"},
        ["review/a.py:1"],
    ),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "Other.objects.create(state='x')"},
        ["review/a.py:1"],
    ),
    (
        rules.only_transition_writes_a_state,
        {"review/models.py": STATEFUL, "review/a.py": "Case.objects.bulk_create([Case(state='waiting')])"},
        ["review/a.py:1"],
    ),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "Case.objects.get_or_create(pk=1, defaults={'state': 'waiting'})"},
        ["review/a.py:1"],
    ),
    (rules.only_transition_writes_a_state, {"review/a.py": "setattr(case, 'state', 'x')"}, ["review/a.py:1"]),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "m.bulk_update(cases, ['state'])"},
        ["review/a.py:1"],
    ),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "case.save(update_fields=['state'])"},
        ["review/a.py:1"],
    ),
    (
        rules.only_transition_writes_a_state,
        {"review/a.py": "run('UPDATE review_case SET closed_at = now(), state = %s WHERE id = 1')"},
        ["review/a.py:1"],
    ),
    (rules.only_transition_writes_a_state, {"audit/transitions.py": "thing.state = to"}, []),
    (rules.only_transition_writes_a_state, {"review/a.py": "cases.filter(state='waiting').count()"}, []),
    (rules.only_transition_writes_a_state, {"review/a.py": "ask(state='x')\nif case.state: pass"}, []),
    (rules.only_transition_writes_a_state, {"review/a.py": "run('UPDATE a SET b = 1 WHERE state = 2')"}, []),
    # --- files
    (rules.no_file_is_too_long, {"review/a.py": "x = 1\n" * 401}, ["review/a.py has 401 lines"]),
    (
        rules.no_file_is_too_long,
        {"review/a.py": "x = 1\n" * 400, "review/tests/test_a.py": "x = 1\n" * 999},
        [],
    ),
    (rules.every_name_says_something, {"review/utils.py": ""}, ["review/utils.py"]),
    (rules.every_name_says_something, {"static/js/helpers.js": ""}, ["static/js/helpers.js"]),
    (rules.every_name_says_something, {"scoring/core/a.py": ""}, ["scoring/core"]),
    (rules.every_name_says_something, {"review/queue.py": "", ".venv/lib/utils.py": ""}, []),
    (rules.only_commands_print, {"review/a.py": "print('x')"}, ["review/a.py:1"]),
    (
        rules.only_commands_print,
        {"audit/management/commands/a.py": "print('x')", "benchmarks/a.py": "print('x')"},
        [],
    ),
]


@pytest.mark.parametrize(("rule", "files", "expected"), PLANTED)
def test_a_planted_break_is_found_and_what_is_allowed_is_not(
    rule: Rule, files: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = list(rule(tmp_path))
    assert len(found) == len(expected), found
    for line, beginning in zip(sorted(found), expected, strict=True):
        assert line.startswith(beginning)


def test_every_rule_has_a_planted_break() -> None:
    broken = {rule for rule, _, expected in PLANTED if expected}
    assert broken == set(rules.RULES)


# --- Every address declares who may open it ---------------------------------------------------------


def undeclared(found: list[Page]) -> list[str]:
    return [page.route for page in found if page.access is None]


def test_every_address_declares_its_access() -> None:
    found = pages()
    assert len(found) > 20, "the site map was not walked"
    assert undeclared(found) == []


def a_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Machine(APIView):
    """An API view as a careless person would mount it."""


def test_an_address_that_declares_nothing_is_found() -> None:
    inner = SimpleNamespace(
        urlpatterns=[path("machine", Machine.as_view()), path("open", access(PUBLIC)(lambda request: None))]
    )
    patterns = [
        path("closed", a_view),
        path("guarded", access(Role.ADMIN)(lambda request: None)),
        path("deep/", include((inner.urlpatterns, "inner"))),
    ]
    found = pages(patterns)
    assert len(found) == 4
    assert undeclared(found) == ["closed", "deep/machine"]
