"""PAN-2012: the XML as a stream, with the list of subject accounts that is given or lies beside it."""

import hashlib
from pathlib import Path

import pytest

from scoring import corpus_pan2012_files
from scoring.corpora import (
    CorpusError,
    official_pan2012,
    official_subjects,
    read,
    read_records,
    read_subjects,
    read_suspicious_lines,
)
from scoring.corpus_pan2012 import read_pan2012
from scoring.tests.test_corpora import PAN

TRAIN_XML = "pan12-sexual-predator-identification-training-corpus-2012-05-01.xml"
TEST_XML = "pan12-sexual-predator-identification-test-corpus-2012-05-17.xml"
TRAIN_LIST = "pan12-sexual-predator-identification-training-corpus-predators-2012-05-01.txt"
TEST_LIST = "pan12-sexual-predator-identification-groundtruth-problem1.txt"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / TRAIN_XML
    file.write_text(PAN)
    return file


def labels(path: Path, **named: Path) -> list[int | None]:
    return [record["label"] for record in read_records(path, **named)]


def test_it_is_read_with_its_list_of_subject_accounts(corpus: Path):
    first, second = read_pan2012(corpus, frozenset({"a3"}))
    assert (first.id, first.label, second.label) == ("pan2012:c1", 0, 1)
    assert [(m.id, m.sender, m.text) for m in first.messages] == [
        ("pan2012:c1:1", "a1", "one & two <b>"),
        ("pan2012:c1:2", "a2", ""),
    ]
    assert {conversation.label for conversation in read(corpus)} == {None}


def test_it_has_clock_times_without_dates_and_so_no_times(corpus: Path):
    assert {message.sent_at for one in read(corpus) for message in one.messages} == {None}


def test_a_listed_account_is_a_subject_account_in_its_conversations(corpus: Path, tmp_path: Path):
    subjects = tmp_path / "accounts"
    subjects.write_text("a3\n")
    assert [record["authors"] for record in read_records(corpus, subjects=subjects)] == [
        {"a1": "other", "a2": "other"},
        {"a3": "subject"},
    ]


def test_the_list_beside_the_file_is_found_by_its_name(corpus: Path, tmp_path: Path):
    (tmp_path / TRAIN_LIST).write_text("a3\r\n\r\n")
    (tmp_path / TEST_LIST).write_text("a1\n")
    assert labels(corpus) == [0, 1]
    assert labels(corpus.rename(tmp_path / TEST_XML)) == [1, 0]


def test_one_list_beside_a_renamed_file_is_its_list(corpus: Path, tmp_path: Path):
    (tmp_path / TEST_LIST).write_text("a1\n")
    assert labels(corpus.rename(tmp_path / "chats.xml")) == [1, 0]


def test_two_lists_beside_a_renamed_file_have_to_be_told_apart_by_the_operator(corpus: Path, tmp_path: Path):
    (tmp_path / TRAIN_LIST).write_text("a3\n")
    (tmp_path / TEST_LIST).write_text("a1\n")
    renamed = corpus.rename(tmp_path / "chats.xml")
    with pytest.raises(CorpusError) as refusal:
        labels(renamed)
    assert str(refusal.value) == (
        f"chats.xml: several lists of subject accounts lie beside it ({TEST_LIST}, {TRAIN_LIST}). Name one."
    )
    assert labels(renamed, subjects=tmp_path / TRAIN_LIST) == [0, 1]


