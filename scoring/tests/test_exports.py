"""`manage.py ingest` of what platforms export: taken whole, the same the second time, and nothing by halves."""

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from licensees.models import Licensee
from scoring.importing import read_file
from scoring.models import Conversation, Message, MessageRevision, Participant
from scoring.tests.exported import (
    CSV,
    discord,
    discord_message,
    matrix_event,
    slack_files,
    slack_folder,
    slack_message,
    slack_zip,
)
from scoring.tests.sending import everything, texts_of
from scoring.tests.test_ingest_command import counts
from tests.machinery import REPOSITORY

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def ingest(northwind: Licensee, capsys: pytest.CaptureFixture[str]):
    def run(*files: Path | str) -> tuple[int, str, str]:
        code = 0
        try:
            call_command("ingest", *map(str, files), licensee="northwind")
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def written(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def element(*events: dict[str, Any]) -> dict[str, Any]:
    return {"room_name": "Weather", "room_creator": "@u1:chat.example", "topic": "", "messages": list(events)}


MADE: dict[str, Callable[[Path], Path]] = {
    "csv": lambda folder: written(folder / "chats.csv", CSV.encode()),
    "csv in gzip": lambda folder: written(folder / "chats.csv.gz", gzip.compress(CSV.encode())),
    "csv of a spreadsheet": lambda folder: written(
        folder / "chats.csv", CSV.replace(",", "\t").encode("utf-16")
    ),
    "discord": lambda folder: written(folder / "channel.json", discord()),
    "matrix of element": lambda folder: written(
        folder / "export.json", element(*map(matrix_event, range(4)))
    ),
    "matrix of the api": lambda folder: written(
        folder / "messages.json", {"chunk": [matrix_event(1), matrix_event(2)], "start": "a", "end": "b"}
    ),
    "matrix events a line": lambda folder: written(
        folder / "events", "".join(json.dumps(matrix_event(number)) + "\n" for number in range(4)).encode()
    ),
    "slack zip": lambda folder: slack_zip(folder / "workspace.zip"),
    "slack folder": lambda folder: slack_folder(folder / "workspace"),
}


@pytest.mark.parametrize("name", MADE)
def test_an_export_is_found_out_and_the_second_time_changes_nothing(ingest, tmp_path: Path, name: str):
    file = MADE[name](tmp_path)

    code, table, errors = ingest(file)
    assert (code, errors) == (0, "")
    conversations, messages = counts(table, "conversations")[0], counts(table, "messages")[0]
    assert (conversations, messages) == (Conversation.objects.count(), Message.objects.count())
    assert messages >= 2

    before, trail = everything(), AuditEvent.objects.count()
    code, table, errors = ingest(file)
    assert (code, errors) == (0, "")
    assert counts(table, "conversations") == [0, conversations, 0]
    assert counts(table, "messages") == [0, messages, 0]
    assert (everything(), AuditEvent.objects.count()) == (before, trail)


# --- What each says ----------------------------------------------------------------------------------


def test_rows_of_a_csv_may_stand_in_any_order(ingest, tmp_path: Path):
    ingest(MADE["csv"](tmp_path))
    assert texts_of("c1") == ["Good match, wasn't it", "It was\nreally"]
    assert texts_of("c2") == ["Did you do the maths", "Not yet"]
    assert Participant.objects.exclude(identity_sealed=None).count() == 3


def test_columns_zone_delimiter_and_encoding_are_told(ingest, tmp_path: Path):
    rows = "gespräch|wer|wann|was\nc1|ü|02.03.2026|Guten Tag\n".replace("02.03.2026", "2026-03-02 16:00")
    file = written(tmp_path / "chats.csv", rows.encode("cp1252"))
    columns = ["--columns", "conversation=Gespräch", "sender=wer", "time=wann", "text=was"]

    code, _, errors = ingest(file, "--form=csv", "--delimiter=|", *columns)
    assert (code, "not UTF-8 after row 0. Say how it is written" in errors) == (1, True)
    said = ["--encoding=windows-1252", "--zone=Europe/Berlin", "--delimiter=|", "--form=csv"]
    assert ingest(file, *said, *columns)[0] == 0
    assert str(Conversation.objects.get().first_message_at) == "2026-03-02 15:00:00+00:00"
    with pytest.raises(CommandError, match=r"“who=wer” is not WHAT=COLUMN with one of conversation, id"):
        call_command("ingest", str(file), "--columns", "who=wer", licensee="northwind")


def test_rows_without_ids_get_the_same_ones_in_every_run(ingest, tmp_path: Path):
    rows = "chat,from,time,message\n" + "c1,u1,1772467200,Yes\n" * 2 + "c1,u1,1772467201000,Yes\n"
    file = written(tmp_path / "chats.csv", rows.encode())
    ingest(file)
    assert texts_of("c1") == ["Yes"] * 3
    assert counts(ingest(file)[1], "messages") == [0, 3, 0]
    file.write_text(rows.replace("Yes", "No"))
    assert counts(ingest(file)[1], "messages")[0] == 0, "ids hold nothing of the text"


def test_edits_and_redactions_of_matrix_change_what_they_name(ingest, tmp_path: Path):
    replaced = {"rel_type": "m.replace", "event_id": "$event1"}
    edit = {
        "body": "* Snow",
        "msgtype": "m.text",
        "m.new_content": {"body": "Snow"},
        "m.relates_to": replaced,
    }
    events = [
        matrix_event(1),
        matrix_event(4, content=edit),
        matrix_event(
            2,
            content={
                "msgtype": "m.text",
                "body": "Yes",
                "m.relates_to": {"m.in_reply_to": {"event_id": "$event1"}},
            },
        ),
        matrix_event(5, type="m.room.redaction", redacts="$event2", content={}),
        matrix_event(6, content={}, unsigned={"redacted_because": matrix_event(7)}),
        matrix_event(8, type="m.room.member"),
        matrix_event(9, type="m.room.encrypted"),
        matrix_event(11, sender="@other:chat.example", content=edit),
    ]
    code, table, errors = ingest(written(tmp_path / "export.json", element(*events)))
    assert (code, errors) == (0, "")
    assert "1 × encrypted, so it cannot be read" in table
    assert texts_of("!room:chat.example") == ["Snow", "Yes", "", "Snow"]
    assert MessageRevision.objects.count() == 1
    assert Message.objects.exclude(deleted_at=None).count() == 2
    assert Conversation.objects.get().kind == "group"
    assert Message.objects.get(external_id="$event2").reply_to == "$event1"


def test_discord_leaves_bots_and_notices_out(ingest, tmp_path: Path):
    bot = discord_message(3, author={"id": "1", "name": "helper", "isBot": True})
    made = [
        discord_message(1),
        discord_message(2, type="ChannelPinnedMessage"),
        bot,
        discord_message(4, content=""),
    ]
    code, table, _ = ingest(written(tmp_path / "c.json", discord(messages=made, messageCount=4)))
    assert code == 0
    assert counts(table, "messages") == [1, 0, 0]
    assert Conversation.objects.get().kind == "direct"
    for reason in ("written by a bot", "a notice of Discord", "without text"):
        assert f"         1 × {reason}" in table


def test_slack_knows_its_channels_and_unescapes(ingest, tmp_path: Path):
    ingest(MADE["slack zip"](tmp_path))
    kinds = dict(Conversation.objects.values_list("external_id", "kind"))
    assert kinds == {"C1": "public", "D1": "direct"}
    assert texts_of("D1") == ["Message 4 & more"]
    first, second = Message.objects.filter(conversation__external_id="C1")
    assert second.reply_to == first.external_id == "C1:1772467201.000001"


# --- What is broken ----------------------------------------------------------------------------------


def test_a_conversation_with_a_faulty_message_is_refused_whole_and_its_place_named(ingest, tmp_path: Path):
    rows = CSV + "5,c1,u1,yesterday,A private word,\n6,c3,u1\n7,c4,u9,2026-03-02T17:00:00Z,Good day,\n"
    code, table, errors = ingest(written(tmp_path / "chats.csv", rows.encode()))
    assert code == 1
    assert errors.splitlines() == [
        "Refused chats.csv: row 6, /sent_at: Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z.",
        "Refused chats.csv: row 7: The row has 3 cells, the header 6.",
    ]
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"c2", "c4"}
    assert counts(table, "conversations") == [2, 0, 2]
    assert "private" not in table + errors


