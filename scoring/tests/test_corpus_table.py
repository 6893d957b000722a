"""Chat in a table or as plain text: the forms in which benign chat lies about."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring import corpus_chat
from scoring.corpora import CorpusError, detect_form, read, read_records


@pytest.fixture
def table(tmp_path: Path):
    """Write a table and read it again as (conversation, label, [(sender, text)])."""

    def read_again(content: str | bytes, name: str = "chat.csv"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [
            (one.id, one.label, [(message.sender, message.text) for message in one.messages])
            for one in read(file)
        ]

    return read_again


def fault_of(table, content: str) -> str:
    with pytest.raises(CorpusError) as refusal:
        table(content)
    assert "good day" not in str(refusal.value)
    return str(refusal.value)


def test_rows_with_the_same_conversation_are_one(table):
    assert table('thread,author,message\nt1,anna,"good, day"\nt1,bert,"two\nlines"\n\nt2,anna,bye\n') == [
        ("table:chat:t1", None, [("anna", "good, day"), ("bert", "two\nlines")]),
        ("table:chat:t2", None, [("anna", "bye")]),
    ]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Text\tSender\ngood day\tanna\n", "a.tsv"),
        ("text;from\r\ngood day;anna\r\n", "a.csv"),
        ("speaker|BODY\nanna|good day\n", "a.txt"),
        ("\ufeffuser,content\nanna,good day\n", "export"),
        ("\ufefftext,user\ngood day,anna\n".encode("utf-16-le"), "a.csv"),
    ],
)
def test_columns_may_be_named_and_parted_in_the_common_ways(table, content: str | bytes, name: str):
    ((_, _, messages),) = table(content, name)
    assert messages == [("anna", "good day")]


def test_without_conversations_and_senders_each_row_is_a_conversation(table):
    assert table("label,text\n0,good day\n1,bye\n,again\n") == [
        ("table:chat:2", 0, [("unknown:table:chat:2", "good day")]),
        ("table:chat:3", 1, [("unknown:table:chat:3", "bye")]),
        ("table:chat:4", None, [("unknown:table:chat:4", "again")]),
    ]


def test_without_conversations_but_with_senders_it_is_one_log(table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corpus_chat, "LONGEST_PIECE", 2)
    found = table("sender,text\na,1\nb,2\na,3\n")
    assert [(name, len(messages)) for name, _, messages in found] == [
        ("table:chat", 2),
        ("table:chat:part2", 1),
    ]


def test_a_label_holds_for_the_whole_conversation(table):
    assert [
        label for _, label, _ in table("chat_id,label,text\na,1,x\na,,y\nb,0.0,z\n".replace("0.0", "0"))
    ] == [1, 0]
    assert fault_of(table, "chat_id,label,text\na,1,good day\na,0,y\n") == (
        "chat.csv, row 2: a conversation has two different labels."
    )


def test_times_are_iso_8601_and_without_a_zone_in_utc(tmp_path: Path):
    file = tmp_path / "chat.csv"
    file.write_text("time,sender,text\n2024-05-01 16:20:00,a,x\n2024-05-01T16:21:00+02:00,b,y\n,a,z\n")
    (one,) = read(file)
    assert [message.sent_at for message in one.messages] == [
        datetime(2024, 5, 1, 16, 20, tzinfo=UTC),
        datetime.fromisoformat("2024-05-01T16:21:00+02:00"),
        None,
    ]


def test_bytes_that_are_not_utf_8_are_those_of_spreadsheets(table):
    ((_, _, messages),) = table(b"text,sender\nit\x92s 5\x80,anna\n")
    assert messages == [("anna", "it’s 5€")]


def test_a_cell_may_be_long_and_a_row_short(table):
    ((_, _, messages),) = table("text,sender\n" + "x" * 1_000_000 + ",anna\nshort\n")
    assert [(sender, len(text)) for sender, text in messages] == [
        ("anna", 1_000_000),
        ("unknown:table:chat", 5),
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("label,text\nham,good day\n", "chat.csv, row 2: label must be 1, 0 or null."),
        ("thread,text\n,good day\n", "chat.csv, row 2: the conversation is not named."),
        (
            "thread,text\na,x\nb,y\na,good day\n",
            "chat.csv, row 4: a conversation goes on after another; sort the rows by conversation.",
        ),
        (
            "date,text\n03/04/2024,good day\n",
            "chat.csv, row 2: the time is not written as 2026-03-02T16:20:00Z; "
            "rename its column to read without times.",
        ),
        ("text,sender\n" + '"' + "x" * 17_000_000, "chat.csv, row 2: a cell has no end or is too long."),
    ],
    ids=["label", "conversation", "order", "time", "cell"],
)
def test_a_fault_is_named_with_its_row_and_without_its_text(table, content: str, fault: str):
    assert fault_of(table, content) == fault


def test_a_table_without_a_column_of_text_is_no_known_form(tmp_path: Path):
    file = tmp_path / "chat.csv"
    file.write_text("anna,hello\nbert,hi\n")
    with pytest.raises(CorpusError, match=r"^chat\.csv is in none of the known forms: "):
        detect_form(file)
    with pytest.raises(CorpusError) as refusal:
        list(read(file, "table"))
    assert str(refusal.value) == "chat.csv: the first line must name a column text, message, body or content."


# --- Plain text ----------------------------------------------------------------------------------


def test_plain_text_is_benign_chat_with_a_conversation_in_each_block(tmp_path: Path):
    file = tmp_path / "talk.txt"
    file.write_bytes(b"\xef\xbb\xbf\r\ngood day\r\n how are you \r\n\r\n\r\nbye\r\n")
    records = list(read_records(file, label=0))
    assert [(record["id"], record["label"], record["source"]) for record in records] == [
        ("plain:talk:1", 0, "plain"),
        ("plain:talk:2", 0, "plain"),
    ]
    assert [[message["text"] for message in record["messages"]] for record in records] == [
        ["good day", "how are you"],
        ["bye"],
    ]
    assert {message["sender"] for message in records[0]["messages"]} == {"unknown:plain:talk:1"}


def test_a_block_without_an_end_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corpus_chat, "LONGEST_PIECE", 4)
    file = tmp_path / "talk.txt"
    file.write_text("".join(f"line {number}\n" for number in range(9)))
    records = list(read_records(file, label=0))
    assert [record["id"] for record in records] == [
        "plain:talk:1",
        "plain:talk:1:part2",
        "plain:talk:1:part3",
    ]
    assert [len(record["messages"]) for record in records] == [4, 4, 1]


@pytest.mark.parametrize(("name", "label"), [("talk.txt", None), ("talk.txt", 1), ("talk.bin", 0)])
def test_plain_text_is_taken_as_nothing_else(tmp_path: Path, name: str, label: int | None):
    file = tmp_path / name
    file.write_text("good day\n")
    with pytest.raises(CorpusError, match="is in none of the known forms"):
        list(read_records(file, label=label))
