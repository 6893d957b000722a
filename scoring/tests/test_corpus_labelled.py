"""Labelled JSON lines as operators really write them: what plainly means something is taken, the rest is named."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.corpora import CorpusError, read, read_records
from scoring.sample_corpus import generate

MESSAGE = {"id": "m1", "sender": "u1", "text": "good day"}
RECORD: dict[str, Any] = {"id": "l1", "label": 1, "language": "en", "messages": [MESSAGE]}
EXACT = RECORD


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Write records one a line and read them again."""

    def read_again(*records: Any) -> list[dict[str, Any]]:
        file = tmp_path / "corpus.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        return list(read_records(file))

    return read_again


def fault_of(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "corpus.jsonl"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CorpusError) as refusal:
        list(read_records(file))
    assert "good day" not in str(refusal.value)
    return str(refusal.value)


# --- The file ------------------------------------------------------------------------------------


def test_byte_order_mark_blank_lines_and_line_ends_do_not_matter(tmp_path: Path):
    file = tmp_path / "corpus.jsonl"
    line = json.dumps(RECORD).encode()
    file.write_bytes(b"\xef\xbb\xbf\r\n" + line + b"\r\n  \r\n" + line)
    assert list(read_records(file)) == [EXACT, EXACT]


def test_an_array_of_records_is_read_as_a_stream(tmp_path: Path):
    file = tmp_path / "corpus.json"
    file.write_text(json.dumps([RECORD, RECORD | {"id": 2, "label": True}], indent=2))
    assert list(read_records(file)) == [EXACT, EXACT | {"id": "2", "label": 1}]
    assert [one.id for one in read(file)] == ["l1", "2"]


def test_a_fault_in_an_array_is_named_by_its_place(tmp_path: Path):
    file = tmp_path / "corpus.json"
    file.write_text(json.dumps([RECORD, RECORD | {"label": 2}]))
    with pytest.raises(CorpusError) as refusal:
        list(read_records(file))
    assert str(refusal.value) == "corpus.json, record 2: label must be 1, 0 or null."


def test_an_array_that_breaks_off_gives_what_came_before_and_then_the_fault(tmp_path: Path):
    file = tmp_path / "corpus.json"
    file.write_text(json.dumps([RECORD, RECORD])[:-5])
    reading = read_records(file)
    assert next(reading) == EXACT
    with pytest.raises(CorpusError, match=r"^corpus\.json: the JSON breaks off or is not well formed\.$"):
        next(reading)


@pytest.mark.parametrize(
    "line",
    ["{nothing", "[" * 100_000, '{"id": "a", "label": NaN, "messages": []}', '"text"x', b'{"id": "\xff"}'],
)
def test_a_line_that_is_not_json_is_named(tmp_path: Path, line: str | bytes):
    raw = line if isinstance(line, bytes) else line.encode()
    content = json.dumps(RECORD).encode() + b"\n" + raw + b"\n"
    assert fault_of(tmp_path, content) == "corpus.jsonl, line 2: not a JSON object in UTF-8."


def test_thousands_of_single_segments_are_read_in_constant_memory(tmp_path: Path):
    file = tmp_path / "segments.jsonl"
    with file.open("w") as lines:
        for number in range(20_000):
            lines.write(json.dumps({"id": number, "label": number % 2, "text": "word " * 60}) + "\n")
    tracemalloc.start()
    count = sum(len(record["messages"]) for record in read_records(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 2_000_000


# --- What is accepted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (1, 1), (0, 0), (None, None), (True, 1), (False, 0), (1.0, 1), (0.0, 0), ("1", 1), ("0", 0),
    ],
)  # fmt: skip
def test_a_label_may_be_written_in_each_plain_way(lines, written: Any, label: int | None):
    (record,) = lines(RECORD | {"label": written})
    assert record["label"] == label
    assert type(record["label"]) is type(label)


def test_a_missing_label_is_no_label(lines):
    (record,) = lines({name: value for name, value in RECORD.items() if name != "label"})
    assert record["label"] is None


def test_whole_numbers_are_ids_and_accounts(lines):
    (record,) = lines(
        RECORD
        | {
            "id": 7,
            "messages": [{"id": 1, "sender": 12, "text": "a"}, {"id": 2.0, "sender": 13, "text": "b"}],
            "authors": {"12": "subject"},
            "spans": [{"message": 1, "start": 0.0, "end": 1, "characteristic": "age_probe"}],
        }
    )
    assert record["id"] == "7"
    assert [(message["id"], message["sender"]) for message in record["messages"]] == [
        ("1", "12"),
        ("2", "13"),
    ]
    assert record["spans"] == [{"message": "1", "start": 0, "end": 1, "characteristic": "age_probe"}]


