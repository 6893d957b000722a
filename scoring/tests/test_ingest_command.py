"""`manage.py ingest`: every form, twice without a difference, bad lines passed over by name, in little memory."""

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditEvent
from licensees.models import Licensee
from licensees.onboarding import suspend
from scoring.importing import read_file, stable_id
from scoring.incoming_json import is_id
from scoring.models import Conversation, Message, MessageRevision
from scoring.tests.sending import at, conversation, everything, message, texts_of

REAL_DATA = settings.BASE_DIR.parent / "shared" / "data"

PAN = """<?xml version="1.0" encoding="UTF-8"?>
<conversations>
  <conversation id="ab12">
    <message line="1"><author>a1</author><time>03:20</time><text>Good match &amp; good weather</text></message>
    <message line="2"><author>a2</author><time>03:21</time><text>It was</text></message>
  </conversation>
</conversations>
"""
IRC = """=== someone has joined
[20:01] <kim> good match
[20:02]  * sam nods
not a line of the log
[20:03] <sam> it was
"""


@pytest.fixture
def ingest(northwind: Licensee, capsys: pytest.CaptureFixture[str]):
    """Run the command; answers its exit code, the table and what went to standard error."""

    def run(*files: Path, form: str = "auto") -> tuple[int, str, str]:
        code = 0
        try:
            call_command("ingest", *map(str, files), licensee="northwind", form=form)
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def write_lines(path: Path, *items: object) -> Path:
    lines = "".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in items)
    data = lines.encode("utf-8", "surrogateescape")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def counts(table: str, name: str) -> list[int]:
    """Accepted, duplicate and refused of a row of the table."""
    [row] = [line for line in table.splitlines() if line.startswith(name)]
    return [int(number.replace(",", "")) for number in row.split()[1:]]


@pytest.mark.parametrize("name", ["chats.jsonl", "chats.jsonl.gz"])
def test_lines_of_the_api_are_taken_once(ingest, tmp_path: Path, name: str):
    items = [
        conversation(f"c{number}", participants=[{"id": "u0", "declared_age_band": "13_15"}])
        for number in range(3)
    ]
    file = write_lines(tmp_path / name, items[0], "", *items[1:])

    code, table, _ = ingest(file)
    assert code == 0
    assert counts(table, "conversations") == [3, 0, 0]
    assert counts(table, "messages") == [6, 0, 0]
    assert "messages a second, peak memory" in table
    assert AuditEvent.objects.get(verb="conversations:accepted").actor == "machine:ingest"

    before = everything()
    code, table, _ = ingest(file)
    assert code == 0
    assert counts(table, "conversations") == [0, 3, 0]
    assert counts(table, "messages") == [0, 6, 0]
    assert everything() == before


def test_a_bad_line_is_named_and_the_rest_goes_on(ingest, tmp_path: Path):
    file = write_lines(
        tmp_path / "chats.jsonl",
        conversation("good-1"),
        '{"id": "broken',
        conversation("faulty", messages=[message(1), message(2, text=["A private word"])]),
        '{"id": "twice", "id": "twice", "messages": []}',
        '{"id": "\udcff"}',
        conversation("good-1", messages=[message(1, text="A private word")]),
        conversation("good-2"),
    )

    code, table, errors = ingest(file)

    assert code == 1
    assert counts(table, "conversations") == [2, 0, 5]
    assert counts(table, "messages") == [4, 0, 1]
    assert errors.splitlines() == [
        "Refused chats.jsonl:2: This is not valid JSON: column 8: Unterminated string starting at.",
        "Refused chats.jsonl:3, /messages/1/text: This must be text.",
        "Refused chats.jsonl:4: An object of this JSON has the same key twice.",
        "Refused chats.jsonl:5: This is not UTF-8, from byte 8 on.",
        "Refused chats.jsonl:6, /messages/0: This message is already known with other text. If it was edited, "
        "send edited_at, later than that of the version before.",
    ]
    assert "         1 × This must be text." in table
    assert "private" not in table + errors
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"good-1", "good-2"}


def test_an_api_line_needs_times(ingest, tmp_path: Path):
    file = write_lines(tmp_path / "chats.jsonl", conversation(messages=[message(1, sent_at=None)]))
    before = everything()

    code, _, errors = ingest(file)

    assert code == 1
    assert errors == "Refused chats.jsonl:1, /messages/0/sent_at: This is required.\n"
    assert everything() == before


