"""The quick reading is sure of nothing that the plain one finds fault with, and sure of all that is ordinary."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audit import readers
from audit.bulk import doubtful_entries
from audit.models import AuditEvent
from audit.record import About, Machine, canonical_entry, record
from audit.sealed_trail import check_doubtful, one_moment
from audit.verbs import Verb
from audit.verify import check_entries, stored_events
from tests.sealing import Tamper

pytestmark = pytest.mark.django_db

# Everything that COPY, PostgreSQL's JSON and RFC 8785 write in ways of their own, and what looks like their marks.
PIECES = [
    *"ab_ ,:.{}[]\"'\\/!~\x01\x08\x1f\t\n\r\x0b\x7f\u2028é\ud7ff\ue000\ufffd😀",
    '", "',
    '": ',
    "\\N",
    "\\x",
    "0",
    "null",
    '","reason":"',
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.integers(-20, 20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-100, 100, places=4).map(float),
    st.sampled_from([0.1, 0.7, 1.0, -0.0, 1e-4, 1e-5, 1e-7, 1e15, 1e16, 1e21, 1e22, 123456.789, 5e-324]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)
PAYLOADS = st.one_of(
    st.dictionaries(TEXTS, VALUES, max_size=4),
    st.dictionaries(st.sampled_from(["messages", "from", "to", "a_b"]), VALUES, max_size=4),
    VALUES.filter(lambda value: value is not None),
)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
CLOSE = st.sampled_from([0, 100_000, 120, 999_999, 500]).map(
    lambda microsecond: datetime(2026, 3, 3, 20, 0, 0, microsecond, tzinfo=UTC)
)
EVENTS = st.fixed_dictionaries(
    {
        "at": CLOSE | TIMES,
        "verb": TEXTS,
        "actor": TEXTS,
        "actor_roles": TEXTS,
        "licensee_id": st.none() | st.integers(-(2**62), 2**62) | st.integers(1, 9),
        "object_type": TEXTS,
        "object_id": TEXTS,
        "request_id": TEXTS,
        "reason": TEXTS,
        "payload": PAYLOADS,
        "nonce": st.binary(max_size=16),
    }
)
RESPACED = st.tuples(st.sampled_from([", ", ": ", " ", ",", "!"]), st.sampled_from(["", " ", ",", ", "]))


@st.composite
def changed_rows(draw: st.DrawFn) -> AuditEvent:
    """A row as it is recorded, or with something changed afterwards: a column, the entry, or hardly anything."""
    event = AuditEvent(case_reference="", **draw(EVENTS))
    try:
        event.entry = canonical_entry(event)
    except ValueError:
        event.entry = "no canonical form"
    match draw(st.sampled_from(["nothing", "nothing", "column", "spacing", "cut", "spaced", "emptied"])):
        case "column":
            name = draw(st.sampled_from(["verb", "reason", "payload", "licensee_id", "at", "nonce"]))
            setattr(event, name, draw(EVENTS)[name])
        case "spacing":
            event.payload = respaced(event.payload, *draw(RESPACED))
        case "cut":
            place = draw(st.integers(0, len(event.entry)))
            event.entry = event.entry[:place] + event.entry[place + draw(st.integers(1, 3)) :]
        case "spaced":
            event.entry = event.entry.replace(*draw(RESPACED))
        case "emptied":
            begin, end = event.entry.find('"payload":') + 10, event.entry.find(',"reason":')
            event.entry = event.entry[:begin] + event.entry[end:]
    return event


def respaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name.replace(old, new): respaced(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [respaced(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def doubted() -> set[Any]:
    return set(doubtful_entries(connection.connection)[0])


class Undone(Exception):
    """The rows of one example are taken back."""


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],
)
@given(rows=st.lists(changed_rows(), min_size=1, max_size=12))
def test_the_quick_way_is_sure_of_nothing_that_the_plain_way_finds_fault_with(rows: list[AuditEvent]) -> None:
    with suppress(Undone), transaction.atomic():
        for event in rows:
            event.save(force_insert=True)
        faulty = {fault.where for fault in check_entries(stored_events())}
        assert faulty <= {f"entry {event_id}" for event_id in doubted()}
        raise Undone


ORDINARY: list[dict[str, Any]] = [
    {},
    {"from": "waiting", "to": "in_review", "claim": 7, "until": "2026-03-03T20:15:00.120000+00:00"},
    {"messages": [1, 22, 333], "a": [], "b": {}},
    {"conversations": [{"messages": 2, "id": 7, "revision": 1}], "messages": 2, "digest": "0a" * 32},
    {"index": 0.2571, "threshold": -0.5, "high": 0.0125},
    {"scopes": ["conversations:read", "conversations:write"], "is_new": True, "key": None},
    {"words": "a, b: c", "quoted": 'it “is” "so"', "lines": "one\ntwo\\", "é": "ü"},
]


def test_what_is_ordinary_needs_no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    about = About(object_type="case", object_id="1", licensee_id=1, case_reference="NW-1")
    for microsecond in (0, 500_000, 123_450, 123_456):
        monkeypatch.setattr(timezone, "now", lambda at=microsecond: datetime(2026, 3, 3, 20, 0, 0, at, UTC))
        for payload in ORDINARY:
            record(Verb.CASE_CLAIMED, by=Machine("tests"), about=about, payload=payload)
            record(
                Verb.MODEL_REGISTERED,
                by=Machine("tests"),
                about=About("model", "1"),
                reason='"So", he said.\n',
            )
    assert doubtful_entries(connection.connection) == ([], 8 * len(ORDINARY))


def test_what_is_odd_is_looked_at_the_plain_way() -> None:
    """Numbers that PostgreSQL writes otherwise than JavaScript, and names that the two put in another order."""
    odd: list[dict[str, Any]] = [{"a": 1.0}, {"a": 1e-7}, {"a": 2**53 - 1}, {"\ue000": 1, "😀": 2}]
    written = [
        record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About("x", "1"), payload=one) for one in odd
    ]
    assert doubted() == {event.pk for event in written}
    assert list(check_doubtful(sorted(doubted()))) == []


@pytest.mark.django_db(transaction=True)
def test_several_processes_read_every_entry_once(monkeypatch: pytest.MonkeyPatch, tamper: Tamper) -> None:
    with transaction.atomic():
        for _ in range(120):
            written = record(
                Verb.CASE_CLAIMED, by=Machine("tests"), about=About("x", "1"), payload={"a": 1.0}
            )
    tamper("UPDATE audit_auditevent SET actor = 'person:7' WHERE id = %s", written.pk)
    monkeypatch.setattr(readers, "PAGES_A_PART", 1)
    monkeypatch.setattr(readers, "_processors", lambda: 2)
    with one_moment():
        assert len(readers._parts()) > 2
        with readers.reading() as entries:
            with transaction.atomic():
                record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About("x", "1"))
            doubtful, count = entries()
    assert (len(doubtful), len(set(doubtful)), count) == (120, 120, 120)
    (fault,) = check_doubtful(doubtful)
    assert fault.where == f"entry {written.pk}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE audit_auditevent SET at = 'infinity' WHERE id = %s", "DataError"),
        (
            "UPDATE audit_auditevent SET payload = (repeat('[', 3000) || repeat(']', 3000))::jsonb WHERE id = %s",
            "Recur",
        ),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_checked(
    tamper: Tamper, change: LiteralString, problem: str
) -> None:
    with transaction.atomic():
        first, second = (
            record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About("x", "1")) for _ in range(2)
        )
    tamper(change, first.pk)
    tamper("UPDATE audit_auditevent SET actor = 'person:7' WHERE id = %s", second.pk)
    found = {fault.where: fault.sentence for fault in check_doubtful(sorted(doubted()))}
    assert set(found) == {f"entry {first.pk}", f"entry {second.pk}"}
    assert f"a column holds what cannot be read ({problem}" in found[f"entry {first.pk}"]
