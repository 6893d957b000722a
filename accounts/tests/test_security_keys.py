"""What a browser answers for a security key is outside input: whatever it is, it proves nothing or is an answer.

tests/browser/test_signing_in.py walks through with a key that signs.
"""

import json

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import second_factor, security_keys
from accounts.models import SecurityKey, User
from accounts.security_keys import NotTheKey
from tests.people import make_person

HOST = "artemis.example.org"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
# Of the right shape, with anything in its places.
SHAPED = st.fixed_dictionaries(
    {
        "id": st.text(max_size=20),
        "rawId": st.text(max_size=20),
        "type": st.sampled_from(["public-key", "other"]),
        "response": st.fixed_dictionaries(
            {
                "clientDataJSON": st.text(max_size=60),
                "attestationObject": st.text(max_size=60),
                "authenticatorData": st.text(max_size=60),
                "signature": st.text(max_size=60),
            }
        ),
    }
)
ANSWERS = st.one_of(st.text(max_size=80), ANYTHING.map(json.dumps), SHAPED.map(json.dumps))


class TestAnswers(TestCase):
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.person = make_person("Mara", roles=[])

    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(answer=ANSWERS)
    def test_nothing_that_was_made_up_adds_a_key_or_opens_the_door(self, answer: str) -> None:
        now = timezone.now()
        _, adding = security_keys.begin_adding(self.person, host=HOST)
        with pytest.raises(NotTheKey):
            security_keys.add(person=self.person, name="", answer=answer, state=adding, host=HOST, now=now)
        _, proving = security_keys.begin_proving(self.person, host=HOST)
        with pytest.raises(NotTheKey):
            security_keys.prove(person=self.person, answer=answer, state=proving, host=HOST, now=now)
        assert not SecurityKey.objects.exists()


def test_a_very_long_answer_is_not_read(mara: User) -> None:
    _, state = security_keys.begin_proving(mara, host=HOST)
    answer = json.dumps({"id": "x" * security_keys.LONGEST_ANSWER})
    with pytest.raises(NotTheKey):
        security_keys.prove(person=mara, answer=answer, state=state, host=HOST, now=timezone.now())


def test_a_deep_answer_proves_nothing(mara: User) -> None:
    _, state = security_keys.begin_proving(mara, host=HOST)
    answer = "[" * security_keys.LONGEST_ANSWER
    with pytest.raises(NotTheKey):
        security_keys.prove(person=mara, answer=answer, state=state, host=HOST, now=timezone.now())


def test_with_the_app_the_keys_are_taken_away_too(mara: User) -> None:
    SecurityKey.objects.create(person=mara, name="Key", credential_id=b"1", credential=b"")
    second_factor.take_away(person=mara)
    assert not SecurityKey.objects.exists()