def test_missing_ids_are_numbered_the_same_in_every_run(lines):
    anonymous = {
        "label": 1,
        "messages": [{"sender": "a", "text": "x"}, {"id": None, "sender": "b", "text": "y"}],
    }
    first = lines(RECORD, anonymous)
    assert first == lines(RECORD, anonymous)
    assert first[1]["id"] == "corpus:2"
    assert [message["id"] for message in first[1]["messages"]] == ["corpus:2:1", "corpus:2:2"]


def test_a_missing_sender_is_one_unknown_account_of_that_conversation_alone(lines):
    nameless = [{"text": "x"}, {"sender": None, "text": "y"}, {"sender": "", "text": "z"}]
    one, other = lines(RECORD | {"id": "a", "messages": nameless}, RECORD | {"id": "b", "messages": nameless})
    assert {message["sender"] for message in one["messages"]} == {"unknown:a"}
    assert {message["sender"] for message in other["messages"]} == {"unknown:b"}


def test_a_conversation_may_be_one_text(lines):
    (record,) = lines({"id": "s1", "label": 0, "text": "good day"})
    assert record["messages"] == [{"id": "s1:1", "sender": "unknown:s1", "text": "good day"}]


def test_empty_messages_are_kept_and_empty_conversations_left_out(lines):
    silent = RECORD | {"messages": [{"id": "m", "sender": "a", "text": None}, MESSAGE | {"text": ""}]}
    kept = lines(RECORD | {"messages": []}, silent)
    assert [[message["text"] for message in record["messages"]] for record in kept] == [["", ""]]


def test_further_fields_are_ignored(lines):
    odd = RECORD | {"extra": {"deep": [1]}, "messages": [MESSAGE | {"likes": 3}]}
    assert lines(odd) == [EXACT]


def test_null_is_as_good_as_left_out(lines):
    empty = dict.fromkeys(("language", "source", "authors", "spans", "groups"))
    (record,) = lines(RECORD | empty | {"messages": [MESSAGE | {"sent_at": None}]})
    assert record == {name: value for name, value in EXACT.items() if name != "language"}


def test_without_a_language_it_is_undetermined(tmp_path: Path, lines):
    lines(RECORD | {"language": ""}, RECORD | {"language": "PT_br"})
    assert [one.language for one in read(tmp_path / "corpus.jsonl")] == ["und", "pt-br"]


def test_authors_spans_and_groups_are_passed_on(lines):
    (record,) = lines(
        RECORD
        | {
            "source": "study",
            "authors": {"u1": "subject", "u2": None, "u3": "possible_minor"},
            "spans": [{"message": "m1", "characteristic": "age_probe"}],
            "groups": {
                "u1": {"age_band": "18-24", "gender": None, "native_speaker": 1, "town": "x"},
                "u2": None,
            },
        }
    )
    assert record["source"] == "study"
    assert record["authors"] == {"u1": "subject", "u3": "possible_minor"}
    assert record["spans"] == [{"message": "m1", "start": 0, "end": 8, "characteristic": "age_probe"}]
    assert record["groups"] == {"u1": {"age_band": "18-24", "native_speaker": True}, "u2": {}}


def test_roles_of_labelled_conversations_stay_with_them(tmp_path: Path, lines):
    lines(RECORD | {"authors": {"u1": "subject"}})
    (one,) = read(tmp_path / "corpus.jsonl")
    assert one.authors == {"u1": "subject"}


def test_times_with_a_zone_are_kept_as_they_are_written(lines):
    (record,) = lines(RECORD | {"messages": [MESSAGE | {"sent_at": "2024-05-01T16:20:00+02:00"}]})
    assert record["messages"][0]["sent_at"] == "2024-05-01T16:20:00+02:00"


def test_lone_surrogates_survive(tmp_path: Path):
    file = tmp_path / "corpus.jsonl"
    file.write_text('{"id": "a", "label": 0, "messages": [{"text": "\\ud83d hi"}]}\n')
    (record,) = read_records(file)
    assert record["messages"][0]["text"] == "\ud83d hi"