def test_a_labelled_line_needs_none_and_its_label_stays_outside(ingest, tmp_path: Path):
    segment = "A quiet word about the weather. " * 2_000
    items = [
        conversation("labelled", messages=[message(1, sent_at=None)]) | {"label": 1, "source": "tests"},
        {
            "id": "segment",
            "label": None,
            "messages": [{"id": "m1", "sender": "a", "text": segment}],
            "authors": {"a": "other"},
        },
    ]
    file = write_lines(tmp_path / "corpus.jsonl", *items)

    assert ingest(file)[0] == 0
    assert texts_of("segment") == [segment]
    assert Conversation.objects.get(external_id="labelled").first_message_at is None
    assert "label" not in json.dumps(everything()[1], default=str).replace("labelled", "")

    before = everything()
    assert counts(ingest(file, form="labelled")[1], "conversations") == [0, 2, 0]
    assert everything() == before


def test_edits_in_a_file_are_the_same_the_second_time(ingest, tmp_path: Path):
    file = write_lines(
        tmp_path / "chats.jsonl",
        conversation(messages=[message(1, text="First")]),
        conversation(messages=[message(1, text="Second", edited_at=at(5))]),
        conversation(messages=[message(1, text=None, deleted_at=at(6))]),
    )
    assert counts(ingest(file)[1], "messages") == [3, 0, 0]
    before = everything()

    assert counts(ingest(file)[1], "messages") == [0, 3, 0]
    assert everything() == before
    assert MessageRevision.objects.count() == 1


def test_a_conversation_longer_than_a_call_stays_one(ingest, tmp_path: Path):
    items = [message(number) for number in range(1, 25_001)]
    file = write_lines(tmp_path / "long.jsonl", conversation("long", messages=items), conversation("short"))

    code, table, _ = ingest(file)

    assert code == 0
    assert counts(table, "conversations") == [2, 0, 0]
    assert counts(table, "messages") == [25_002, 0, 0]
    row = Conversation.objects.get(external_id="long")
    assert (row.message_count, row.messages.count()) == (25_000, 25_000)
    assert row.messages.last().external_id == "m25000"


def test_a_line_that_is_too_long_is_passed_over(ingest, tmp_path: Path):
    long = '{"id": "' + "x" * (21 * 1024 * 1024) + '"}'
    file = write_lines(tmp_path / "chats.jsonl", conversation("a"), long, conversation("b"))

    code, table, errors = ingest(file, form="api")

    assert code == 1
    assert errors == "Refused chats.jsonl:2: The line is longer than 20,971,520 bytes.\n"
    assert counts(table, "conversations") == [2, 0, 1]


@pytest.mark.parametrize(
    ("name", "content", "external_id", "kind", "texts"),
    [
        ("chats.xml", PAN, "pan2012:ab12", "direct", ["Good match & good weather", "It was"]),
        ("2005-02-06.log", IRC, "irc:2005-02-06", "public", ["good match", "nods", "it was"]),
        (
            "topical.json",
            json.dumps({"t_1": {"content": [{"agent": "agent_1", "message": "Do you read much?"}]}}),
            "topical-chat:t_1",
            "direct",
            ["Do you read much?"],
        ),
        (
            "casino_small.json",
            json.dumps(
                [{"chat_logs": [{"id": "a1", "text": "Water, please", "task_data": {}}], "dialogue_id": 3}]
            ),
            "casino_small:3",
            "direct",
            ["Water, please"],
        ),
    ],
)
def test_the_form_of_a_file_is_found_out(
    ingest, tmp_path: Path, name: str, content: str, external_id: str, kind: str, texts: list[str]
):
    file = tmp_path / name
    file.write_text(content)

    assert ingest(file)[0] == 0
    row = Conversation.objects.get()
    assert (row.external_id, row.kind) == (external_id, kind)
    assert texts_of(external_id) == texts

    before = everything()
    assert counts(ingest(file)[1], "conversations") == [0, 1, 0]
    assert everything() == before


