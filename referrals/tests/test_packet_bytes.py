"""The same content gives the same bytes, and any text survives."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.formats.text import escaped, needs_escape, time, unescaped
from referrals.formats.transcript import harmless
from referrals.packet_builder import build, manifest_of
from referrals.tests.packets import ACCOUNT_A, CONTENT, message

# Changes only with the format: then FORMAT_VERSION and docs/packet-format.md change with it.
GOLDEN = "85e50ab02019b289a60accc7a8e25017dbe6416c32a282fbb1d279a5b3b90338"

any_text = st.text(st.characters(codec=None), max_size=200)  # half surrogates and NUL too


def test_the_digest_is_the_one_written_down() -> None:
    assert build(CONTENT).digest == GOLDEN


def test_building_twice_gives_the_same_bytes() -> None:
    assert build(CONTENT) == build(CONTENT)


def test_the_digest_is_that_of_the_payload_manifest() -> None:
    draft = build(CONTENT)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in draft.files]
    assert draft.manifest == "".join(lines).encode()
    assert draft.digest == hashlib.sha256(draft.manifest).hexdigest()


def test_the_payload_is_three_files() -> None:
    assert [path for path, _ in build(CONTENT).files] == [
        "data/referral.json",
        "data/transcript.csv",
        "data/transcript.json",
    ]


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
        {"messages": (replace(CONTENT.messages[0], text="Hi!"), *CONTENT.messages[1:])},
        {"messages": (replace(CONTENT.messages[0], is_evidence=True), *CONTENT.messages[1:])},
    ],
)
def test_every_fact_is_in_the_digest(changes: dict[str, object]) -> None:
    assert build(replace(CONTENT, **changes)).digest != build(CONTENT).digest  # type: ignore[arg-type]


@given(any_text)
def test_any_text_can_be_packed_and_read_back(text: str) -> None:
    packed = build(replace(CONTENT, grounds=text, messages=(message(1, text=text, is_evidence=True),)))
    files = dict(packed.files)

    written = json.loads(files["data/transcript.json"])["messages"][0]
    assert original(written["text"], was_escaped=written["escaped"]) == text
    assert written["sha256"] == hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert json.loads(files["data/referral.json"])["grounds"]["text"] == written["text"]


@given(any_text)
def test_the_table_holds_the_same_text(text: str) -> None:
    packed = build(replace(CONTENT, messages=(message(1, text=text, is_evidence=True),)))
    rows = list(csv.DictReader(io.StringIO(dict(packed.files)["data/transcript.csv"].decode(), newline="")))

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
