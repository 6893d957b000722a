"""What the documents tell people to type exists, and the checks that they name pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.machinery import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
SCRIPT = re.compile(r"(?:^|[`\s])(scripts/[a-z_]+)")
COMMAND = re.compile(r"(?:scripts/manage|manage\.py) ([a-z_]+)")


def _said(pattern: re.Pattern[str]) -> set[str]:
    return {found for document in DOCUMENTS for found in pattern.findall(document.read_text())}


def test_every_script_that_is_named_can_be_run():
    named = _said(SCRIPT)
    assert {"scripts/demo", "scripts/test", "scripts/check", "scripts/manage"} <= named
    assert [name for name in sorted(named) if not os.access(REPOSITORY / name, os.X_OK)] == []


def test_every_command_that_is_named_exists():
    named = _said(COMMAND)
    assert {"ingest", "train_model", "verify_packet", "verify_audit"} <= named
    assert sorted(named - set(get_commands())) == []


@pytest.mark.skipif(
    Path(sys.prefix) != REPOSITORY / ".venv", reason="scripts/check uses the scripts' own .venv"
)
def test_the_checks_pass():
    check = REPOSITORY / "scripts" / "check"
    done = subprocess.run([check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
