"""The graph is CASE/UCO, and says no more than the referral does."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from referrals.formats.case_uco import case_jsonld
from referrals.formats.referral import referral_json
from referrals.formats.transcript import transcript_json
from referrals.packet_content import PacketContent
from referrals.tests.packets import ACCOUNT_A, CONTENT, message

VALIDATOR = "from case_utils.case_validate import main; main()"


def written(content: PacketContent = CONTENT) -> bytes:
    files = {"data/referral.json": referral_json(content), "data/transcript.json": transcript_json(content)}
    return case_jsonld(content, files)


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["case_validate", "--built-version", "case-1.5.0", str(path)]
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = {arguments!r}; {VALIDATOR}"],
        capture_output=True,
        text=True,
        check=False,
    )


def nodes(content: PacketContent = CONTENT) -> dict[str, list[dict[str, object]]]:
    by_kind: dict[str, list[dict[str, object]]] = {}
    for node in json.loads(written(content))["@graph"]:
        by_kind.setdefault(node["@type"].partition(":")[2], []).append(node)
    return by_kind


def test_case_validate_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(written())
    answer = validate(path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Conforms: True" in answer.stdout


def test_case_validate_would_find_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(written().replace(b'"@value":"2026-03-03T23:00:00Z"', b'"@value":"yesterday"'))
    answer = validate(path)
    assert answer.returncode != 0
    assert "Conforms: False" in answer.stdout


def test_a_conversation_is_one_observable_however_long() -> None:
    long = replace(CONTENT, messages=tuple(message(n, text="Hi") for n in range(1, 500)))
    assert len(nodes(long)["ObservableObject"]) == len(nodes()["ObservableObject"]) == 4


def test_people_are_ids_and_roles_and_no_text_is_in_it() -> None:
    graph = nodes()
    assert [node["uco-core:name"] for node in graph["Identity"]] == [
        "person:3 (moderator)",
        "moderators and supervisors, counted and not named",
    ]
    assert b"keep this chat" not in written()


def test_each_act_is_there_once() -> None:
    assert [node["uco-core:name"] for node in nodes()["InvestigativeAction"]] == [
        "received",
        "scored",
        "read",
        "submitted",
    ]
    assert len(nodes(replace(CONTENT, score=None, viewed=(), messages=()))["InvestigativeAction"]) == 1


def test_an_account_that_only_takes_part_is_there_too() -> None:
    other = replace(ACCOUNT_A, pseudonym="Account C", platform_id="u2")
    third = replace(message(3, text="Hello"), sender=other)
    assert len(nodes(replace(CONTENT, messages=(*CONTENT.messages, third)))["ObservableRelationship"]) == 3
