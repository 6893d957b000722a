"""Evidence that cannot be opened is a page that says so, never a broken one and never half an act."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from review.models import Case
from review.queue import claim
from scoring.models import Message


@pytest.mark.django_db
def test_a_changed_text_is_said_and_recorded(case: Case, mara: User, browser_of: Callable[[User], Client]):
    claim(case_id=case.pk, by=mara)
    message = case.conversation.messages.get(number=3)
    sealed = bytearray(message.text_sealed)
    sealed[-1] ^= 1
    Message.objects.filter(pk=message.pk).update(text_sealed=bytes(sealed))
    answer = browser_of(mara).post(f"/cases/{case.reference}/reveal", {"number": "3"})
    assert answer.status_code == 409
    assert "The evidence cannot be read" in answer.content.decode()
    assert AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).count() == 1