def test_the_clock_of_an_irc_log_is_kept(ingest, tmp_path: Path):
    file = tmp_path / "2005-02-06.txt"
    file.write_text(IRC)
    ingest(file)

    assert str(Conversation.objects.get().first_message_at) == "2005-02-06 20:01:00+00:00"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"Nothing of the kind", "notes.txt is in none of the known forms"),
        (
            "bomb.xml",
            b'<!DOCTYPE a [<!ENTITY b "c">]><conversations><conversation/></conversations>',
            "declares a document type",
        ),
        ("cut.xml", PAN.encode()[:-60], "not well-formed XML"),
        ("cut.json", b'{"t_1": {"content": [{"agent": "a", "message": "b"', "breaks off"),
        ("other.json", b'{"t_1": {"content": [{"agent": 7}]}}', "breaks off or is not in its form"),
        ("cut.jsonl.gz", gzip.compress(b'{"id": "a", "messages": []}\n' * 900, mtime=0)[:-30], "breaks off"),
        ("not.jsonl.gz", b"not gzip", "breaks off"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_next_goes_on(
    ingest, tmp_path: Path, name: str, content: bytes, reason: str
):
    bad = tmp_path / name
    bad.write_bytes(content)
    good = write_lines(tmp_path / "good.jsonl", conversation("good"))

    code, table, errors = ingest(bad, good)

    assert code == 1
    assert counts(table, "conversations")[2] == 1
    assert f"Refused {name}" in errors
    assert reason in errors
    assert Conversation.objects.filter(external_id="good").exists()


def test_a_flood_of_refusals_is_counted_and_not_printed(ingest, tmp_path: Path):
    file = write_lines(tmp_path / "chats.jsonl", *["{"] * 300)

    code, table, errors = ingest(file, form="api")

    assert code == 1
    assert counts(table, "conversations") == [0, 0, 300]
    assert len(errors.splitlines()) == 101
    assert errors.splitlines()[-1] == "Further refusals are only counted."


def test_an_unknown_licensee_a_missing_file_and_a_suspended_licensee(
    northwind: Licensee, otto, tmp_path: Path
):
    file = write_lines(tmp_path / "chats.jsonl", conversation())

    with pytest.raises(CommandError, match=r"There is no licensee “nobody”. There are: northwind."):
        call_command("ingest", str(file), licensee="nobody")
    with pytest.raises(CommandError, match=r"Not a file: .*gone.jsonl. Nothing was taken."):
        call_command("ingest", str(file), str(tmp_path / "gone.jsonl"), licensee="northwind")
    suspend(licensee_id=northwind.pk, by=otto, reason="Contract ended")
    with pytest.raises(CommandError, match="This licensee is suspended"):
        call_command("ingest", str(file), licensee="northwind")
    assert not Conversation.objects.exists()


def test_memory_does_not_grow_with_the_file(tmp_path: Path):
    file = tmp_path / "chats.jsonl"
    with file.open("w") as lines:
        for number in range(2_000):
            lines.write(json.dumps(conversation(f"c{number}", messages=60)) + "\n")
    assert file.stat().st_size > 15_000_000

    tracemalloc.start()
    try:
        read = sum(1 for _ in read_file(file, "auto", now=timezone.now()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == 2_000
    assert peak < 3_000_000


def test_an_id_that_cannot_be_one_has_a_stable_stand_in():
    assert stable_id("plain") == "plain"
    for odd in ("", "x" * 201, "a\x00b", "\ud800"):
        assert is_id(stable_id(odd))
        assert stable_id(odd) == stable_id(odd)


def _real_files() -> Iterator[Path]:
    """All of the small corpora and some of the logs: the whole takes a minute and is run by hand."""
    yield from sorted(REAL_DATA.glob("casino/*.json"))
    yield from sorted(REAL_DATA.glob("topical-chat/*.json"))
    yield from sorted(REAL_DATA.glob("irc/*.raw.txt"))[:8]


def _without_progress(errors):
    """A slow machine is shown how far it has come; refusals would stand between."""
    return "".join(line for line in errors.splitlines(keepends=True) if not line.startswith("["))


@pytest.mark.skipif(
    not REAL_DATA.is_dir(),
    reason=f"needs the real chat of ../{REAL_DATA.relative_to(settings.BASE_DIR.parent)}",
)
def test_real_chat_is_taken_whole_and_the_second_time_changes_nothing(ingest):
    files = list(_real_files())
    assert len(files) == 11

    code, table, errors = ingest(*files)
    assert (code, _without_progress(errors)) == (0, "")
    accepted, duplicate, refused = counts(table, "conversations")
    assert (accepted, duplicate, refused) == (1547, 0, 0)
    assert counts(table, "messages")[0] == Message.objects.count() > 30_000

    numbers = list(Message.objects.order_by("pk").values_list("pk", "version"))
    trail = AuditEvent.objects.count()
    code, table, errors = ingest(*files)
    assert (code, _without_progress(errors)) == (0, "")
    assert counts(table, "conversations") == [0, 1547, 0]
    assert list(Message.objects.order_by("pk").values_list("pk", "version")) == numbers
    assert AuditEvent.objects.count() == trail
    assert set(Conversation.objects.values_list("revision", flat=True)) == {1}
