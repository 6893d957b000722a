"""The auditor's pages: only what they audit, page by page without a repeat or a loss, each entry with its proof."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import audit
from accounts.models import User
from audit import queries
from audit.models import AuditCheckpoint, AuditEvent, CheckpointDispatch
from audit.queries import Mark, Question, page_of
from audit.record import About, Machine, record
from audit.verbs import Verb
from licensees.models import Licensee
from tests.sealing import Seal, Tamper

pytestmark = pytest.mark.django_db
TESTS = Machine("tests")


@pytest.fixture
def junes_browser(june: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(june)


def write(licensee: Licensee | None = None, *, case: str = "", verb: Verb = Verb.CASE_CLAIMED) -> AuditEvent:
    licensee_id = licensee.pk if licensee else None
    with transaction.atomic():
        about = About(object_type="case", object_id="1", licensee_id=licensee_id, case_reference=case)
        return record(verb, by=TESTS, about=about)


def shown(browser: Client, **question: object) -> list[AuditEvent]:
    return [line.event for line in browser.get("/trail/", question).context["lines"]]


# --- Whose -------------------------------------------------------------------------------------


def test_an_auditor_reads_what_they_audit_and_what_is_about_nobody(
    junes_browser: Client, northwind: Licensee, lakeside: Licensee
) -> None:
    ours, theirs, nobodys = write(northwind), write(lakeside), write()
    found = shown(junes_browser)
    assert ours in found
    assert nobodys in found
    assert theirs not in found


def test_another_licensees_entries_cannot_be_asked_for(junes_browser: Client, lakeside: Licensee) -> None:
    write(lakeside, case="LS-1")
    answer = junes_browser.get("/trail/", {"licensee": lakeside.pk})
    assert answer.status_code == 422
    assert answer.context["lines"] == []
    followed = junes_browser.get("/trail/", {"case": "LS-1"})
    assert followed.context["lines"] == []
    assert followed.context["followed"] is None


def test_another_licensees_entry_is_refused_and_recorded(junes_browser: Client, lakeside: Licensee) -> None:
    theirs = write(lakeside)
    answer = junes_browser.get(f"/trail/{theirs.pk}/")
    assert answer.status_code == 403
    assert "This entry is about a licensee that you do not audit." in answer.content.decode()
    assert theirs.entry not in answer.content.decode()
    attempt = AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED)
    assert attempt.object_id == str(theirs.pk)


def test_an_ended_assignment_closes_the_trail_at_once(
    junes_browser: Client, june: User, northwind: Licensee
) -> None:
    event = write(northwind)
    assert event in shown(junes_browser)
    june.groups.clear()
    assert junes_browser.get("/trail/").status_code == 403
    assert list(queries.licensees_audited_by(User.objects.get(pk=june.pk))) == []


# --- Which -------------------------------------------------------------------------------------


def test_each_filter_narrows(junes_browser: Client, adam: User, northwind: Licensee) -> None:
    claimed = write(northwind, case="NW-1")
    other = write(northwind, case="NW-2", verb=Verb.CASE_DECIDED)
    of_nobody = write()
    with transaction.atomic():
        by_adam = record(Verb.MODEL_PROMOTED, by=adam, about=About("model", "1"))
    everything = shown(junes_browser)
    assert shown(junes_browser, verb="case:decided") == [other]
    assert shown(junes_browser, case="nw-1") == [claimed]
    assert shown(junes_browser, actor=adam.actor_name) == [by_adam]
    assert by_adam not in shown(junes_browser, actor="machine:")
    assert claimed in shown(junes_browser, actor="machine:")
    assert of_nobody not in shown(junes_browser, licensee=northwind.pk)
    assert claimed not in shown(junes_browser, licensee="none")
    today = timezone.now().date()
    assert shown(junes_browser, first_day=today, last_day=today) == everything
    assert shown(junes_browser, first_day=today + timedelta(days=1)) == []
    assert shown(junes_browser, last_day=today - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("question", "field", "sentence"),
    [
        (
            {"first_day": "2026-03-05", "last_day": "2026-03-04"},
            "last_day",
            "This day lies before the first one.",
        ),
        (
            {"older_than": "yesterday"},
            "older_than",
            "The link to this page is damaged: here is the newest page.",
        ),
        (
            {"verb": "case:invented"},
            "verb",
            "Select a valid choice. case:invented is not one of the available choices.",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_not_half_answered(
    junes_browser: Client, question: dict[str, str], field: str, sentence: str
) -> None:
    write()
    answer = junes_browser.get("/trail/", question)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [sentence]}
    assert answer.context["lines"] == []


# --- Pages -------------------------------------------------------------------------------------


def walked(browser: Client, url: str, link: str) -> list[list[AuditEvent]]:
    """The entries of each page from here on, in the direction of the link."""
    pages = []
    while url:
        context = browser.get(url).context
        pages.append([line.event for line in context["lines"]])
        url = context[link] and "/trail/" + context[link]
    return pages


def test_pages_neither_repeat_nor_lose_an_entry(
    junes_browser: Client, northwind: Licensee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of the entries have the very same time, as entries of one transaction may."""
    monkeypatch.setattr(queries, "PAGE_SIZE", 4)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 3, tzinfo=UTC))
    for number in range(7):
        write(northwind if number % 2 else None)
    monkeypatch.undo()
    monkeypatch.setattr(queries, "PAGE_SIZE", 4)
    for number in range(4):
        write(northwind if number % 2 else None)
    all_of_them = sorted(AuditEvent.objects.all(), key=lambda event: (event.at, event.id), reverse=True)
    down = walked(junes_browser, "/trail/", "older_url")
    assert [event for page in down for event in page] == all_of_them
    last = "/trail/?older_than=" + str(Mark.of(down[-2][-1]))
    up = walked(junes_browser, last, "newer_url")
    assert [event for page in reversed(up) for event in page] == all_of_them


