"""The whole way, by two people in two browsers: post, queue, claim, annotate, escalate, approve, download, verify."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, expect

from accounts.models import User
from audit.models import AuditEvent
from licensees.models import Licensee
from licensees.onboarding import issue_key
from referrals.models import Packet, Recipient
from referrals.signing import PUBLIC_KEY_FILE
from review.models import Case, Reveal
from scoring.models import ModelVersion
from scoring.pipeline import Model, Turn
from scoring.sample_corpus import generate
from tests.browser.escalating import GROUNDS, fill_in_the_request
from tests.machinery import REPOSITORY, Program, wait_until
from tests.people import PASSWORD, TESTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _clear_flag(model: Model) -> dict:
    """A neutral conversation that the model rates high, so that it opens a case in the standard lane or above."""
    for record in generate(seed=3, count=200, share_positive=1, split="held_out"):
        turns = [Turn(one["id"], one["sender"], None, one["text"]) for one in record["messages"]]
        if 12 <= len(turns) <= 60 and (model.score(turns).probability or 0) > 0.8:
            return record
    raise AssertionError("No sample conversation is rated over 0.8: the sample model is worse than it was.")


def _post(url: str, secret: str, record: dict) -> dict:
    item = {key: record[key] for key in ("id", "language", "messages")}
    item["participants"] = [
        {"id": account, "declared_age_band": band}
        for account, band in zip(record["authors"], ("adult", "13_15"), strict=True)
    ]
    request = urllib.request.Request(  # noqa: S310  (the live server of this test)
        f"{url}/api/v1/conversations",
        data=json.dumps({"conversations": [item]}).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 202
        return json.load(answer)


def _verify(archive: Path, *, public_key: Path) -> subprocess.CompletedProcess[str]:
    """On a machine of its own: no database, no environment of ours."""
    environment = {"PATH": os.environ["PATH"], "ARTEMIS_DATA": str(archive.parent / "nothing")}
    words = [sys.executable, "manage.py", "verify_packet", str(archive), "--public-key", str(public_key)]
    return subprocess.run(words, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def _claim(page: Page, case: Case, texts: list[str]) -> None:
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.keyboard.press("s")
    page.wait_for_url(f"**/cases/{case.reference}/")
    source = page.content()
    assert not [text for text in texts if len(text) > 12 and text in source], (
        "masked text is in the page's source"
    )


def _reveal_and_annotate(page: Page) -> list[int]:
    page.keyboard.press("Shift+R")
    expect(page.locator("[data-flagged] .message__masked")).to_have_count(0)
    flagged = [int(turn.get_attribute("data-turn") or 0) for turn in page.locator("[data-flagged]").all()]
    page.locator("body").press("a")
    page.locator("#annotate_number").fill(str(flagged[0]))
    page.locator("#annotate_characteristic").select_option("secrecy_request")
    page.get_by_role("button", name="Annotate", exact=True).click()
    expect(page.locator(f"#m-{flagged[0]} .annotation")).to_be_visible()
    return flagged


def _escalate(page: Page, case: Case, flagged: list[int]) -> None:
    page.locator("body").press("x")
    page.wait_for_url("**/escalate**")
    fill_in_the_request(page, case, Recipient.objects.get(), evidence=flagged[:3])
    page.get_by_role("button", name="See the packet").click()
    page.get_by_role("button", name="Ask a second person").click()
    page.wait_for_url("**/escalations/**")
    expect(page.locator("#approve")).to_have_count(0)


def _approve(page: Page, case: Case, folder: Path) -> Path:
    page.goto("/escalations/")
    page.get_by_role("link", name=case.reference).click()
    expect(page.get_by_text(GROUNDS).first).to_be_visible()
    page.locator("#id_typed_reference").fill(case.reference)
    page.get_by_label("Your password").fill(PASSWORD)
    page.locator("#approve").click()
    page.wait_for_url("**/packets/**")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the packet").click()
    archive = folder / download.value.suggested_filename
    download.value.save_as(archive)
    return archive


def test_one_conversation_goes_the_whole_way(
    live_server,
    settings,
    tmp_path: Path,
    northwind: Licensee,
    mara: User,
    otto: User,
    champion: ModelVersion,
    sample_model: Model,
    worker: Program,
    beat: Program,
    broker: redis.Redis,
    open_page,
):
    exit_ = Recipient.Exit.SUSPECTED_EXPLOITATION
    Recipient.objects.create(
        name="Test desk", exit=exit_, jurisdiction="GB", contact="desk@recipient.example"
    )
    _, secret = issue_key(licensee=northwind, label="t", scopes=["conversations:write"], by=TESTS)
    record = _clear_flag(sample_model)
    texts = [one["text"] for one in record["messages"]]

    assert _post(live_server.url, secret, record)["accepted"] == 1
    wait_until(Case.objects.exists, seconds=40, what="a case in the queue")
    case = Case.objects.get()

    moderator = open_page(mara)
    _claim(moderator, case, texts)
    flagged = _reveal_and_annotate(moderator)
    assert set(Reveal.objects.values_list("message__number", flat=True)) == set(flagged)
    _escalate(moderator, case, flagged)

    archive = _approve(open_page(otto), case, tmp_path)
    case.refresh_from_db()
    assert case.state == Case.State.REFERRED
    assert Packet.objects.count() == 1

    public_key = settings.ARTEMIS_KEYS / PUBLIC_KEY_FILE
    verified = _verify(archive, public_key=public_key)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    changed = bytearray(archive.read_bytes())
    changed[len(changed) // 2] ^= 1
    archive.write_bytes(changed)
    assert _verify(archive, public_key=public_key).returncode != 0

    numbers = AuditEvent.objects.filter(case_reference=case.reference).values_list("case_sequence", flat=True)
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    _assert_said_nowhere(texts, [worker.log, beat.log], broker)


def _assert_said_nowhere(texts: list[str], logs: list[Path], broker: redis.Redis) -> None:
    """No message text in a log, in Redis or in the trail."""
    written = b"".join(log.read_bytes() for log in logs)
    for key in broker.scan_iter("*"):
        written += key + (broker.dump(key) or b"")
    trail = "".join(AuditEvent.objects.values_list("entry", flat=True))
    for text in (text for text in texts if len(text) > 12):
        assert text.encode() not in written
        assert text not in trail
