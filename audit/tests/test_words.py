"""Entries in words: who, what, and the payload without code in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEvent
from audit.words import Line, in_words, lines_of
from licensees.models import Licensee

pytestmark = pytest.mark.django_db


def line(licensees: tuple[Any, ...] = (), **columns: Any) -> Line:
    values = {
        "at": datetime(2026, 3, 3, tzinfo=UTC),
        "verb": "case:claimed",
        "actor": "machine:intake",
    } | columns
    return lines_of([AuditEvent(**values)], licensees=licensees)[0]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("machine:intake", "The machine: intake"),
        ("machine:nobody", "Nobody signed in"),
        ("key:7", "Key 7 of a platform"),
        ("person:999999", "person 999999"),
    ],
)
def test_who_acted(actor: str, words: str) -> None:
    assert line(actor=actor).who == words


def test_a_person_is_named_with_the_roles_of_that_moment(mara: User) -> None:
    shown = line(actor=mara.actor_name, actor_roles="moderator,supervisor")
    assert (shown.who, shown.roles, shown.act) == ("Mara", "moderator, supervisor", "claimed the case")


def test_a_verb_that_no_longer_exists_is_shown_as_it_was_written() -> None:
    assert line(verb="case:whispered").act == "case:whispered"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, ""),
        ({"from": "waiting", "to": "in_review", "claim": 6}, "waiting → in review · claim 6"),
        ({"until": "2026-03-03T21:15:00.123+01:00"}, "until 2026-03-03 20:15:00"),
        ({"digest": "a0077d2ad3e9" + "0" * 52}, "digest a0077d2ad3e9…"),
        ({"messages": [5030, 5031, 5032, 5040]}, "messages 5030–5032, 5040"),
        (
            {"messages": list(range(0, 60, 2))},
            "messages " + ", ".join(map(str, range(0, 40, 2))) + " and 10 more",
        ),
        (
            {"scopes": ["conversations:write"], "empty": [], "none": None, "zero": 0},
            "scopes conversations:write · zero 0",
        ),
        (
            {"disposition": "no_action", "label": "Texts_with marks"},
            "disposition no action · label Texts_with marks",
        ),
    ],
)
def test_the_payload_in_words(payload: dict[str, Any], words: str) -> None:
    assert line(payload=payload).details == words


def test_an_assignment_names_the_person_and_the_licensee(mara: User, northwind: Licensee) -> None:
    shown = line(
        (northwind,),
        verb="assignment:given",
        object_type="licensee",
        object_id=str(northwind.pk),
        licensee_id=northwind.pk,
        payload={"person": mara.pk, "role": "moderator"},
    )
    assert (shown.licensee, shown.about, shown.details) == ("Northwind", "", "Mara · role moderator")


def test_a_failed_sign_in_says_for_whom(mara: User) -> None:
    assert line(object_type="person", object_id=str(mara.pk)).about == "Mara"
    assert line(object_type="person", object_id="").about == "an address that nobody has"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (59, "59 seconds"), (150, "2 minutes"), (9_000, "2 hours"), (2_451_749, "28 days")],
)
def test_a_span_is_said_in_its_largest_unit(seconds: int, said: str):
    assert in_words(timedelta(seconds=seconds)) == said
