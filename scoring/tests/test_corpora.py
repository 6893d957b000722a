"""Every form of corpus is read as a stream, with the same ids in every run; what is wrong is said without the text."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring import corpora, corpus_chat
from scoring.corpora import CorpusError, detect_form, read, read_records
from scoring.sample_corpus import generate

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
real_chat = pytest.mark.skipif(not REAL.is_dir(), reason="real chat (../shared/data) is not on this machine")

IRC = """\
=== anna [anna@example.org] has joined #help
[09:58] <anna> hello there
[09:59]  * bert waves
=== bert is now known as bert_
not a line of the log
[23:59] <bert_> [10:00] is a time
[00:01] <anna> good morning \ufffd
[99:00] <anna> no such time
"""
PAN = """<?xml version="1.0" encoding="UTF-8"?>
<conversations>
  <conversation id="c1">
    <message line="1"><author>a1</author><time>03:20</time><text>one &amp; two &lt;b&gt;</text></message>
    <message line="2"><author>a2</author><time>03:21</time><text></text></message>
  </conversation>
  <conversation id="c2"></conversation>
  <conversation id="c3">
    <message line="1"><author>a3</author><time>04:00</time><text>three</text></message>
  </conversation>
</conversations>
"""
TOPICAL = {
    "t-1": {"content": [{"agent": "agent_1", "message": "hi"}, {"agent": "agent_2", "message": "hello"}]}
}
CASINO = [
    {
        "dialogue_id": 4,
        "chat_logs": [
            {"id": "a", "text": "hello", "task_data": {}},
            {"id": "b", "text": "Submit-Deal", "task_data": {"issue2youget": {}}},
            {"id": "a", "text": "thanks", "task_data": {}},
        ],
    }
]
LABELLED = {
    "id": "l1",
    "label": 1,
    "language": "en",
    "messages": [{"id": "m1", "sender": "u1", "text": "good day"}],
}


@pytest.fixture
def files(tmp_path):
    """One small file of each form, by form."""
    content = {
        "irc": ("2016-02-28.txt", IRC),
        "pan2012": ("corpus.xml", PAN),
        "topical_chat": ("topical.json", json.dumps(TOPICAL)),
        "casino": ("casino_x.json", json.dumps(CASINO, indent=1)),
        "labelled": (
            "labelled.jsonl",
            json.dumps(LABELLED) + "\n\n" + json.dumps(LABELLED | {"id": "l2"}) + "\n",
        ),
        "labelled_array": ("array.json", json.dumps([LABELLED, LABELLED | {"id": "l2"}], indent=1)),
        "table": ("chat.csv", "text,sender\nhello,anna\n"),
    }
    for name, text in content.values():
        (tmp_path / name).write_text(text, "utf-8")
    return {form: tmp_path / name for form, (name, _) in content.items()}


@pytest.mark.parametrize("form", corpora.FORMS)
def test_a_form_is_found_out_from_the_file(files, form):
    assert detect_form(files[form]) == form
    assert list(read(files[form])) == list(read(files[form], form))


@pytest.mark.parametrize("content", ["", "some prose", "[1, 2]", "{}", "<html></html>", "\x00\x01"])
def test_a_file_of_no_known_form_is_refused_with_the_forms(tmp_path, content):
    file = tmp_path / "thing.bin"
    file.write_text(content)
    with pytest.raises(CorpusError) as refusal:
        detect_form(file)
    assert str(refusal.value) == (
        "thing.bin is in none of the known forms: labelled JSON lines, a JSON array of labelled conversations, "
        "an IRC log whose lines begin with [HH:MM], Topical-Chat JSON, CaSiNo JSON, PAN-2012 XML, "
        "a table (CSV or TSV) whose first row names a column text."
    )


def test_an_irc_log_gives_what_was_said_with_the_day_of_its_name(files):
    (log,) = read(files["irc"])
    assert (log.id, log.kind, log.participants) == ("irc:2016-02-28", "public", ("anna", "bert", "bert_"))
    assert [message.id.rsplit(":", 1)[1] for message in log.messages] == ["2", "3", "6", "7"]
    assert [message.text for message in log.messages] == [
        "hello there", "waves", "[10:00] is a time", "good morning \ufffd",
    ]  # fmt: skip
    assert log.messages[0].sent_at == datetime(2016, 2, 28, 9, 58, tzinfo=UTC)
    assert log.messages[3].sent_at == datetime(2016, 2, 29, 0, 1, tzinfo=UTC)


def test_an_irc_log_without_a_day_has_no_times(files, tmp_path):
    other = files["irc"].rename(tmp_path / "channel.log")
    assert {message.sent_at for log in read(other) for message in log.messages} == {None}


def test_a_long_log_comes_in_pieces_of_bounded_length(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus_chat, "LONGEST_PIECE", 4)
    file = tmp_path / "2016-01-01.txt"
    file.write_text("".join(f"[10:{minute:02}] <a> line\n" for minute in range(10)))
    pieces = list(read(file))
    assert [len(piece.messages) for piece in pieces] == [4, 4, 2]
    assert [piece.id for piece in pieces] == [
        "irc:2016-01-01",
        "irc:2016-01-01:part2",
        "irc:2016-01-01:part3",
    ]


def test_two_people_talk_in_topical_chat(files):
    (talk,) = read(files["topical_chat"])
    assert (talk.id, talk.kind, talk.label) == ("topical-chat:t-1", "private", None)
    assert [(m.id, m.sender, m.sent_at, m.text) for m in talk.messages] == [
        ("topical-chat:t-1:1", "topical-chat:t-1:agent_1", None, "hi"),
        ("topical-chat:t-1:2", "topical-chat:t-1:agent_2", None, "hello"),
    ]


def test_offers_by_button_are_not_messages_and_leave_ids_alone(files):
    (talk,) = read(files["casino"])
    assert [(message.id, message.text) for message in talk.messages] == [
        ("casino_x:4:1", "hello"),
        ("casino_x:4:3", "thanks"),
    ]


@pytest.mark.parametrize("form", ["topical_chat", "casino"])
def test_json_that_breaks_off_or_lacks_a_part_is_refused(files, form):
    file = files[form]
    whole = file.read_text()
    file.write_text(whole[:-6])
    with pytest.raises(CorpusError, match="the JSON breaks off or is not well formed"):
        list(read(file, form))
    file.write_text(whole.replace('"agent"', '"x"').replace('"chat_logs"', '"x"'))
    with pytest.raises(CorpusError, match="breaks off or is not in its form"):
        list(read(file, form))


def test_the_sample_corpus_survives_its_file(tmp_path):
    records = list(generate(seed=3, count=8, share_positive=0.5, split="train"))
    file = tmp_path / "sample.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert list(read_records(file)) == records
    assert [conversation.label for conversation in read(file)] == [record["label"] for record in records]


def test_parts_that_are_called_alike_in_every_conversation_are_accounts_of_one_only(tmp_path):
    file = tmp_path / "topical.json"
    file.write_text(json.dumps(TOPICAL | {"t-2": TOPICAL["t-1"]}))
    first, second = read(file)
    assert not set(first.participants) & set(second.participants)


def test_benign_chat_becomes_records_with_the_label_that_it_is_given(files):
    (record,) = read_records(files["topical_chat"], label=0)
    assert (record["label"], record["source"], len(record["messages"])) == (0, "topical-chat", 2)
    assert [one["label"] for one in read_records(files["labelled"], label=0)] == [1, 1]


@real_chat
def test_real_chat_is_read_whole_with_unique_ids():
    counts = {}
    for folder in ("casino", "topical-chat", "irc"):
        files = [f for f in sorted((REAL / folder).iterdir()) if f.name != "LICENSE.txt"]
        conversations = [one for file in files for one in read(file)]
        ids = [message.id for one in conversations for message in one.messages]
        assert len(set(ids)) == len(ids)
        counts[folder] = (len(conversations), len(ids))
    assert counts == {"casino": (1_000, 11_581), "topical-chat": (539, 11_681), "irc": (161, 205_055)}
