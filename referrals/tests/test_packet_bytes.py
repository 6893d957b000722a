"""The same content gives the same bytes, and any text survives."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from referrals.formats.referral import referral_json
from referrals.formats.text import escaped, needs_escape, time, unescaped
from referrals.formats.transcript import harmless, transcript_csv, transcript_json
from referrals.packet_builder import ON_REQUEST, Format, UnknownFormat, build, manifest_of
from referrals.packet_content import AccountFacts, EarlierVersion, PacketContent, PreviousPacket, Redaction
from referrals.tests.packets import ACCOUNT_A, BEGAN_AT, CONTENT, message

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMAS = Path(__file__).resolve().parent.parent / "formats" / "schemas"
# Changes only with the format: then FORMAT_VERSION and docs/packet-format.md change with it.
GOLDEN = "f99899840e985a61872bc5c7c2a85b60829631f22625671e8647b3eb396d741c"

ACCOUNT_FACTS = AccountFacts(
    role="subject_account",
    pseudonym="Account A",
    platform_id="u0",
    display_name="sunny_day",
    account_created_at=BEGAN_AT,
    facts=(("ip_address", "203.0.113.7"),),
)
PREVIOUS = PreviousPacket(
    relation="supplements",
    packet_digest="ab" * 32,
    archive_digest="cd" * 32,
    sealed_at=BEGAN_AT,
    reason="The platform sent ten more messages.",
)

FULL = replace(
    CONTENT,
    incident_definition="The first message that asks for secrecy.",
    priority=1,
    redactions=(Redaction(1, "about another person"),),
    completeness=("Some messages carry no time.",),
    account_facts=(ACCOUNT_FACTS,),
    previous=PREVIOUS,
)
BARE = replace(CONTENT, score=None, viewed=(), incident_at=None, messages=())

any_text = st.text(st.characters(codec=None), max_size=200)  # half surrogates and NUL too


def test_the_digest_is_the_one_written_down() -> None:
    assert build(CONTENT).digest == GOLDEN


def test_it_is_built_without_django_a_database_or_the_network() -> None:
    """In a process where none of them can be imported, and with other surroundings than this one's."""
    words = (
        "import socket, sys; sys.modules.update(dict.fromkeys(['django', 'psycopg', 'redis'])); del socket.socket\n"
        "from referrals.packet_builder import build\nfrom referrals.tests.packets import CONTENT\n"
        "print(build(CONTENT).digest)"
    )
    surroundings = {
        "TZ": "Asia/Tokyo",
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "7",
        "SOURCE_DATE_EPOCH": "1",
    }
    answer = subprocess.run(
        [sys.executable, "-c", words],
        cwd=REPOSITORY,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip() == GOLDEN, answer.stderr


def test_building_twice_gives_the_same_bytes() -> None:
    assert build(CONTENT) == build(CONTENT)


def test_the_digest_is_that_of_the_payload_manifest() -> None:
    draft = build(CONTENT)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in draft.files]
    assert draft.manifest == "".join(lines).encode()
    assert draft.digest == hashlib.sha256(draft.manifest).hexdigest()


def test_the_payload_is_five_files() -> None:
    assert [path for path, _ in build(CONTENT).files] == [
        "data/case.jsonld",
        "data/referral.json",
        "data/referral.pdf",
        "data/transcript.csv",
        "data/transcript.json",
    ]


def test_a_recipient_gets_the_format_that_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    added = Format("data/more.txt", lambda content: content.case_reference.encode())
    monkeypatch.setitem(ON_REQUEST, "more", added)
    asking = replace(CONTENT, recipient=replace(CONTENT.recipient, formats=("more",)))
    assert dict(build(asking).files)["data/more.txt"] == b"NW-2031-7"


def test_a_format_that_nobody_can_write_is_refused() -> None:
    asking = replace(CONTENT, recipient=replace(CONTENT.recipient, formats=("telegram",)))
    with pytest.raises(UnknownFormat, match="“telegram”"):
        build(asking)


