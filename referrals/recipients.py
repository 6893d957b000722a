"""The operator's allow-list: an admin puts a recipient on it or changes one, and every change is kept."""

from typing import Any

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from referrals.models import Recipient, RecipientChange
from referrals.recipient_policies import check_changed, check_recipient, check_still_this

FIELDS = (
    "name",
    "kind",
    "exit",
    "jurisdiction",
    "contact",
    "formats",
    "transport",
    "endpoint",
    "age_recipients",
    "ssh_host_key",
    "is_test",
    "is_active",
)


def add_recipient(*, by: User, reason: str, **values: Any) -> Recipient:
    with transaction.atomic():
        recipient = Recipient(**values)
        check_recipient(recipient)
        recipient.revision = 1
        recipient.save()
        fields = {name: [None, getattr(recipient, name)] for name in FIELDS}
        _keep(recipient, fields, by=by, reason=reason, verb=Verb.RECIPIENT_ADDED)
        return recipient


def change_recipient(
    *, recipient_id: int, by: User, reason: str, seen_revision: int, **values: Any
) -> Recipient:
    """A delivery that was released before goes where it was released to, or nowhere: it names the revision."""
    with transaction.atomic():
        recipient = Recipient.objects.select_for_update().get(pk=recipient_id)
        check_still_this(recipient, seen_revision=seen_revision)
        fields = changed_fields(recipient, values)
        check_changed(recipient, fields)
        for name, (_, now) in fields.items():
            setattr(recipient, name, now)
        check_recipient(recipient)
        recipient.revision += 1
        recipient.save(update_fields=[*fields, "revision"])
        _keep(recipient, fields, by=by, reason=reason, verb=Verb.RECIPIENT_CHANGED)
        return recipient


def changed_fields(recipient: Recipient, values: dict[str, Any]) -> dict[str, list[Any]]:
    """{field: [before, after]} of what differs, in the order of the form."""
    before = {name: getattr(recipient, name) for name in FIELDS if name in values}
    return {name: [old, values[name]] for name, old in before.items() if old != values[name]}


def _keep(
    recipient: Recipient, fields: dict[str, list[Any]], *, by: User, reason: str, verb: Verb
) -> RecipientChange:
    change = RecipientChange.objects.create(
        recipient=recipient,
        revision=recipient.revision,
        fields=fields,
        # Whoever is new has no earlier key or endpoint that could be taken for theirs.
        is_watched=verb == Verb.RECIPIENT_CHANGED and bool(Recipient.WATCHED & fields.keys()),
        reason=reason,
        changed_by=by,
    )
    payload = {"revision": change.revision, "fields": sorted(fields), "is_test": recipient.is_test}
    record(verb, by=by, about=recipient.about(), reason=reason, payload=payload)
    return change
