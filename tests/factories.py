"""Makers of evidence for the tests: neutral conversations, hand-set scores, open cases."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from licensees.models import Licensee, Policy
from referrals.signing import create_signing_key
from review.intake import open_cases
from review.models import Case
from scoring.blind_index import index_participants
from scoring.evidence import open_account_ids, seal_account_id, seal_text
from scoring.key_providers import create_key_file
from scoring.models import Conversation, Message, MessageRating, ModelVersion, Participant, Score
from scoring.pipeline import band
from scoring.vault import new_data_key

BEGAN_AT = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
TEXTS = (
    "Hi, good match yesterday",
    "Thanks, it was fun",
    "How old are you, if I may ask?",
    "I am in year eight",
    "Let us keep this chat between the two of us",
    "Why?",
    "We could talk on another app instead",
    "I have homework now",
)


@pytest.fixture(autouse=True, scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real key files for the vault and for packets, made for this run."""
    settings.ARTEMIS_KEYS = tmp_path_factory.mktemp("keys")
    create_key_file(settings.ARTEMIS_KEYS)
    create_signing_key(settings.ARTEMIS_KEYS)
    return settings.ARTEMIS_KEYS


def make_conversation(
    licensee: Licensee, *, texts: Sequence[str] = TEXTS, external_id: str = "c1", **fields: Any
) -> Conversation:
    """Two accounts that speak in turns, one minute apart; the second says to be 13 to 15."""
    data_key, cipher = new_data_key(licensee_id=licensee.pk)
    data_key.save()
    conversation = Conversation.objects.create(
        licensee=licensee,
        external_id=external_id,
        data_key=data_key,
        message_count=len(texts),
        first_message_at=BEGAN_AT,
        last_message_at=BEGAN_AT + timedelta(minutes=max(0, len(texts) - 1)),
        **fields,
    )
    bands = [Participant.AgeBand.ADULT, Participant.AgeBand.FROM_13]
    people = [
        Participant(
            conversation=conversation,
            external_id_sealed=seal_account_id(
                cipher, conversation_id=external_id, position=place, account_id=f"u{place}"
            ),
            position=place,
            declared_age_band=age_band,
        )
        for place, age_band in enumerate(bands)
    ]
    accounts = [(person, f"u{person.position}") for person in people]
    index_participants(accounts, licensee_id=licensee.pk)
    Participant.objects.bulk_create(people)
    Message.objects.bulk_create(
        Message(
            conversation=conversation,
            external_id=f"m{number}",
            sender=people[(number - 1) % 2],
            number=number,
            sent_at=BEGAN_AT + timedelta(minutes=number - 1),
            text_sealed=seal_text(
                cipher, conversation_id=external_id, message_id=f"m{number}", version=1, text=text
            ),
            content_digest=cipher.content_digest(text),
        )
        for number, text in enumerate(texts, start=1)
    )
    return conversation


def accounts_in(conversation: Conversation) -> list[str]:
    """What the platform calls them, in the order in which they appeared; "" where that was erased."""
    conversation = Conversation.objects.select_related("data_key").get(pk=conversation.pk)
    return list(open_account_ids(conversation, conversation.participants.order_by("position")).values())


def make_score(conversation: Conversation, *, probability: float = 0.91) -> Score:
    """A score set by hand, as the worker would store it: for tests of what comes after scoring."""
    policy = Policy.objects.in_force(conversation.licensee_id)
    model, _ = ModelVersion.objects.get_or_create(
        digest=hashlib.sha256(b"hand-set").hexdigest(),
        defaults={"name": "hand-set ratings of the tests", "is_demonstration": True},
    )
    score = Score.objects.create(
        conversation=conversation,
        revision=conversation.revision,
        message_count=conversation.message_count,
        model=model,
        probability=probability,
        highest=max([probability, *conversation.scores.values_list("highest", flat=True)]),
        band=band(probability, policy.flag_threshold, policy.imminent_threshold),
        flagged=probability >= policy.flag_threshold,
        threshold=policy.flag_threshold,
        imminent_threshold=policy.imminent_threshold,
        base=-1.0,
        logit=1.0,
        whole_factor=1.0,
        characteristics={"secrecy_request": 0.9, "age_probe": 0.8, "platform_migration": 0.6},
    )
    ratings = {3: {"age_probe": 0.8}, 5: {"secrecy_request": 0.9}, 7: {"platform_migration": 0.6}}
    MessageRating.objects.bulk_create(
        [
            MessageRating(
                message=message,
                model=model,
                conversation=conversation,
                weight=40,
                evidence=1.5 if message.number in ratings else -0.1,
                ratings=ratings.get(message.number, {}),
            )
            for message in conversation.messages.all()
        ],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["model", "conversation", "weight", "evidence", "ratings"],
    )
    Conversation.objects.filter(pk=conversation.pk).update(scored_revision=conversation.revision)
    return score


def make_case(
    licensee: Licensee, *, external_id: str = "c1", probability: float = 0.91, **fields: Any
) -> Case:
    conversation = make_conversation(licensee, external_id=external_id, **fields)
    score = make_score(conversation, probability=probability)
    open_cases()
    return Case.objects.get(opened_by_score=score)


@pytest.fixture
def case(northwind: Licensee) -> Case:
    """A waiting case of Northwind with eight messages, in the standard lane."""
    return make_case(northwind)


@pytest.fixture
def many_cases(northwind: Licensee) -> Callable[[int], list[Case]]:
    def make(count: int) -> list[Case]:
        return [make_case(northwind, external_id=f"many-{number}") for number in range(count)]

    return make


def later(**difference: float) -> datetime:
    return timezone.now() + timedelta(**difference)
