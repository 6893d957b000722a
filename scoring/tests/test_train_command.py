"""manage.py train_model and promote_model: from a file of labelled conversations to the model that scores."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from scoring.models import ModelVersion
from scoring.sample_corpus import generate


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
