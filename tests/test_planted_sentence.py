"""A sentence is planted, real processes work on it, and it stands nowhere in clear; after its erasure nothing gives it
back: no page, no export, and no dump of the database together with the key file."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.test import Client
from psycopg import sql

from accounts.models import User
from artemis_site.site_map import pages
from licensees.models import Licensee
from retention.tests.ageing import is_erased, let_pass, sweep_once
from review.intake import open_cases
from review.labels import export_labels
from review.models import Case
from review.queue import claim
from review.workflow import decide, reveal
from scoring.key_providers import EvidenceUnreadable, key_provider
from scoring.models import Conversation, ModelVersion, Score
from scoring.tests.sending import Platform, message
from scoring.tests.sending import conversation as sent
from scoring.vault import Cipher
from tests.factories import make_score
from tests.machinery import Program, wait_until
from tests.test_access import address_of

# Seven words that stand together nowhere else.
SENTENCE = "Violet umbrellas seldom argue with patient lighthouse keepers"
NOTE = "Seven copper kettles whistled past the sleepy harbour master"
NAME = "Kim of the marmalade observatory"
ACCOUNT = "weathervane-of-the-ninth-canal"
PLANTED = (SENTENCE, NOTE, NAME, ACCOUNT)


def forms(words: str) -> list[bytes]:
    """As it would stand in a text, a dump, a queue or a log."""
    raw = words.encode()
    encoded = base64.b64encode(raw)
    return [raw, raw.hex().encode(), encoded[: len(encoded) // 3 * 2], raw.replace(b" ", b"\\u0020")]


def holders(where: str, content: bytes) -> list[str]:
    lowered = content.lower()
    return [f"{where}: {words[:12]}" for words in PLANTED for form in forms(words) if form.lower() in lowered]


def dumped(connection: psycopg.Connection) -> Iterator[tuple[str, str, Any]]:
    """(table, column, value) of every row of every table, read as the owner."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in names:
        cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        columns = [column.name for column in cursor.description or ()]
        for row in cursor:
            yield from ((table, column, value) for column, value in zip(columns, row, strict=True))


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "replace")


def opened_by_the_keys(connection: psycopg.Connection, conversation: Conversation) -> set[str]:
    """What a thief of the dump and of the key file reads: each key in it, tried on each value that may be sealed."""
    provider, keys = key_provider(), []
    rows = connection.execute("SELECT wrapped, wrapped_by FROM scoring_datakey WHERE wrapped IS NOT NULL")
    for wrapped, wrapped_by in rows:
        try:
            keys.append(provider.unwrap(bytes(wrapped), key_id=wrapped_by))
        except EvidenceUnreadable:
            continue
    ciphers = [Cipher(key, licensee_id=conversation.licensee_id) for key in keys]
    found: set[str] = set()
    for table, _, value in dumped(connection):
        if not isinstance(value, bytes) or len(value) < 29 or not table.startswith(("scoring", "review")):
            continue
        for cipher in ciphers:
            for place in places_of(conversation):
                try:
                    plain = cipher.decrypt(value, **place)
                except EvidenceUnreadable:
                    continue
                found |= {words for words in PLANTED if words.encode() in plain}
    return found


def places_of(conversation: Conversation) -> list[dict[str, str]]:
    name = conversation.external_id
    case = Case.objects.get(conversation=conversation)
    texts = [f"{name}\x1fm{number}\x1f1" for number in range(1, 9)]
    notes = [
        f"{one.case_id}\x1f{one.decided_by_id}\x1f{one.decided_at.isoformat()}"
        for one in case.decisions.all()
    ]
    return [
        *({"table": "message", "column": "text", "row": row} for row in texts),
        *(
            {"table": "participant", "column": column, "row": f"{name}\x1f{place}"}
            for column in ("identity", "id")
            for place in (0, 1)
        ),
        *({"table": "note", "column": "decision", "row": row} for row in notes),
    ]