def test_the_official_files_are_known_by_their_digest_whatever_their_names(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, content, half in (("XML_DIGESTS", PAN, "test"), ("SUBJECT_DIGESTS", "a1\n", "test")):
        digest = hashlib.sha256(content.encode()).hexdigest()
        monkeypatch.setattr(corpus_pan2012_files, name, {digest: half})
    (tmp_path / "list.txt").write_text("a1\n")
    (tmp_path / TRAIN_LIST).write_text("a3\n")
    assert official_pan2012(corpus) == "test"
    assert official_subjects(tmp_path / "list.txt") == "test"
    assert official_subjects(tmp_path / TRAIN_LIST) is None
    assert labels(corpus) == [1, 0]


def test_line_ends_of_two_characters_do_not_make_an_official_file_another(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        corpus_pan2012_files, "XML_DIGESTS", {hashlib.sha256(PAN.encode()).hexdigest(): "train"}
    )
    corpus.write_bytes(PAN.replace("\n", "\r\n").encode())
    assert official_pan2012(corpus) == "train"
    corpus.write_text(PAN.replace("three", "four"))
    assert official_pan2012(corpus) is None


def test_the_digests_are_those_that_the_design_names():
    assert {digest[:8]: half for digest, half in corpus_pan2012_files.XML_DIGESTS.items()} == {
        "1630a592": "train",
        "ff1d94fb": "test",
    }
    assert {digest[:8]: half for digest, half in corpus_pan2012_files.SUBJECT_DIGESTS.items()} == {
        "a8594e64": "train",
        "342c12b0": "test",
    }


def test_without_a_list_the_operator_is_told_how_to_name_one(corpus: Path):
    with pytest.raises(CorpusError) as refusal:
        labels(corpus)
    assert str(refusal.value) == (
        f"{TRAIN_XML}: the list of subject accounts does not lie beside it. Name it with --subjects FILE."
    )


def test_without_a_list_it_may_be_benign_chat(corpus: Path):
    assert [record["label"] for record in read_records(corpus, label=0)] == [0, 0]


def test_a_list_that_matches_no_account_is_an_error(corpus: Path, tmp_path: Path):
    (tmp_path / TRAIN_LIST).write_text("b1\nb2\n")
    with pytest.raises(CorpusError) as refusal:
        labels(corpus)
    assert str(refusal.value) == (
        f"{TRAIN_XML}: none of the 2 accounts of the list wrote in it. Is it another file's list?"
    )


def test_an_empty_list_is_an_error(tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(CorpusError) as refusal:
        read_subjects(tmp_path / "empty.txt")
    assert str(refusal.value) == "empty.txt: the list of subject accounts is empty."


def test_in_a_folder_the_lists_are_not_taken_for_chat(corpus: Path, tmp_path: Path):
    (tmp_path / TRAIN_LIST).write_text("a3\n")
    (tmp_path / "readme.txt").write_text("About the corpus.")
    assert labels(tmp_path) == [0, 1]


def test_the_lines_of_problem_two_name_messages(tmp_path: Path):
    file = tmp_path / "pan12-sexual-predator-identification-groundtruth-problem2.txt"
    file.write_text("c1\t1\nc3 12\n")
    assert read_suspicious_lines(file) == {("c1", "1"), ("c3", "12")}
    file.write_text("c1\t1\nc3\n")
    with pytest.raises(CorpusError) as refusal:
        read_suspicious_lines(file)
    assert str(refusal.value) == f"{file.name}, line 2: not a conversation's id and a line number."


def test_a_message_without_an_author_is_of_an_unknown_account_of_its_conversation(corpus: Path):
    corpus.write_text(PAN.replace("<author>a2</author>", "<author></author>"))
    assert [message.sender for message in next(read(corpus)).messages] == ["a1", "unknown:pan2012:c1"]


def test_xml_that_declares_a_document_type_is_refused_before_it_is_expanded(tmp_path: Path):
    file = tmp_path / "bomb.xml"
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(12))
    file.write_text(f'<?xml version="1.0"?><!DOCTYPE c [{entities}]><conversations>&e11;</conversations>')
    with pytest.raises(
        CorpusError, match=r"bomb.xml: the file declares a document type; remove the declaration"
    ):
        list(read(file, "pan2012"))


def test_xml_that_breaks_off_gives_what_came_before_and_then_the_fault(corpus: Path):
    corpus.write_text(PAN[: PAN.index('<conversation id="c3"') + 40])
    reading = read(corpus)
    assert next(reading).id == "pan2012:c1"
    with pytest.raises(CorpusError, match=r"line \d+: not well-formed XML of the PAN-2012 layout."):
        list(reading)