def test_a_manifest_is_in_the_order_of_its_paths() -> None:
    assert manifest_of({"b": b"", "a": b""}).decode().split() == [
        *(hashlib.sha256(b"").hexdigest(), "a"),
        *(hashlib.sha256(b"").hexdigest(), "b"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"grounds": CONTENT.grounds + "."},
        {"possible_minor": replace(CONTENT.possible_minor, declared_age_band="unknown")},
        {"version": 2},
        {"context": 2},
        {"viewed": ()},
        {"score": None},
        {"incident_at": None},
        {"recipient": replace(CONTENT.recipient, is_test=False)},
        {"messages": CONTENT.messages[:1]},
        {"incident_definition": "The first message that asks for secrecy."},
        {"priority": 2},
        {"redactions": (Redaction(1, "about another person"),)},
        {"completeness": ("The time of the incident is not stated.",)},
        {"account_facts": (ACCOUNT_FACTS,)},
        {"previous": PREVIOUS},
        {"previous": replace(PREVIOUS, relation="retracts")},
        {"messages": (replace(CONTENT.messages[0], text="Hi!"), *CONTENT.messages[1:])},
        {"messages": (replace(CONTENT.messages[0], is_evidence=True), *CONTENT.messages[1:])},
    ],
)
def test_every_fact_is_in_the_digest(changes: dict[str, object]) -> None:
    assert build(replace(CONTENT, **changes)).digest != build(CONTENT).digest  # type: ignore[arg-type]


@given(any_text)
def test_any_text_can_be_packed_and_read_back(text: str) -> None:
    content = replace(CONTENT, grounds=text, messages=(message(1, text=text, is_evidence=True),))

    written = json.loads(transcript_json(content))["messages"][0]
    assert original(written["text"], was_escaped=written["escaped"]) == text
    assert written["sha256"] == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert json.loads(referral_json(content))["grounds"]["text"] == written["text"]


@given(any_text)
def test_the_table_holds_the_same_text(text: str) -> None:
    content = replace(CONTENT, messages=(message(1, text=text, is_evidence=True),))
    rows = list(csv.DictReader(io.StringIO(transcript_csv(content).decode(), newline="")))

    cell = rows[0]["text"]
    assert original(cell.removeprefix("'"), was_escaped=rows[0]["escaped"] == "yes") == text
    assert not cell.startswith(tuple("=+-@\t\r\n"))
    assert len(rows) == 1


def original(text: str, *, was_escaped: bool) -> str:
    return unescaped(text) if was_escaped else text


@given(any_text)
def test_escaping_can_be_undone_and_leaves_only_what_utf8_can_hold(text: str) -> None:
    kept = escaped(text)
    kept.encode()
    assert "\0" not in kept
    assert original(kept, was_escaped=needs_escape(text)) == text


def test_ordinary_text_is_not_touched() -> None:
    assert escaped("C:\\games \N{GRINNING FACE}") == "C:\\games \N{GRINNING FACE}"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+44", "-1", "@name", "\tx", "\rx", " =1", "\ufeff=1", "＝1", "'=1"]
)
def test_a_cell_that_a_spreadsheet_could_run_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Hi", "1", "a=b", "two\nlines"])
def test_another_cell_does_not(cell: str) -> None:
    assert harmless(cell) == cell


def test_earlier_versions_are_kept_in_both_transcripts() -> None:
    files = dict(build(CONTENT).files)
    edited = json.loads(files["data/transcript.json"])["messages"][1]
    assert [version["text"] for version in edited["earlier_versions"]] == [
        "Keep this chat between the two of us"
    ]
    rows = list(csv.DictReader(io.StringIO(files["data/transcript.csv"].decode(), newline="")))
    assert [(row["number"], row["version"], row["is_current"]) for row in rows] == [
        ("1", "1", "yes"),
        ("2", "1", "no"),
        ("2", "2", "yes"),
    ]


