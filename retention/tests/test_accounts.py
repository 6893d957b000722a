"""An account asks: it gets its own words and nobody else's, or is erased; what must stay stays, with its reason."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from retention.accounts import erase_account, export, file_request, refuse_request, withdraw_request
from retention.models import AccountRequest, Due
from retention.tests.ageing import is_erased
from scoring.erasing import Doomed, erase
from scoring.evidence import cipher_of, seal_identity
from scoring.ingest import accept
from scoring.models import Conversation, Erasure, Participant, PreservationHold
from scoring.tests.sending import incoming
from tests.factories import TEXTS, accounts_in, make_case, make_conversation, make_score
from tests.people import TESTS

BrowserOf = Callable[[User], Client]
PAGE = "/retention/northwind/accounts/"


def asked(licensee: Licensee, by: User, kind: str = "erasure", account: str = "u0") -> AccountRequest:
    return file_request(licensee=licensee, kind=kind, account=account, reference="T-77", by=by)


def quiet(licensee: Licensee, name: str) -> Conversation:
    conversation = make_conversation(licensee, external_id=name)
    make_score(conversation, probability=0.1)
    for person in conversation.participants.all():
        person.identity_sealed = seal_identity(
            cipher_of(conversation),
            conversation_id=name,
            position=person.position,
            identity={"display_name": f"Named u{person.position}"},
        )
        person.save()
    return conversation


def entries(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb))


def test_the_file_holds_ones_own_words_and_nobody_elses(northwind: Licensee, lakeside: Licensee, otto: User):
    quiet(northwind, "c1")
    make_case(northwind, external_id="c2")
    make_conversation(lakeside, external_id="c3")
    request = asked(northwind, otto, "access")
    told = json.loads(export(request_id=request.pk, by=otto))

    assert told["account"] == "u0"
    [one] = told["conversations"]
    assert one["id"] == "c1"
    assert [message["text"] for message in one["your_messages"]] == list(TEXTS[::2])
    assert one["about_you"]["display_name"] == "Named u0"
    everything = json.dumps(told)
    assert "Named u1" not in everything and not any(text in everything for text in TEXTS[1::2])
    assert "c2" not in everything and "case" not in json.dumps(one)
    request.refresh_from_db()
    assert request.outcome == {
        "given": 1,
        "withheld": [{"why": "a case is open", "conversations": 1, "until": None}],
    }
    [entry] = entries(Verb.ACCOUNT_REQUEST_EXPORTED)
    assert "u0" not in json.dumps(entry.payload)
    assert json.loads(export(request_id=request.pk, by=otto))["conversations"]
    assert len(entries(Verb.ACCOUNT_REQUEST_EXPORTED)) == 2


def test_what_was_erased_is_said_in_the_file(northwind: Licensee, otto: User):
    conversation = quiet(northwind, "c1")
    told = erase_now(conversation)
    request = asked(northwind, otto, "access")
    [one] = json.loads(export(request_id=request.pk, by=otto))["conversations"]
    assert {message["erased"] for message in one["your_messages"]} == {told.sentence}


def erase_now(conversation: Conversation) -> Erasure:
    from django.db import transaction

    with transaction.atomic():
        row = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
        [erasure] = erase([Doomed(row, Erasure.Rule.UNFLAGGED)], by=TESTS)
    return erasure


def test_an_erasure_takes_what_nothing_keeps_and_says_why_the_rest_stays(northwind: Licensee, otto: User):
    free = [quiet(northwind, "c1"), quiet(northwind, "c2")]
    opened = make_case(northwind, external_id="c3").conversation
    held = quiet(northwind, "c4")
    until = timezone.now() + timedelta(days=99)
    PreservationHold.objects.create(
        conversation=held, until=until, basis="A test", placed_by=TESTS.actor_name
    )
    request = erase_account(request_id=asked(northwind, otto).pk, by=otto)

    assert [is_erased(one) for one in (*free, opened, held)] == [True, True, False, False]
    assert request.state == AccountRequest.State.ANSWERED
    assert request.outcome == {
        "erased": 2,
        "messages": 16,
        "names": 2,
        "kept": [
            {"why": "a case is open", "conversations": 1, "until": None},
            {
                "why": "a preservation hold stands (legal obligation)",
                "conversations": 1,
                "until": until.isoformat(),
            },
        ],
    }
    people = Participant.objects.filter(conversation__in=free).order_by("pk")
    assert set(people.values_list("external_id_sealed", flat=True)) == {None}
    # Whoever else wrote is known again by their index; whoever asked is not.
    assert [one.account_index is None for one in people] == [True, False] * 2
    assert {one.look_at for one in Due.objects.filter(conversation__in=free)} == {None}
    assert Erasure.objects.first().sentence.endswith("one of its accounts asked for erasure.")
    [entry] = entries(Verb.ACCOUNT_REQUEST_ERASED)
    assert "u0" not in json.dumps(entry.payload) and entry.payload["erased"] == 2
    with pytest.raises(NotPossible, match="This request was answered on"):
        erase_account(request_id=request.pk, by=otto)


def test_whoever_comes_back_after_an_erasure_is_somebody_new(northwind: Licensee, otto: User):
    conversation = quiet(northwind, "c1")
    erase_account(request_id=asked(northwind, otto).pk, by=otto)
    accept(licensee=northwind, items=[incoming(messages=1, first=9)], by=TESTS)
    assert accounts_in(conversation) == ["", "", "u0"]
    assert Due.objects.get(conversation=conversation).look_at is not None


def test_an_account_that_nobody_knows_gets_an_answer_too(northwind: Licensee, otto: User):
    request = erase_account(request_id=asked(northwind, otto, account="nobody").pk, by=otto)
    assert request.outcome == {"erased": 0, "messages": 0, "names": 0, "kept": []}


def test_the_id_stands_nowhere_in_clear(northwind: Licensee, otto: User, browser_of: BrowserOf):
    request = asked(northwind, otto, account="somebody-very-special")
    row = AccountRequest.objects.filter(pk=request.pk).values().get()
    assert "somebody" not in str({name: value for name, value in row.items() if name != "account_sealed"})
    assert b"somebody" not in bytes(row["account_sealed"])
    for address in (PAGE, f"{PAGE}{request.pk}/"):
        assert "somebody" not in browser_of(otto).get(address).content.decode()


@pytest.mark.parametrize("act", ["export", "erase_account", "refuse_request", "withdraw_request"])
def test_an_admin_files_and_never_answers(northwind: Licensee, adam: User, act: str):
    quiet(northwind, "c1")
    request = asked(northwind, adam, "access" if act == "export" else "erasure")
    acts: dict[str, Callable[..., Any]] = {
        "export": export,
        "erase_account": erase_account,
        "refuse_request": refuse_request,
        "withdraw_request": withdraw_request,
    }
    more = {"why": "unfounded"} if act == "refuse_request" else {}
    with pytest.raises(NotAllowed, match="Only a supervisor of the licensee answers"):
        acts[act](request_id=request.pk, by=adam, **more)
    request.refresh_from_db()
    assert request.is_open and not Erasure.objects.exists()


def test_a_moderator_files_nothing(northwind: Licensee, mara: User):
    with pytest.raises(NotAllowed, match="Only a supervisor of Northwind or an admin"):
        asked(northwind, mara)
    assert not AccountRequest.objects.exists()


def test_the_pages_from_filing_to_the_answer(
    northwind: Licensee, otto: User, adam: User, browser_of: BrowserOf
):
    quiet(northwind, "c1")
    filed = {"kind": "erasure", "account": "u0", "reference": "T-77"}
    assert browser_of(adam).post(PAGE, filed).status_code == 302
    request = AccountRequest.objects.get()
    page, browser = f"{PAGE}{request.pk}/", browser_of(otto)
    assert browser_of(adam).get(page).status_code == 403
    assert "Nothing keeps it" in browser.get(page).content.decode()
    browser.post(f"{page}erase", {"typed": "another"})
    assert not Erasure.objects.exists()
    browser.post(f"{page}erase", {"typed": "T-77"})
    said = " ".join(browser.get(page).content.decode().split())
    assert "1 conversation with 8 messages were erased" in said

    browser.post(PAGE, filed | {"kind": "access"})
    request = AccountRequest.objects.latest("pk")
    answer = browser.post(f"{PAGE}{request.pk}/file")
    assert answer["Content-Disposition"] == f'attachment; filename="account-{request.pk}.json"'
    assert answer["Cache-Control"].startswith("no-store") or "no-store" in answer["Cache-Control"]

    browser.post(PAGE, filed)
    request = AccountRequest.objects.latest("pk")
    browser.post(f"{PAGE}{request.pk}/refuse", {"why": "unfounded"})
    assert "manifestly unfounded" in browser.get(f"{PAGE}{request.pk}/").content.decode()
