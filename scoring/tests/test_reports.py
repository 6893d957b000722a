"""Users' reports at the API: taken once, sealed, refused with a reason, and unknown to others."""

import gzip
from typing import Any

import pytest

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from scoring import reports
from scoring.erasing import Doomed, erase
from scoring.evidence import open_report_comment
from scoring.models import Conversation, UserReport
from scoring.tests.sending import Platform, conversation
from tests.people import TESTS

pytestmark = pytest.mark.django_db
REPORTS = "/api/v1/reports"


def report(external_id: str = "c1", *, known: bool = True, **fields: Any) -> dict[str, Any]:
    body = {"id": external_id} if known else conversation(external_id)
    return {"conversation": body, "reason": "other", "comment": "They ask where I live"} | fields


def hand_on(platform: Platform, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return platform.client.post(REPORTS, body, content_type="application/json", headers=named)


def test_a_report_with_its_conversation_is_taken_once(platform: Platform):
    first, again = (hand_on(platform, report(known=False, reporter="u1")) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == {
        "conversation": {
            "id": "c1",
            "url": "/api/v1/conversations/c1",
            "messages_accepted": 2,
            "messages_duplicate": 0,
        },
        "duplicate": False,
    }
    assert again.json()["duplicate"] is True
    kept = UserReport.objects.get()
    assert (kept.reason, str(kept.reporter), kept.revision) == ("other", "Account B", 1)
    assert AuditEvent.objects.filter(verb=Verb.REPORT_RECEIVED).count() == 1


def test_of_a_known_conversation_the_id_is_enough(platform: Platform):
    platform.send(conversation("c1"))
    assert hand_on(platform, report()).status_code == 202
    assert hand_on(platform, report(comment="And which school I go to")).json()["duplicate"] is False
    assert UserReport.objects.count() == 2


def test_its_words_are_sealed_and_die_with_the_conversation(platform: Platform):
    hand_on(platform, report(known=False))
    kept = UserReport.objects.select_related("conversation__data_key").get()
    assert b"where I live" not in bytes(kept.comment_sealed)
    assert open_report_comment(kept.conversation, kept) == "They ask where I live"
    [erasure] = erase([Doomed(kept.conversation, "unflagged")], by=TESTS)
    kept.refresh_from_db()
    assert (kept.comment_sealed, kept.erasure) == (None, erasure)
    assert open_report_comment(kept.conversation, kept) == erasure.sentence
    refused = hand_on(platform, report(comment="Once more"))
    assert refused.status_code == 409
    assert refused.json()["detail"] == reports.ERASED


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (["x"], ""),
        ({}, "/conversation"),
        (report("unknown"), "/conversation/id"),
        (report(known=False, reason="because"), "/reason"),
        (report(known=False, reason=None), "/reason"),
        (report(known=False, reporter=7), "/reporter"),
        (report(known=False, reporter="a stranger"), "/reporter"),
        (report(known=False, comment=["x"]), "/comment"),
        (report(known=False, comment="é" * 5_000), "/comment"),
        ({"conversation": {"id": "c1", "messages": [{}]}, "reason": "other"}, "/conversation/messages/0/id"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(platform: Platform, body: Any, pointer: str):
    answer = hand_on(platform, body)
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert not UserReport.objects.exists()
    assert not Conversation.objects.exists()


def test_messages_that_contradict_are_a_conflict_and_the_id_alone_is_taken(platform: Platform):
    platform.send(conversation("c1"))
    other = report(known=False)
    other["conversation"]["messages"][0]["text"] = "Something else"
    refused = hand_on(platform, other)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/conversation/messages/0")
    assert not UserReport.objects.exists()
    assert hand_on(platform, report()).status_code == 202


def test_an_idempotency_key_and_gzip_are_honoured(platform: Platform):
    hand_on(platform, report(known=False), Idempotency_Key="r1")
    again = hand_on(platform, report(known=False), Idempotency_Key="r1")
    assert (again.status_code, again["Idempotent-Replay"]) == (202, "true")
    packed = gzip.compress(b'{"conversation": {"id": "c1"}, "reason": "pressure"}')
    assert hand_on(platform, packed, Content_Encoding="gzip").status_code == 202
    assert UserReport.objects.count() == 2


def test_another_licensees_conversation_is_unknown(platform: Platform, other_platform: Platform):
    platform.send(conversation("c1"))
    answer = hand_on(other_platform, report())
    assert answer.json()["errors"] == [{"pointer": "/conversation/id", "detail": reports.UNKNOWN}]


def test_a_key_that_may_not_write_and_a_suspended_licensee_are_refused(northwind: Licensee):
    reader = Platform(northwind, scopes=[ApiKey.Scope.CONVERSATIONS_READ])
    assert hand_on(reader, report(known=False)).status_code == 403
    platform = Platform(northwind)
    Licensee.objects.filter(pk=northwind.pk).update(state=Licensee.State.SUSPENDED)
    assert hand_on(platform, report(known=False)).status_code == 403
    assert not UserReport.objects.exists()


def test_without_a_basis_it_is_kept_for_people_and_never_scored(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reports, "may_be_scored", lambda licensee: False)
    assert hand_on(platform, report(known=False)).status_code == 202
    row = Conversation.objects.get()
    assert row.scored_revision == row.revision