def test_a_redacted_text_leaves_only_its_digest_and_the_reason() -> None:
    """In every file, of every version of the message; of an evidence message nothing is redacted."""
    secret, reason = "My cousin moves to the lake house", "about a person who has no part in this"
    earlier = (EarlierVersion(version=1, text=f"{secret} soon", edited_at=None, received_at=BEGAN_AT),)
    content = replace(
        CONTENT,
        messages=(message(1, text=secret, earlier=earlier), CONTENT.messages[1]),
        redactions=(Redaction(1, reason), Redaction(2, reason)),
    )
    files = dict(build(content).files)
    assert not [path for path, data in files.items() if secret.encode() in data]
    first, second = json.loads(files["data/transcript.json"])["messages"]
    assert (first["text"], first["redacted"]) == ("", reason)
    assert first["sha256"] == hashlib.sha256(secret.encode()).hexdigest()
    assert first["earlier_versions"][0]["text"] == ""
    assert second["text"] == CONTENT.messages[1].text and second["redacted"] is None
    rows = list(csv.DictReader(io.StringIO(files["data/transcript.csv"].decode(), newline="")))
    assert [(row["text"], row["redacted"]) for row in rows[:2]] == [("", reason)] * 2
    assert json.loads(files["data/referral.json"])["redactions"] == [{"number": 1, "reason": reason}]


@pytest.mark.parametrize(("relation", "other"), [("supplements", "retracts"), ("retracts", "supplements")])
def test_a_later_packet_names_the_sealed_one(relation: str, other: str) -> None:
    referral = json.loads(referral_json(replace(CONTENT, previous=replace(PREVIOUS, relation=relation))))
    assert referral[relation]["packet_digest"] == "ab" * 32
    assert referral[relation]["reason"]["text"] == "The platform sent ten more messages."
    assert referral[other] is None


@pytest.mark.parametrize(
    ("schema", "path"),
    [("referral", "data/referral.json"), ("transcript", "data/transcript.json")],
)
@pytest.mark.parametrize("content", [CONTENT, FULL, BARE], ids=["usual", "full", "bare"])
def test_each_file_follows_its_published_schema(schema: str, path: str, content: PacketContent) -> None:
    published = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    Draft202012Validator.check_schema(published)
    write = {"referral": referral_json, "transcript": transcript_json}[schema]
    written = json.loads(write(content))
    assert list(Draft202012Validator(published).iter_errors(written)) == []
    # A schema that lets anything through would be none.
    assert list(Draft202012Validator(published).iter_errors({**written, "more": 1}))
    del written["format_version"]
    assert list(Draft202012Validator(published).iter_errors(written))


def test_a_score_is_said_not_to_be_a_finding() -> None:
    referral = json.loads(dict(build(CONTENT).files)["data/referral.json"])
    assert "It is not a finding" in referral["score"]["statement"]
    assert "Neither is a finding" in referral["roles_statement"]
    assert "not an agency" in referral["recipient"]["statement"]


def test_what_changed_after_the_request_is_named() -> None:
    later = CONTENT.submitted_at + timedelta(minutes=1)
    edited = replace(CONTENT.messages[0], received_at=later)
    deleted = replace(CONTENT.messages[1], deleted_at=later)
    changed = replace(CONTENT, messages=(edited, deleted))
    assert json.loads(dict(build(changed).files)["data/referral.json"])["changed_after_request"] == [1, 2]
    assert CONTENT.changed_after_request == []


def test_times_are_in_utc() -> None:
    elsewhere = datetime(2026, 3, 3, 22, 0, tzinfo=timezone(timedelta(hours=2)))
    assert time(elsewhere) == "2026-03-03T20:00:00Z"
    assert time(datetime(2026, 3, 3, 20, 0, 0, 5, tzinfo=UTC)) == "2026-03-03T20:00:00.000005Z"


def test_a_time_without_a_zone_is_no_evidence() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        time(datetime(2026, 3, 3))  # noqa: DTZ001


def test_ids_that_cannot_be_written_are_refused_rather_than_changed() -> None:
    strange = replace(CONTENT, subject=replace(ACCOUNT_A, platform_id="u\ud800"))
    with pytest.raises(ValueError, match="UTF-8"):
        build(strange)
