"""A recipient and its changes in words, the same on every page that touches one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from referrals.models import Recipient, RecipientChange

LABELS = {
    "name": "Name",
    "kind": "What it is",
    "exit": "Takes",
    "jurisdiction": "Country",
    "contact": "Contact",
    "formats": "Further files",
    "transport": "Way",
    "endpoint": "Endpoint",
    "age_recipients": "Keys to encrypt to",
    "ssh_host_key": "SSH host key",
    "is_test": "Test or production",
    "is_active": "Takes referrals now",
}
CHOICES: dict[str, type[models.TextChoices]] = {
    "kind": Recipient.Kind,
    "exit": Recipient.Exit,
    "transport": Recipient.Transport,
}


@dataclass(frozen=True)
class Change:
    """One field that was changed."""

    label: str
    before: str
    after: str
    is_watched: bool


def changes_in_words(fields: dict[str, list[Any]]) -> list[Change]:
    return [
        Change(LABELS[name], in_words(name, before), in_words(name, after), name in Recipient.WATCHED)
        for name, (before, after) in fields.items()
        if name in LABELS and before != after
    ]


def lines_of_changes(changes: Iterable[RecipientChange]) -> list[dict[str, Any]]:
    return [{"change": change, "fields": changes_in_words(change.fields)} for change in changes]


def in_words(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    if name in CHOICES:
        return str(CHOICES[name](value).label)
    if name == "is_test":
        return "test" if value else "production"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def facts_of(recipient: Recipient) -> list[dict[str, Any]]:
    return [
        {"label": LABELS[name], "value": in_words(name, getattr(recipient, name))}
        for name in LABELS
        if name != "name"
    ]