def files_of(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_a_planted_sentence_stands_nowhere_in_clear_and_nothing_gives_it_back(
    northwind: Licensee,
    champion: ModelVersion,
    worker: Program,
    broker: redis.Redis,
    owner_connection: psycopg.Connection,
    mara: User,
    otto: User,
    adam: User,
    june: User,
    browser_of: Callable[[User], Client],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    platform = Platform(northwind)
    words = [
        "How old are you?",
        "Tell nobody about this.",
        SENTENCE,
        "Why?",
        "Shall we meet?",
        "ok",
        "Send it",
        "no",
    ]
    said = [message(number, text=text) for number, text in enumerate(words, start=1)]
    for own in said[::2]:
        own["sender"] = ACCOUNT
    people = [{"id": ACCOUNT, "display_name": NAME, "declared_age_band": "adult"}]
    assert platform.send(sent(messages=said, participants=people)).status_code == 202
    # Refused for their form: what is wrong with them must not be told by repeating them.
    platform.send(sent("c2", messages=[message(1, text=SENTENCE, sent_at=SENTENCE)]))
    platform.send(sent("c3", messages=[message(1, text=SENTENCE) | {SENTENCE: 1}]))
    conversation = Conversation.objects.get(external_id="c1")
    wait_until(lambda: Score.objects.exists(), seconds=60, what="it is scored")
    worker.kill()
    case = case_of(conversation)
    claim(case_id=case.pk, by=mara)
    assert reveal(case_id=case.pk, numbers=[3], by=mara)[3] == SENTENCE
    browser_of(mara).post(f"/cases/{case.reference}/search", {"words": SENTENCE, "scope": "all"})
    decide(
        case_id=case.pk,
        by=mara,
        disposition="no_action",
        reason="peers",
        note=NOTE,
        seen_revision=Conversation.objects.get(pk=conversation.pk).revision,
    )

    def search() -> list[str]:
        captured = capfd.readouterr()
        found = [
            *holders("standard output", captured.out.encode()),
            *holders("standard error", captured.err.encode()),
            *holders("log records", caplog.text.encode()),
            *(place for key in broker.scan_iter("*") for place in holders(str(key), broker.dump(key) or b"")),
            *(place for key in broker.scan_iter("*") for place in holders(str(key), key)),
            *(place for name, content in files_of(tmp_path) for place in holders(name, content)),
        ]
        for table, column, value in dumped(owner_connection):
            found += holders(f"{table}.{column}", as_bytes(value))
        return sorted(set(found))

    # The search finds what stands in clear.
    planted = tmp_path / "planted"
    planted.write_text(SENTENCE)
    assert search() == [f"{planted}: {SENTENCE[:12]}"]
    planted.unlink()
    assert search() == []
    assert opened_by_the_keys(owner_connection, conversation) == set(PLANTED)

    let_pass(conversation, days=99)
    sweep_once(conversation)

    assert is_erased(conversation)
    assert opened_by_the_keys(owner_connection, conversation) == set()
    people_here = {"mara": mara, "otto": otto, "adam": adam, "june": june}
    seen = 0
    for who, person in people_here.items():
        browser = browser_of(person)
        for page in pages():
            if page.access is None or not page.access.roles & person.roles:
                continue
            answer = browser.get(address_of(page, {"slug": northwind.slug, "reference": case.reference}))
            seen += answer.status_code == 200
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert not holders(f"{who} {page.route}", content)
    assert seen > 30
    output = tmp_path / "labels.jsonl"
    assert export_labels(licensee=northwind, output=output, by=otto, reason="A test").left_out == {
        "erased": 1
    }
    assert search() == []


def case_of(conversation: Conversation) -> Case:
    """Whatever the small model of the tests said: a person's case, opened by a score that is set by hand."""
    Conversation.objects.filter(pk=conversation.pk).update(revision=2)
    conversation.refresh_from_db()
    if not Case.objects.filter(conversation=conversation).exists():
        make_score(conversation, probability=0.95)
        open_cases()
    return Case.objects.get(conversation=conversation)