def test_the_sample_corpus_is_in_the_exact_form(lines):
    records = list(generate(seed=4, count=5, share_positive=0.5, split="train"))
    assert lines(*records) == records


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id": True}, "id must be text or a whole number."),
        ({"id": 1.5}, "id must be text or a whole number."),
        ({"id": ["a"]}, "id must be text or a whole number."),
        ({"label": 2}, "label must be 1, 0 or null."),
        ({"label": 0.5}, "label must be 1, 0 or null."),
        ({"label": "yes"}, "label must be 1, 0 or null."),
        ({"label": ""}, "label must be 1, 0 or null."),
        ({"label": [1]}, "label must be 1, 0 or null."),
        ({"language": 1}, "language must be a tag such as en or pt-BR."),
        ({"language": "English"}, "language must be a tag such as en or pt-BR."),
        ({"source": 1}, "source must be text."),
        ({"messages": None}, "messages must be a list of objects with id, sender and text."),
        ({"messages": {}}, "messages must be a list of objects with id, sender and text."),
        ({"messages": ["good day"]}, "message 1 must be an object with a text."),
        ({"messages": [{"id": "m"}]}, "message 1 must be an object with a text."),
        ({"messages": [MESSAGE, MESSAGE | {"id": "n", "text": 5}]}, "message 2 has a text that is not text."),
        ({"messages": [MESSAGE | {"id": 0.1}]}, "message 1 has an id that is not text or a whole number."),
        ({"messages": [MESSAGE | {"sender": {}}]}, "message 1 has a sender that is not text or a whole number."),
        ({"messages": [MESSAGE, MESSAGE | {"id": "x"}, MESSAGE]}, "messages 1 and 3 have the same id."),
        (
            {"messages": [MESSAGE | {"sent_at": "2016-01-01T10:00:00"}]},
            "message 1 has a sent_at that is not a time with a zone, such as 2026-03-02T16:20:00Z.",
        ),
        (
            {"messages": [MESSAGE | {"sent_at": 1462118400}]},
            "message 1 has a sent_at that is not a time with a zone, such as 2026-03-02T16:20:00Z.",
        ),
        (
            {"messages": [MESSAGE | {"sent_at": "9999-12-31T23:59:59-12:00"}]},
            "message 1 has a sent_at that is not a time with a zone, such as 2026-03-02T16:20:00Z.",
        ),
        ({"authors": ["u1"]}, "authors must give each account one of: other, possible_minor, subject."),
        ({"authors": {"u1": "someone"}}, "authors must give each account one of: other, possible_minor, subject."),
        ({"authors": {"u1": []}}, "authors must give each account one of: other, possible_minor, subject."),
        ({"authors": {"u9": "subject"}}, "authors names none of the accounts that write in the conversation."),
        ({"groups": ["u1"]}, "groups must give each account an object with age_band, gender or native_speaker."),
        (
            {"groups": {"u1": {"native_speaker": "no"}}},
            "groups must give each account an object with age_band, gender or native_speaker.",
        ),
        (
            {"groups": {"u1": {"gender": True}}},
            "groups must give each account an object with age_band, gender or native_speaker.",
        ),
        ({"spans": {}}, "spans must be a list of objects."),
        ({"spans": [1]}, "spans must be a list of objects."),
        ({"spans": [{"characteristic": "guilt"}]}, "span 1 names a characteristic that is not in the taxonomy."),
        ({"spans": [{"characteristic": []}]}, "span 1 names a characteristic that is not in the taxonomy."),
        (
            {"spans": [{"characteristic": "age_probe", "message": "m1", "start": 0, "end": 99}]},
            "span 1 does not lie inside one of the messages.",
        ),
        (
            {"spans": [{"characteristic": "age_probe", "message": "m1", "start": True, "end": 3}]},
            "span 1 does not lie inside one of the messages.",
        ),
        (
            {"spans": [{"characteristic": "age_probe", "message": "m7"}]},
            "span 1 does not lie inside one of the messages.",
        ),
    ],
)  # fmt: skip
def test_what_means_nothing_plain_is_named_with_its_line_and_without_its_text(
    tmp_path: Path, changed: dict[str, Any], fault: str
):
    content = json.dumps(RECORD) + "\n\n" + json.dumps(RECORD | changed) + "\n"
    assert fault_of(tmp_path, content) == f"corpus.jsonl, line 3: {fault}"


def test_a_line_that_is_no_object_is_named(tmp_path: Path):
    content = json.dumps(RECORD) + "\n[1]\n"
    assert fault_of(tmp_path, content) == "corpus.jsonl, line 2: a conversation must be a JSON object."
