"""manage.py train_model and promote_model: from a file of labelled conversations to the model that scores."""

import json
from pathlib import Path

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
