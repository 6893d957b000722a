"""The allow-list: an admin keeps it, each change is on record, and nothing is production by accident."""

from collections.abc import Callable
from typing import Any

import pyrage
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Recipient, RecipientChange
from referrals.recipient_policies import PRODUCTION_OFF
from referrals.recipients import add_recipient, change_recipient

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxQ0kG0nYQ3dR0H3y3xJ9mT1vC1Jp0Cw2m0v8y3o9aB"
Browser = Callable[[User], Client]


def values(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Test desk of a police force",
        "kind": "agency",
        "exit": "imminent_threat",
        "jurisdiction": "GB",
        "contact": "desk@police.example",
        "formats": [],
        "transport": "download",
        "endpoint": "",
        "age_recipients": "",
        "ssh_host_key": "",
        "is_test": True,
        "is_active": True,
        **changes,
    }


def typed(**changes: Any) -> dict[str, Any]:
    fields = {name: value for name, value in values(**changes).items() if name != "is_test"}
    return {**fields, "is_active": "on", "reason_text": "Agreed with the force in writing", **changes}


def test_adding_and_changing_are_kept_field_by_field(adam: User) -> None:
    recipient = add_recipient(by=adam, reason="First test", **values())
    key = str(pyrage.x25519.Identity.generate().to_public())
    changed = values(transport="encrypted_file", age_recipients=key)
    change_recipient(recipient_id=recipient.pk, by=adam, reason="Their key", seen_revision=1, **changed)
    first, second = RecipientChange.objects.order_by("revision")
    assert first.fields["transport"] == [None, "download"]
    assert second.fields == {
        "transport": ["download", "encrypted_file"],
        "age_recipients": ["", key],
    }
    assert (second.is_watched, second.reason, second.changed_by) == (True, "Their key", adam)
    events = AuditEvent.objects.filter(object_type="recipient").order_by("at")
    assert [event.verb for event in events] == [Verb.RECIPIENT_ADDED, Verb.RECIPIENT_CHANGED]
    assert events[1].payload["fields"] == ["age_recipients", "transport"]


def test_a_new_contact_needs_no_second_look(adam: User) -> None:
    recipient = add_recipient(by=adam, reason="First test", **values())
    changed = values(contact="new@police.example")
    change_recipient(recipient_id=recipient.pk, by=adam, reason="New desk", seen_revision=1, **changed)
    assert not RecipientChange.objects.get(revision=2).is_watched


def test_two_admins_do_not_overwrite_each_other(adam: User) -> None:
    recipient = add_recipient(by=adam, reason="First test", **values())
    new = values(contact="new@police.example")
    change_recipient(recipient_id=recipient.pk, by=adam, reason="New desk", seen_revision=1, **new)
    other = values(contact="other@police.example")
    with pytest.raises(NotPossible) as refusal:
        change_recipient(recipient_id=recipient.pk, by=adam, reason="Other", seen_revision=1, **other)
    assert refusal.value.sentence.startswith("Test desk of a police force was changed since you opened")
    recipient.refresh_from_db()
    assert recipient.contact == "new@police.example"


REFUSED = [
    ({"is_test": False}, PRODUCTION_OFF),
    (
        {"transport": "encrypted_file"},
        "An encrypted file needs at least one key of the recipient.",
    ),
    (
        {"age_recipients": "age1nothing"},
        "“age1nothing…” is no public key of age. One begins with age1, ssh-ed25519 or ssh-rsa.",
    ),
    (
        {"transport": "sftp", "endpoint": "sftp://files.example.org/in", "ssh_host_key": HOST_KEY},
        "Say who signs in there, as in sftp://artemis@files.example.org/in.",
    ),
    (
        {"transport": "sftp", "endpoint": "sftp://artemis@files.example.org/in"},
        "Without its host key nobody knows which server answers. Give it.",
    ),
    (
        {
            "transport": "sftp",
            "endpoint": "sftp://artemis:word@files.example.org/in",
            "ssh_host_key": HOST_KEY,
        },
        "Leave the password out: it lies in a file that only the operator may read.",
    ),
    ({"formats": ["telegram"]}, "No packet can hold the format “telegram”."),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_could_send_a_packet_astray_is_refused(
    changes: dict[str, Any], sentence: str, adam: User
) -> None:
    with pytest.raises(NotPossible) as refusal:
        add_recipient(by=adam, reason="Try", **values(**changes))
    assert refusal.value.sentence == sentence
    assert not Recipient.objects.exists()


def test_production_takes_the_environment_and_the_recipient(adam: User, settings: Any) -> None:
    settings.ARTEMIS_PRODUCTION_DELIVERY = True
    recipient = add_recipient(by=adam, reason="Signed agreement", **values(is_test=False))
    assert not recipient.is_test


def test_the_pages_show_before_and_after_and_then_change(adam: User, browser_of: Browser) -> None:
    browser = browser_of(adam)
    added = browser.post(reverse("referrals:add_recipient"), typed())
    recipient = Recipient.objects.get()
    assert added.url == reverse("referrals:recipient", args=[recipient.pk])  # type: ignore[attr-defined]
    address = reverse("referrals:change_recipient", args=[recipient.pk])
    new = typed(contact="night@police.example", seen_revision="1")
    review = browser.post(address, new).content.decode()
    assert "Nothing is changed yet." in review
    assert "night@police.example" in review
    recipient.refresh_from_db()
    assert recipient.contact == "desk@police.example"
    browser.post(address, {**new, "confirmed": "1"})
    recipient.refresh_from_db()
    assert (recipient.contact, recipient.revision) == ("night@police.example", 2)
    page = browser.get(reverse("referrals:recipient", args=[recipient.pk])).content.decode()
    assert "Agreed with the force in writing" in page
    assert recipient.name in browser.get(reverse("referrals:recipients")).content.decode()


def test_what_is_wrong_is_said_beside_the_field(adam: User, browser_of: Browser) -> None:
    answer = browser_of(adam).post(reverse("referrals:add_recipient"), typed(transport="encrypted_file"))
    assert answer.status_code == 422
    assert "An encrypted file needs at least one key of the recipient." in answer.content.decode()
    assert not Recipient.objects.exists()


def test_whoever_reads_evidence_does_not_keep_the_list(otto: User, browser_of: Browser) -> None:
    assert browser_of(otto).post(reverse("referrals:add_recipient"), typed()).status_code == 403
    assert not Recipient.objects.exists()
