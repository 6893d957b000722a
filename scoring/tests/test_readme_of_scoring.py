"""The three commands in scoring/README.md do what it says, typed as they stand; and it knows every file."""

import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from scoring.models import ModelVersion
from scoring.sample_corpus import generate
from scoring.tests.evaluated import record, written

FOLDER = Path(__file__).resolve().parents[1]
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def commands() -> Iterator[list[str]]:
    """The commands of the README, as a shell would split them, without scripts/manage."""
    block = re.search(r"```sh\n(.*?)```", README, re.S)
    assert block
    for line in block[1].splitlines():
        program, *arguments = shlex.split(line)
        assert program == "scripts/manage"
        yield arguments


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a corpus and with benign chat, in which the commands are typed."""
    written(tmp_path / "corpus.jsonl", generate(seed=8, count=200, share_positive=0.4, split="held_out"))
    lines = ("the early train is full", "then we take the later one", "fine for me", "see you at the station")
    written(tmp_path / "chat.jsonl", (record(n, None, texts=lines * 2) for n in range(30)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.django_db
def test_three_commands_lead_from_a_corpus_to_the_model_that_scores(folder: Path, adam: User, capsys):
    User.objects.filter(pk=adam.pk).update(email="you@example.org")
    typed = list(commands())
    assert [name for name, *_ in typed] == ["train_model", "evaluate_model", "promote_model"]

    for name, *arguments in typed:
        call_command(name, *arguments)

    version = ModelVersion.objects.get()
    assert (version.name, version.state, version.is_demonstration) == ("ours", "champion", False)
    assert version.card["corpus"]["conversations"] == 230
    card = json.loads((folder / "card.json").read_bytes())
    assert len(card["models"]) == 5
    assert (folder / "card.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "ours" in capsys.readouterr().out


def test_every_file_has_its_line():
    patterns = re.findall(r"`([\w*]+\.py)`", README)
    files = [path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py"]
    assert [name for name in sorted(files) if not any(fnmatch(name, each) for each in patterns)] == []
    assert [each for each in patterns if not any(fnmatch(name, each) for name in files)] == []
