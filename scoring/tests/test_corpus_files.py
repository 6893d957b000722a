"""Files are read packed or not, and folders as all their files in order."""

import gzip
import json
from pathlib import Path

import pytest

from scoring.corpora import FORMS, CorpusError, detect_form, read, read_records
from scoring.corpus_files import stem_of
from scoring.tests.test_corpora import LABELLED, files

__all__ = ["files"]


def line(identifier: str, **more: object) -> str:
    return json.dumps(LABELLED | {"id": identifier} | more) + "\n"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_may_be_packed(files, form):
    file = files[form]
    plain = list(read(file))
    packed = file.with_name(file.name + ".gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert detect_form(packed) == form
    assert list(read(packed)) == plain


def test_a_packed_file_is_known_by_its_content_not_its_name(tmp_path: Path):
    file = tmp_path / "corpus.jsonl"
    file.write_bytes(gzip.compress(line("a").encode()))
    assert [record["id"] for record in read_records(file)] == ["a"]


def test_a_packed_file_that_breaks_off_gives_what_came_before_and_then_the_fault(tmp_path: Path):
    file = tmp_path / "corpus.jsonl.gz"
    file.write_bytes(gzip.compress("".join(line(str(n)) for n in range(5_000)).encode())[:-20])
    reading = read_records(file)
    assert next(reading)["id"] == "0"
    with pytest.raises(CorpusError) as refusal:
        list(reading)
    assert str(refusal.value) == "corpus.jsonl.gz: the packed file breaks off or is damaged."


def test_a_folder_is_all_its_files_in_the_order_of_their_names(tmp_path: Path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.jsonl").write_text(line("third"))
    (tmp_path / "a.jsonl").write_text(line("first"))
    (tmp_path / "a2.jsonl.gz").write_bytes(gzip.compress(line("second").encode()))
    for name in ("README.txt", "LICENSE", "notes.md", ".hidden.jsonl"):
        (tmp_path / name).write_text("About the corpus.")
    assert [record["id"] for record in read_records(tmp_path)] == ["first", "second", "third"]


def test_a_folder_without_a_corpus_file_is_refused(tmp_path: Path):
    (tmp_path / "README.md").write_text("Nothing here.")
    with pytest.raises(CorpusError) as refusal:
        list(read_records(tmp_path))
    assert str(refusal.value) == f"{tmp_path.name}: there is no corpus file in this folder."


def test_a_file_of_no_known_form_in_a_folder_is_named(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(line("first"))
    (tmp_path / "b.bin").write_text("prose")
    reading = read_records(tmp_path)
    assert next(reading)["id"] == "first"
    with pytest.raises(CorpusError, match=r"^b\.bin is in none of the known forms: "):
        next(reading)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("2016-02-28.raw.txt", "2016-02-28"),
        ("chats.jsonl.gz", "chats"),
        ("v1.2 talk.csv", "v1.2 talk"),
        ("plain", "plain"),
        (".csv", ".csv"),
    ],
)
def test_a_name_without_its_endings_stands_in_ids(name: str, stem: str):
    assert stem_of(Path(name)) == stem
