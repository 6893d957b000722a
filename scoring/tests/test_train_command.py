"""manage.py train_model and promote_model: from a file of labelled conversations to the model that scores."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper

from accounts.models import User
from scoring.models import ModelVersion
from scoring.pipeline import Model
from scoring.progress_line import ProgressLine
from scoring.sample_corpus import generate

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "brought.jsonl"
    records = generate(seed=5, count=160, share_positive=0.5, split="train")
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.mark.django_db
def test_a_brought_corpus_is_trained_on_registered_and_promoted(corpus: Path, adam: User, mara: User, capsys):
    call_command("train_model", "--corpus", str(corpus), "--seed", "3")
    version = ModelVersion.objects.get()
    assert (version.name, version.is_demonstration, version.state) == ("brought", False, "registered")
    assert version.digest in capsys.readouterr().out

    with pytest.raises(CommandError, match="not an admin"):
        call_command("promote_model", version.digest[:12], "--by", mara.email)
    call_command("promote_model", version.digest[:12], "--by", adam.email)
    version.refresh_from_db()
    assert version.state == "champion"


@pytest.mark.django_db
def test_the_same_corpus_and_seed_give_the_same_model(corpus: Path):
    call_command("train_model", "--corpus", str(corpus), "--seed", "3")
    call_command("train_model", "--corpus", str(corpus), "--seed", "3")
    assert ModelVersion.objects.count() == 1


@pytest.mark.django_db
def test_a_broken_line_is_named_and_nothing_is_registered(corpus: Path):
    with corpus.open("a") as file:
        file.write("{broken\n")
    with pytest.raises(CommandError, match=r"brought\.jsonl, line 161"):
        call_command("train_model", "--corpus", str(corpus))
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_folders_packed_files_and_plain_text_are_trained_on(corpus: Path, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    lines = corpus.read_bytes().splitlines(keepends=True)
    (folder / "a.jsonl").write_bytes(b"".join(lines[:80]))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[80:])))
    talk = tmp_path / "talk.txt"
    talk.write_text("The bread is in the oven and the table is laid for all of us\n\n" * 5)
    call_command("train_model", "--corpus", str(folder), "--negatives", str(talk), "--seed", "3")
    assert ModelVersion.objects.get().name == "folder"


# --- To a file, without a server -------------------------------------------------------------------


def test_a_model_is_written_to_a_file_with_no_server_no_settings_and_no_keys(corpus: Path, tmp_path: Path):
    nowhere = {
        "PATH": os.environ["PATH"],
        "ARTEMIS_DATA": str(tmp_path / "no-data"),
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    output = tmp_path / "ours.npz"
    arguments = ["--corpus", corpus, "--seed", "3", "--output", output]
    run = subprocess.run(
        [sys.executable, "manage.py", "train_model", *map(str, arguments)],
        cwd=REPOSITORY,
        env=nowhere,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    model = Model.from_bytes(output.read_bytes())
    assert (model.name, model.demonstration) == ("brought", False)
    assert f"SHA-256 {model.digest}" in run.stdout
    assert f"evaluate_model --model {output} --corpus FILE" in run.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brought.jsonl", "ours.npz"]


@pytest.mark.django_db
def test_the_file_is_the_model_that_is_registered(corpus: Path, tmp_path: Path, capsys):
    call_command("train_model", "--corpus", str(corpus), "--seed", "3", "--output", str(tmp_path / "x.npz"))
    assert not ModelVersion.objects.exists()
    call_command("train_model", "--corpus", str(corpus), "--seed", "3")
    assert ModelVersion.objects.get().digest == Model.from_bytes((tmp_path / "x.npz").read_bytes()).digest
    said = capsys.readouterr().out
    assert re.search(
        r"Read 160 conversations of \d+ accounts with [\d,]+ messages: \d+ positive, \d+ benign\.", said
    )
    assert re.search(r"Measured on \d+ conversations of accounts that were set aside .*: precision", said)
    assert "Suggested threshold for the highest F0.5, in which precision counts twice: 0." in said
    assert f"manage.py promote_model {ModelVersion.objects.get().digest[:12]} --by EMAIL" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--corpus", "gone.jsonl"], r"^gone\.jsonl does not exist\. Nothing was trained\.$"),
        (["--negatives", "brought.jsonl"], r"^--negatives needs --corpus"),
        (["--corpus", "brought.jsonl", "--output", "model"], r"^Let the name of the file end in \.npz"),
        (["--corpus", "brought.jsonl", "--output", "gone/m.npz"], r"^gone/m\.npz cannot be written"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_read(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        call_command("train_model", *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["brought.jsonl"]


def test_a_fault_in_the_corpus_leaves_no_file(corpus: Path, tmp_path: Path):
    corpus.write_bytes(corpus.read_bytes()[:-20])
    output = tmp_path / "x.npz"
    output.write_bytes(b"the model of yesterday")
    with pytest.raises(CommandError, match=r"^Nothing was trained: brought\.jsonl, line 160"):
        call_command("train_model", "--corpus", str(corpus), "--output", str(output))
    assert output.read_bytes() == b"the model of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brought.jsonl", "x.npz"]


# --- What the person sees meanwhile ----------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_drawn_over_itself_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch):
    stream = Terminal()
    monkeypatch.setattr("scoring.progress_line.SECONDS_BETWEEN", 0.0)
    with ProgressLine(OutputWrapper(stream)) as line:
        line.show("200 conversations read", None)
        line.show("conversation head", 0.5)
    said = stream.getvalue()
    assert said == (
        f"\r\x1b[K200 conversations read\r\x1b[K[{'█' * 12}{'░' * 12}]  50%  conversation head\r\x1b[K"
    )


def test_elsewhere_a_line_is_written_now_and_then(monkeypatch: pytest.MonkeyPatch):
    stream = io.StringIO()
    with ProgressLine(OutputWrapper(stream)) as line:
        line.show("too early for a line", None)
    monkeypatch.setattr("scoring.progress_line.SECONDS_BETWEEN_LINES", 0.0)
    with ProgressLine(OutputWrapper(stream)) as line:
        line.show("200 conversations read", None)
    assert stream.getvalue() == "200 conversations read\n"


# --- PAN-2012 --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_list_of_subject_accounts_is_given_with_the_xml(tmp_path: Path):
    records = generate(seed=5, count=160, share_positive=0.5, split="train")
    xml, subjects = pan2012(records, tmp_path)
    with pytest.raises(CommandError, match="Name it with --subjects FILE"):
        call_command("train_model", "--corpus", str(xml))
    call_command("train_model", "--corpus", str(xml), "--subjects", str(subjects))
    counts = ModelVersion.objects.get().card["corpus"]
    assert (counts["conversations"], counts["unlabelled"]) == (160, 0)
    assert 50 < counts["positive"] < 110


def pan2012(records: Iterable[dict[str, Any]], folder: Path) -> tuple[Path, Path]:
    """Write records as the XML and the list of PAN-2012."""
    xml, subjects = folder / "chats.xml", folder / "accounts"
    accounts, conversations = set(), []
    for record in records:
        accounts |= {name for name, role in record["authors"].items() if role == "subject"}
        messages = "".join(
            f'<message line="{number}"><author>{own["sender"]}</author><time>03:20</time>'
            f"<text>{escape(own['text'])}</text></message>"
            for number, own in enumerate(record["messages"], start=1)
        )
        conversations.append(f'<conversation id="{record["id"]}">{messages}</conversation>')
    xml.write_text(f"<conversations>{''.join(conversations)}</conversations>")
    subjects.write_text("\n".join(sorted(accounts)))
    return xml, subjects
