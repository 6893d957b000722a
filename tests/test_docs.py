"""The documents say what the code does, and no link in them leads nowhere."""

import re
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command

from artemis_site.documents import documents, stale_documents

REPOSITORY = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", "var", "node_modules", ".git"}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.M)
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.I)


@pytest.mark.parametrize("name", ["docs/states.md", "docs/roles.md", "docs/verbs.md", "docs/asvs.md"])
def test_a_generated_document_says_what_the_code_does(name: str) -> None:
    written = (REPOSITORY / name).read_text(encoding="utf-8")
    assert written == documents()[name], f"{name} is stale: run “manage.py write_docs”."


def test_the_same_code_writes_the_same_documents() -> None:
    assert documents() == documents()


def test_the_command_writes_what_is_stale_and_only_that(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    call_command("write_docs", stdout=StringIO())
    assert stale_documents() == []
    (tmp_path / "docs" / "roles.md").write_text("Everybody may do everything.")
    output = StringIO()
    call_command("write_docs", stdout=output)
    assert output.getvalue() == "Wrote docs/roles.md.\n"


def test_the_check_names_what_is_stale_and_writes_nothing(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    call_command("write_docs", stdout=StringIO())
    (tmp_path / "docs" / "roles.md").write_text("Everybody may do everything.")
    with pytest.raises(CommandError, match=r"^Stale: docs/roles\.md\. Run “manage\.py write_docs”"):
        call_command("write_docs", "--check")
    assert stale_documents() == ["docs/roles.md"]


# --- Links -------------------------------------------------------------------------------------


def dead_links(root: Path) -> list[str]:
    return [
        f"{file.relative_to(root)}: {target}"
        for file in sorted(root.rglob("*.md"))
        if SKIPPED.isdisjoint(file.relative_to(root).parts)
        for target in links_of(file.read_text(encoding="utf-8"))
        if not leads_somewhere(root, file, target)
    ]


def links_of(text: str) -> list[str]:
    return [first or second for first, second in LINK.findall(CODE.sub("", text))]


def leads_somewhere(root: Path, file: Path, target: str) -> bool:
    if OUTSIDE.match(target):
        return True
    path = unquote(target.split("#")[0].split("?")[0])
    start = root if path.startswith("/") else file.parent
    return (start / path.lstrip("/")).exists()


def test_no_link_in_the_repository_leads_nowhere() -> None:
    assert dead_links(REPOSITORY) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "there.md").write_text(
        "[up](../README.md#part) [out](https://example.org) [here](#x)"
    )
    (tmp_path / "README.md").write_text(
        "[good](docs/there.md) ![bad](docs/gone.png) `[code](no.md)`\n\n[also bad]: docs/away.md\n"
    )
    assert dead_links(tmp_path) == ["README.md: docs/gone.png", "README.md: docs/away.md"]