DISCORD = json.dumps(discord(200)).encode()
EVENTS = json.dumps(element(*map(matrix_event, range(200)))).encode()
LONG = json.dumps(
    discord(messages=[discord_message(1), discord_message(2, content="x" * 3_000_000)])
).encode()
SLACK = json.dumps(slack_message(1)).encode()
UNENDED = b'9,c9,u1,2026-03-02T16:00:00Z,"no end'
FOREIGN = b"9,c9,u1,2026-03-02T16:00:00Z,\xe9t\xe9,\n"
DAY = "general/2026-03-02.json"


def zipped(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "w.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)
        return folder / "w.zip"

    return make


def of(name: str, content: bytes) -> Callable[[Path], Path]:
    return lambda folder: written(folder / name, content)


def cut_zip(folder: Path) -> Path:
    return written(folder / "w.zip", slack_zip(folder / "v.zip").read_bytes()[:-40])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (of("c.json", DISCORD[:-4000]), "breaks off, or is not well formed in UTF-8, after entry 1"),
        (of("c.json", DISCORD.replace(b"Message 150 ", b"Message \xff ")), "not well formed in UTF-8"),
        (of("c.json", json.dumps(discord(3, messageCount=4)).encode()), "holds 4 messages, and holds 3"),
        (of("c.json", json.dumps(discord(3)).encode("utf-16")), "none of the known forms"),
        (of("c.json.gz", gzip.compress(DISCORD)[:-50]), "the packed file breaks off or is damaged"),
        (of("c.json", LONG), "the entry after number 1 is longer than 2,097,152 bytes"),
        (of("c.json", DISCORD[:-30] + b"[" * 1_500_000), "is nested without end"),
        (of("export.json", EVENTS[:-100]), "the JSON breaks off"),
        (of("chats.csv", CSV.encode() + UNENDED), "a cell has no end"),
        (of("chats.csv", CSV.encode() + FOREIGN), "not UTF-8 after row"),
        (cut_zip, "the packed file breaks off or is damaged"),
        (zipped(DAY, b"[" + b" " * 90_000_000), "is longer than"),
        (zipped(DAY, b"[" + (SLACK + b"," + b" " * 900_000) * 100), "more than 200 times its size"),
        (zipped("readme.json", b"[]"), "holds no folder of a channel"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_broken_is_said_and_leaves_nothing_behind(
    ingest, tmp_path: Path, make: Callable[[Path], Path], reason: str
):
    before = everything()
    code, table, errors = ingest(make(tmp_path))
    assert code == 1
    assert reason in errors
    assert counts(table, "conversations") == [0, 0, 1]
    assert everything() == before
    assert str(tmp_path) not in errors and "about the match" not in errors


def test_a_folder_that_is_no_export_is_said(ingest, tmp_path: Path):
    (tmp_path / "things").mkdir()
    code, _, errors = ingest(tmp_path / "things")
    assert (code, "is a folder, and no export of Slack" in errors) == (1, True)


def test_a_link_in_a_folder_leads_nowhere(ingest, tmp_path: Path):
    secret = written(tmp_path / "secret.json", [slack_message(1)])
    folder = slack_folder(tmp_path / "workspace")
    (folder / "general" / "2026-03-04.json").symlink_to(secret)
    ingest(folder)
    assert Message.objects.count() == 3


# --- Anything at all ---------------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=9), inside, max_size=4),
    max_leaves=12,
)


def mutated(whole: Any) -> st.SearchStrategy[Any]:
    """The export with something else at one of its places, or cut off."""

    @st.composite
    def draw(draw: st.DrawFn) -> bytes:
        value = json.loads(json.dumps(whole))
        at = value
        while isinstance(at, dict | list) and at:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or not at[key] or draw(st.booleans()):
                at[key] = draw(ANY_JSON)
                break
            at = at[key]
        text = json.dumps(value).encode("utf-8", "surrogatepass")
        return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text

    return draw()


FORMS = {
    "discord": mutated(discord()),
    "matrix": mutated(element(*map(matrix_event, range(3)))),
    "csv": st.text(alphabet=st.sampled_from('ab,;"\n\r\t |\x00é'), max_size=200).map(
        lambda rows: (CSV + rows).encode()
    )
    | st.binary(max_size=300),
    "slack": mutated(slack_files()["general/2026-03-02.json"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_stands_in_a_file_is_read_or_said(form: str, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("any")

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(content=FORMS[form])
    def check(content: bytes) -> None:
        file = zipped(DAY, content)(folder) if form == "slack" else written(folder / "file", content)
        first, second = (list(read_file(file, form, now=NOW)) for _ in range(2))
        assert first == second
        whole = {one.conversation.id for one in first if one.conversation is not None}
        assert all(one.conversation or one.faults or not one.left_out or one is first[-1] for one in first)
        assert all(
            message.sent_at for one in first if one.conversation for message in one.conversation.messages
        )
        assert len(whole) <= 3

    check()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=400) | st.binary(max_size=60).map(lambda rest: b"PK\x03\x04" + rest))
def test_any_bytes_are_read_or_said_as_whatever_form(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
):
    file = written(tmp_path_factory.mktemp("bytes") / "file", content)
    for form in ("auto", "csv", "matrix", "discord", "slack"):
        assert list(read_file(file, form, now=NOW)) is not None


# --- Memory ------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_export(tmp_path: Path):
    peaks = []
    for count in (10_000, 60_000):
        file = tmp_path / f"{count}.json"
        with file.open("w") as out:
            out.write(json.dumps(discord(0))[:-1].split('"messages"')[0] + '"messages": [')
            out.writelines(
                ("," if number else "") + json.dumps(discord_message(number)) for number in range(count)
            )
            out.write(f'], "messageCount": {count}}}')
        tracemalloc.start()
        read = sum(
            len(one.conversation.messages) for one in read_file(file, "auto", now=NOW) if one.conversation
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read == count
    assert file.stat().st_size > 20_000_000
    assert peaks[1] < peaks[0] * 1.2
    assert peaks[1] < 40_000_000


PEAK = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from scoring.importing import read_file
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
found = list(read_file(Path(sys.argv[1]), "discord", now=datetime.now(UTC)))
print(peak() - before, found[-1].faults[0].detail)
"""


def test_a_bomb_takes_little_memory(tmp_path: Path):
    """In a process of its own, whose peak is its own."""
    file = tmp_path / "bomb.json.gz"
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write(json.dumps(discord(1)).encode()[:-30])
        for _ in range(500):
            out.write(b" " * 1_000_000)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "artemis_site.settings"}
    told = subprocess.check_output(
        [sys.executable, "-c", PEAK, file], env=environment, cwd=REPOSITORY, text=True
    )
    kilobytes, _, sentence = told.partition(" ")
    assert int(kilobytes) < 20 * 1024
    assert "Nothing was taken." in sentence
