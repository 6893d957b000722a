"""A platform takes a conversation back: gone at once and for good, or told in words why it is still needed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from retention.models import Due
from retention.tests.ageing import is_erased
from scoring.ingest import accept
from scoring.models import Conversation, Erasure, Participant, PreservationHold
from scoring.tests.sending import Platform, incoming
from tests.factories import accounts_in, make_case, make_conversation, make_score
from tests.people import TESTS

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/conversations/c1"


@pytest.fixture
def platform(northwind: Licensee) -> Platform:
    return Platform(northwind)


@pytest.fixture
def quiet(northwind: Licensee) -> Conversation:
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.1)
    return conversation


def test_it_is_gone_at_once_and_asked_again_is_no_fault(platform: Platform, quiet: Conversation):
    answer = platform.client.delete(ADDRESS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_erased(quiet)
    assert accounts_in(quiet) == ["", ""]
    assert set(Participant.objects.values_list("account_index", flat=True)) == {None}
    assert Erasure.objects.get().sentence.endswith("its platform took it back.")
    assert Due.objects.get(conversation=quiet).kind == Due.Kind.DONE
    assert AuditEvent.objects.get(verb=Verb.EVIDENCE_ERASED).actor == f"key:{platform.key.pk}"
    assert platform.client.delete(ADDRESS).status_code == 204
    assert Erasure.objects.count() == 1
    assert platform.client.get(ADDRESS).json()["status"] == "scored"


def test_what_goes_on_afterwards_is_by_somebody_new(platform: Platform, quiet: Conversation):
    platform.client.delete(ADDRESS)
    accept(licensee=quiet.licensee, items=[incoming(messages=1, first=9)], by=TESTS)
    assert accounts_in(quiet) == ["", "", "u0"]


def test_a_hold_keeps_it_and_the_answer_says_so(platform: Platform, quiet: Conversation):
    until = timezone.now() + timedelta(days=9)
    PreservationHold.objects.create(
        conversation=quiet, until=until, basis="A test", placed_by=TESTS.actor_name
    )
    answer = platform.client.delete(ADDRESS)
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert "A legal obligation holds this conversation" in answer.json()["detail"]
    assert not is_erased(quiet)


def test_that_people_look_at_it_is_not_told(platform: Platform, northwind: Licensee):
    case = make_case(northwind)
    answer = platform.client.delete(ADDRESS)
    assert answer.status_code == 409
    assert "is still needed" in answer.json()["detail"]
    assert not any(
        word in answer.content.decode().lower() for word in ("case", "review", case.reference.lower())
    )
    assert not is_erased(case.conversation)


def test_what_was_not_read_yet_is_asked_for_again(platform: Platform, northwind: Licensee):
    make_conversation(northwind, scored_revision=0)
    answer = platform.client.delete(ADDRESS)
    assert answer.status_code == 409
    assert "was not read yet" in answer.json()["detail"]


def test_unknown_of_others_and_without_the_right(
    northwind: Licensee, lakeside: Licensee, quiet: Conversation
):
    assert Platform(lakeside).client.delete(ADDRESS).status_code == 404
    assert Platform(northwind).client.delete("/api/v1/conversations/none").status_code == 404
    reader = Platform(northwind, scopes=[ApiKey.Scope.CONVERSATIONS_READ])
    assert reader.client.delete(ADDRESS).status_code == 403
    assert not is_erased(quiet)
