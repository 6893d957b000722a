"""manage.py evaluate_model: from files alone or from the registry to a card that comes out the same to the byte."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rfc8785
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from audit.record import Machine
from scoring import registry
from scoring.evaluation_card import FORM
from scoring.evaluation_scoring import turns_of
from scoring.models import ModelVersion
from scoring.sample_corpus import generate
from scoring.tests.evaluated import record, written
from scoring.tests.trained import small_corpus, small_model

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return written(tmp_path / "held.jsonl", generate(seed=3, count=60, share_positive=0.4, split="held_out"))


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """Benign chat of one message each, too short to judge, and of many."""
    texts = [
        "shall we take the early train",
        "the one at eight is fine for me",
        "then I book the seats",
        "good",
    ]
    return written(
        tmp_path / "chat.jsonl", (record(n, None, texts=texts if n % 4 else ["hi"]) for n in range(40))
    )


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    path.write_bytes(small_model().to_bytes())
    return path


def card_in(path: Path) -> dict:
    return json.loads(path.read_bytes())


def evaluated(tmp_path: Path, *arguments: object) -> dict:
    call_command("evaluate_model", *map(str, arguments), "--json", str(tmp_path / "card.json"))
    return card_in(tmp_path / "card.json")


# --- From files alone ------------------------------------------------------------------------------


def test_a_file_is_evaluated_with_no_server_no_settings_and_no_keys(
    model: Path, corpus: Path, tmp_path: Path
):
    nowhere = {
        "PATH": os.environ["PATH"],
        "ARTEMIS_DATA": str(tmp_path / "no-data"),
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    arguments = [
        "--model",
        model,
        "--corpus",
        corpus,
        "--json",
        tmp_path / "out.json",
        "--html",
        tmp_path / "out.html",
    ]
    run = subprocess.run(
        [sys.executable, "manage.py", "evaluate_model", *map(str, arguments)],
        cwd=REPOSITORY,
        env=nowhere,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    card = card_in(tmp_path / "out.json")
    assert (card["form"], card["name"], card["models"][0]["digest"]) == (FORM, "small", small_model().digest)
    assert "flagged at 0.5: precision" in run.stdout
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")


def test_the_card_is_the_same_to_the_byte_and_canonical(
    model: Path, corpus: Path, chat: Path, tmp_path: Path
):
    outputs = []
    for run in ("one", "two"):
        out = tmp_path / f"{run}.json"
        call_command(
            "evaluate_model",
            "--model",
            str(model),
            "--corpus",
            str(corpus),
            "--negatives",
            str(chat),
            "--json",
            str(out),
        )
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]
    assert outputs[0] == rfc8785.dumps(json.loads(outputs[0]))


def test_another_seed_moves_the_intervals_and_not_the_figures(model: Path, corpus: Path, tmp_path: Path):
    one, other = (
        evaluated(tmp_path, "--model", model, "--corpus", corpus, "--seed", seed) for seed in (1, 2)
    )
    areas = [card["scopes"][0]["curves"]["pr_auc"] for card in (one, other)]
    assert areas[0]["value"] == areas[1]["value"]
    assert areas[0]["lower"] != areas[1]["lower"]


def test_negatives_are_counted_apart_and_their_abstentions_too(
    model: Path, corpus: Path, chat: Path, tmp_path: Path
):
    card = evaluated(tmp_path, "--model", model, "--corpus", corpus, "--negatives", chat)
    assert [scope["key"] for scope in card["scopes"]] == ["corpus", "all"]
    chats = next(source for source in card["sources"] if source["source"] == "chat.jsonl")
    assert (chats["conversations"], chats["judged"]) == (40, 30)
    (short,) = [own for own in card["abstained"] if own["reason"] == "too_short"]
    assert (short["benign"], short["words"]) == (10, "There is too little text to judge.")
    assert [file["part"] for file in card["evaluated"]["files"]] == ["corpus", "negatives"]


def test_the_figures_are_those_of_the_scores(model: Path, corpus: Path, tmp_path: Path):
    card = evaluated(tmp_path, "--model", model, "--corpus", corpus, "--threshold", "0.6")
    records = [json.loads(line) for line in corpus.read_text().splitlines()]
    from_scores = small_model().score_many([turns_of(own) for own in records])
    flagged = [
        own["label"]
        for own, scored in zip(records, from_scores, strict=True)
        if (scored.probability or 0) >= 0.6
    ]
    point = card["scopes"][0]["points"][0]["left_out"]
    assert (point["precision"]["part"], point["precision"]["whole"]) == (sum(flagged), len(flagged))
    assert point["recall"]["whole"] == sum(own["label"] for own in records)
    assert 0 < len(flagged) < 60


def test_early_detection_and_attacks_are_measured_when_asked_for(model: Path, tmp_path: Path):
    few = written(tmp_path / "few.jsonl", generate(seed=3, count=12, share_positive=0.5, split="held_out"))
    plain = evaluated(tmp_path, "--model", model, "--corpus", few)
    assert plain["early"] == {"why": "not measured in this run: add --early"}
    assert plain["attacks"] == {"why": "not measured in this run: add --attacks"}
    card = evaluated(tmp_path, "--model", model, "--corpus", few, "--early", "--attacks")
    assert [row["skepticism"] for row in card["early"]["rows"]] == list(range(1, 11))
    assert card["early"]["skepticism"] == 5
    assert {row["attack"] for row in card["attacks"]["rows"]} >= {
        "leet",
        "homoglyphs",
        "zero_width",
        "spacing",
    }


def test_no_text_and_no_name_of_an_account_is_in_a_card(
    model: Path, corpus: Path, chat: Path, tmp_path: Path, capfd
):
    page = tmp_path / "page.html"
    evaluated(tmp_path, "--model", model, "--corpus", corpus, "--negatives", chat, "--html", page)
    output = capfd.readouterr()
    everything = (tmp_path / "card.json").read_text() + page.read_text() + output.out + output.err
    records = [
        json.loads(line) for line in (*corpus.read_text().splitlines(), *chat.read_text().splitlines())
    ]
    messages = [message for own in records for message in own["messages"]]
    assert not [
        message for message in messages if len(message["text"]) > 12 and message["text"] in everything
    ]
    assert not [message for message in messages if f'"{message["sender"]}"' in everything]


def test_a_model_judged_on_its_own_corpus_is_warned_of(model: Path, tmp_path: Path):
    own = written(tmp_path / "own.jsonl", small_corpus())
    card = evaluated(tmp_path, "--model", model, "--corpus", own)
    assert any("trained on these very conversations" in sentence for sentence in card["warnings"])
    assert any(sentence.startswith("Demonstration, not deployable") for sentence in card["warnings"])


# --- Cross-validation ------------------------------------------------------------------------------


def test_a_model_is_trained_for_each_fold_and_judges_people_it_has_not_seen(chat: Path, tmp_path: Path):
    corpus = written(tmp_path / "own.jsonl", generate(seed=5, count=120, share_positive=0.5, split="train"))
    card = evaluated(
        tmp_path, "--cross-validate", "2", "--corpus", corpus, "--unseen-negatives", chat, "--peers"
    )
    assert card["cross_validated"] == 2
    assert [model["name"] for model in card["models"]] == ["fold 1", "fold 2"]
    assert not {model["corpus_digest"] for model in card["models"]} & {card["evaluated"]["digest"]}
    assert card["scopes"][0]["labelled"] == 120
    assert card["scopes"][1]["labelled"] == 160
    names = [peer["name"] for peer in card["peers"]]
    assert names[1:3] == ["TF-IDF, LinearSVC", "hashed n-grams, logistic regression"]
    judged = [peer["scopes"][0]["judged"] for peer in card["peers"] if "scopes" in peer]
    assert judged[1:3] == [120, 120]
    assert card["peers"][1]["scopes"][0]["pr_auc"]["value"] > 0.8


def test_too_few_people_for_so_many_folds_is_said(tmp_path: Path):
    corpus = written(
        tmp_path / "pair.jsonl",
        (record(n, n % 2, senders=("ann", "bob"), texts=["hello"] * 5) for n in range(10)),
    )
    with pytest.raises(CommandError, match="3 folds need positive conversations with senders of their own"):
        call_command("evaluate_model", "--cross-validate", "3", "--corpus", str(corpus))


# --- The registry ----------------------------------------------------------------------------------


@pytest.fixture
def registered() -> ModelVersion:
    return registry.register(model=small_model(), name="small", card={}, by=Machine("test"))


@pytest.mark.django_db
@pytest.mark.parametrize("named", ["name", "digest"])
def test_a_registered_model_is_found_and_its_evaluation_kept(
    registered: ModelVersion, named: str, corpus: Path, tmp_path: Path
):
    card = evaluated(
        tmp_path, "--model", "small" if named == "name" else registered.digest[:10], "--corpus", corpus
    )
    (kept,) = registered.evaluations.all()
    assert kept.card == card
    assert kept.corpus_digest == card["evaluated"]["digest"]


@pytest.mark.django_db
def test_without_a_name_the_champion_is_evaluated(
    registered: ModelVersion, adam: User, corpus: Path, tmp_path: Path
):
    with pytest.raises(CommandError, match="No model scores yet: name one with --model"):
        call_command("evaluate_model", "--corpus", str(corpus))
    registry.promote(model_id=registered.pk, by=adam)
    assert evaluated(tmp_path, "--corpus", corpus)["models"][0]["digest"] == registered.digest


@pytest.mark.django_db
def test_an_unknown_name_is_answered_with_those_that_exist(registered: ModelVersion, corpus: Path):
    with pytest.raises(
        CommandError, match=f"No model is called smal1.*Registered: small {registered.digest[:8]}"
    ):
        call_command("evaluate_model", "--model", "smal1", "--corpus", str(corpus))
    assert not registered.evaluations.exists()


# --- Refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cross-validate", "1"], "--cross-validate needs at least 2 folds"),
        (["--cross-validate", "2", "--model", "small"], "leave out --model"),
        (["--peers"], "--peers needs --cross-validate"),
        (["--unseen-negatives", "x"], "use --negatives"),
        (["--model", "absent.npz"], r"absent\.npz cannot be read: No such file"),
        (["--threshold", "2"], "a threshold lies between 0 and 1"),
        (["--prevalence", "often"], "write it as 1/10000"),
        (["--conversations-a-day", "-5"], "write how many conversations there are in a day"),
    ],
)
def test_a_wrong_option_is_answered_with_what_to_do(arguments: list[str], sentence: str, corpus: Path):
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate_model", "--corpus", str(corpus), *arguments)


def test_what_is_no_model_is_not_loaded(corpus: Path, tmp_path: Path):
    (tmp_path / "other.npz").write_bytes(b"not a model")
    with pytest.raises(CommandError, match=r"other\.npz is not a model"):
        call_command("evaluate_model", "--model", str(tmp_path / "other.npz"), "--corpus", str(corpus))


def test_a_corpus_without_labels_is_refused(model: Path, tmp_path: Path):
    corpus = written(tmp_path / "plain.jsonl", [record(1, None)])
    with pytest.raises(CommandError, match="No conversation has a label"):
        call_command("evaluate_model", "--model", str(model), "--corpus", str(corpus))


def test_a_broken_line_is_named_and_nothing_is_written(model: Path, corpus: Path, tmp_path: Path):
    with corpus.open("a") as file:
        file.write("{broken\n")
    with pytest.raises(CommandError, match=r"held\.jsonl, line 61"):
        evaluated(tmp_path, "--model", model, "--corpus", corpus)
    assert not (tmp_path / "card.json").exists()


def test_a_place_that_cannot_be_written_is_named(model: Path, corpus: Path, tmp_path: Path):
    with pytest.raises(CommandError, match=r"cannot be written: .*Choose another place"):
        call_command(
            "evaluate_model",
            "--model",
            str(model),
            "--corpus",
            str(corpus),
            "--json",
            str(tmp_path / "no" / "x.json"),
        )


# --- PAN-2012 --------------------------------------------------------------------------------------

PAN_XML = """<?xml version="1.0" encoding="UTF-8"?>
<conversations>
<conversation id="a">{first}</conversation>
<conversation id="b">{second}</conversation>
</conversations>
"""


def pan_messages(*authors: str) -> str:
    text = "shall we take the early train and then look at the old tower together"
    return "".join(
        f'<message line="{line}"><author>{author}</author><time>03:20</time><text>{text}</text></message>'
        for line, author in enumerate(authors, start=1)
    )


def test_files_that_are_not_pan_2012s_own_give_no_official_figure(model: Path, tmp_path: Path):
    xml = tmp_path / "conversations.xml"
    xml.write_text(PAN_XML.format(first=pan_messages(*"xyxy"), second=pan_messages(*"vwvw")))
    (tmp_path / "subjects.list").write_text("x\n")
    (tmp_path / "lines.list").write_text("a\t1\na\t3\n")
    card = evaluated(
        tmp_path,
        *("--model", model, "--corpus", xml),
        *("--subjects", tmp_path / "subjects.list", "--lines", tmp_path / "lines.list"),
    )
    assert card["evaluated"]["pan2012"] == "not the official files"
    assert (card["scopes"][0]["labelled"], card["scopes"][0]["positive"]) == (2, 1)
    assert card["accounts"]["recall"]["whole"] == 1
    assert card["lines"]["recall"]["whole"] == 2


def test_early_detection_is_told_on_the_corpus_and_false_alarms_on_every_kind(
    model: Path, chat: Path, tmp_path: Path
):
    few = written(tmp_path / "few.jsonl", generate(seed=3, count=12, share_positive=0.5, split="held_out"))
    early = evaluated(tmp_path, "--model", model, "--corpus", few, "--negatives", chat, "--early")["early"]
    benign = sum(own["label"] == 0 for own in map(json.loads, few.read_text().splitlines()))
    assert early["rows"][4]["false_alarms"]["whole"] == benign
    alarms = {row["source"]: row["false_alarms"]["whole"] for row in early["false_alarms"]}
    assert (alarms["benign part of the corpus"], alarms["chat.jsonl"]) == (benign, 40)