def test_a_filter_stays_on_every_page(
    junes_browser: Client, northwind: Licensee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    for number in range(5):
        write(northwind, case="NW-1" if number != 2 else "NW-2")
    pages = walked(junes_browser, "/trail/?case=NW-1", "older_url")
    assert [len(page) for page in pages] == [2, 2]


def test_a_mark_is_read_as_it_was_written() -> None:
    mark = Mark(at=datetime(2026, 3, 3, 20, 0, 0, 5, tzinfo=UTC), id=uuid4())
    assert Mark.read(str(mark)) == mark


def test_the_last_page_costs_what_the_first_costs(
    transactional_db: None, northwind: Licensee, owner_connection: psycopg.Connection
) -> None:
    """Measured in pages of the database that PostgreSQL touches, over 30,000 entries of three scopes."""
    fill(count=30_000, licensee_ids=[None, northwind.pk, northwind.pk + 1000])
    owner_connection.execute("ANALYZE audit_auditevent")
    scopes = frozenset({None, northwind.pk})
    early = AuditEvent.objects.order_by("at")[500]
    newest = touched(Question(scopes=scopes))
    far_back = touched(Question(scopes=scopes, older_than=Mark.of(early)))
    assert newest < 50
    assert far_back < 50


def fill(*, count: int, licensee_ids: list[int | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (id, at, verb, actor, actor_roles, licensee_id, object_type, object_id,"
            " case_reference, request_id, reason, payload, nonce, entry)"
            " SELECT gen_random_uuid(), now() - n * interval '1 second', 'case:claimed', 'machine:tests', '',"
            " (%s::bigint[])[1 + n %% %s], '', '', '', '', '', '{}', '', n::text FROM generate_series(1, %s) AS n",
            [licensee_ids, len(licensee_ids), count],
        )


def touched(question: Question) -> int:
    with CaptureQueriesContext(connection) as captured:
        page_of(question)
    (query,) = (entry["sql"] for entry in captured.captured_queries)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
        plan = cursor.fetchone()[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


# --- One entry, one case -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_shown_with_its_way_to_the_signed_root(
    seal: Seal, junes_browser: Client, northwind: Licensee, settings: Any, sealing_keys: Path
) -> None:
    settings.ARTEMIS_KEYS = sealing_keys
    event = write(northwind, case="NW-1")
    event.refresh_from_db()
    answer = junes_browser.get(f"/trail/{event.pk}/")
    assert answer.context["leaf_hash"] == answer.context["recomputed"] == bytes(event.leaf_hash).hex()
    assert answer.context["faults"] == []
    assert "No checkpoint covers it yet." in answer.content.decode()
    for _ in range(20):
        write(northwind)
    signed = seal()
    answer = junes_browser.get(f"/trail/{event.pk}/")
    proof, page = answer.context["proof"], answer.content.decode()
    assert "A signed checkpoint covers it." in page
    assert "The entry leads to the root that was signed" in page
    assert (proof.size, proof.root, proof.fault) == (signed.size, signed.root.hex(), "")
    assert seal.note in page and proof.root in page
    assert all(step.other in page and step.found in page for step in proof.steps)


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_was_rewritten_whole_is_not_proved(
    seal: Seal, junes_browser: Client, northwind: Licensee, settings: Any, sealing_keys: Path, tamper: Tamper
) -> None:
    settings.ARTEMIS_KEYS = sealing_keys
    event = write(northwind, case="NW-1")
    seal()
    tamper(
        "UPDATE audit_auditevent SET verb = 'case:decided', entry = replace(entry, 'claimed', 'decided'),"
        " leaf_hash = sha256('\\x00'::bytea || convert_to(replace(entry, 'claimed', 'decided'), 'UTF8')) WHERE id = %s",
        event.pk,
    )
    answer = junes_browser.get(f"/trail/{event.pk}/")
    assert answer.context["faults"] == []  # it agrees with itself
    assert "The entry does not lead to the root that was signed" in answer.content.decode()
    assert "A signed checkpoint covers it." not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_export_holds_what_the_auditor_may_read_and_is_recorded(
    seal: Seal,
    junes_browser: Client,
    june: User,
    northwind: Licensee,
    lakeside: Licensee,
    sealing_keys: Path,
    tmp_path: Path,
) -> None:
    assert junes_browser.post("/trail/export").status_code == 409
    ours, theirs = write(northwind, case="NW-1"), write(lakeside, case="LS-1")
    seal()
    answer = junes_browser.post("/trail/export")
    text = b"".join(answer).decode()
    assert ours.entry in text and theirs.entry not in text
    entry = AuditEvent.objects.get(verb=Verb.TRAIL_EXPORTED)
    assert entry.actor == june.actor_name
    assert entry.payload == {"licensees": [northwind.pk], "size": AuditCheckpoint.objects.get().size}
    kept = tmp_path / "kept.txt"
    kept.write_bytes(junes_browser.get("/trail/checkpoint").content)
    assert kept.read_text() == seal.note
    (tmp_path / "trail.txt").write_text(text)
    script = Path(audit.__path__[0]) / "enclosed" / "verify_export.py"
    words = [sys.executable, "-I", script, tmp_path / "trail.txt", sealing_keys / "audit-sealing.vkey", kept]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    assert said.startswith("VALID, ") and "kept.txt: holds" in said


def test_an_export_is_not_got_by_a_link(junes_browser: Client) -> None:
    assert junes_browser.get("/trail/export").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_trail_says_who_holds_its_checkpoints(
    seal: Seal, junes_browser: Client, northwind: Licensee, settings: Any
) -> None:
    write(northwind)
    assert "Checkpoints stay in this house" in junes_browser.get("/trail/").content.decode()
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = ["mailto:oversight@example.org"]
    seal()
    sent = CheckpointDispatch.objects.create(
        destination="oversight@example.org", size=1, sent_at=timezone.now()
    )
    page = junes_browser.get("/trail/").content.decode()
    assert "oversight@example.org: 1 entry" in page and "nothing is pending" in page
    CheckpointDispatch.objects.filter(pk=sent.pk).update(problem="Their server answered 503.")
    page = junes_browser.get("/trail/").content.decode()
    assert "oversight@example.org does not get our checkpoints" in page and "answered 503." in page


@pytest.mark.django_db(transaction=True)
def test_no_page_of_the_auditor_asks_more_than_twelve_questions(
    seal: Seal, junes_browser: Client, june: User, northwind: Licensee, settings: Any, sealing_keys: Path
) -> None:
    settings.ARTEMIS_KEYS = sealing_keys
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = [f"mailto:oversight{one}@example.org" for one in range(5)]
    for _ in range(60):
        event = write(northwind, case="NW-1")
    seal()
    write(northwind, case="NW-1")
    junes_browser.get("/trail/")
    for address in (
        "/trail/",
        "/trail/?case=NW-1",
        f"/trail/?actor={june.actor_name}",
        f"/trail/{event.pk}/",
    ):
        with CaptureQueriesContext(connection) as asked:
            assert junes_browser.get(address).status_code == 200
        assert len(asked) <= 12, (address, len(asked))


def test_a_person_is_followed_by_their_name(junes_browser: Client, adam: User) -> None:
    with transaction.atomic():
        record(Verb.MODEL_PROMOTED, by=adam, about=About("model", "1"))
    page = junes_browser.get("/trail/").content.decode()
    assert f'<a href="/trail/?actor={adam.actor_name}">Adam</a>' in page


def test_following_a_case_says_whether_its_numbers_are_whole(
    junes_browser: Client, northwind: Licensee
) -> None:
    for _ in range(3):
        write(northwind, case="NW-1")
    answer = junes_browser.get("/trail/", {"case": "NW-1"})
    assert "1–3, no gap" in answer.content.decode()
    assert [event.case_sequence for event in shown(junes_browser, case="NW-1")] == [3, 2, 1]


def test_reading_the_trail_changes_nothing(junes_browser: Client, northwind: Licensee) -> None:
    event = write(northwind)
    before = AuditEvent.objects.count()
    junes_browser.get("/trail/")
    junes_browser.get(f"/trail/{event.pk}/")
    assert AuditEvent.objects.count() == before


def test_an_unknown_entry_is_not_found(junes_browser: Client) -> None:
    assert junes_browser.get(f"/trail/{uuid4()}/").status_code == 404
