"""What a recipient must be before it stands on the list; each check raises with a sentence for the admin."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from audit.transitions import NotPossible
from referrals.endpoints import (
    CYBERTIP_PRODUCTION,
    CYBERTIP_TEST,
    Endpoint,
    NotAnEndpoint,
    age_recipient,
    read_endpoint,
    ssh_host_key,
)
from referrals.models import Recipient
from referrals.packet_builder import ON_REQUEST

Transport = Recipient.Transport
CYBERTIP_FORMAT = "cybertip"

PRODUCTION_OFF = (
    "This installation delivers to test endpoints only. The operator sets ARTEMIS_PRODUCTION_DELIVERY=on first; "
    "then mark the recipient as production."
)


def check_recipient(recipient: Recipient) -> None:
    for _, sentence in faults_of(recipient):
        raise NotPossible(sentence, about=recipient.about() if recipient.pk else None)


def check_still_this(recipient: Recipient, *, seen_revision: int) -> None:
    """Another admin may have changed it since the page was drawn."""
    if recipient.revision != seen_revision:
        sentence = f"{recipient} was changed since you opened this page. Read it again, then change it."
        raise NotPossible(sentence, about=recipient.about())


def check_changed(recipient: Recipient, changes: Mapping[str, Any]) -> None:
    if not changes:
        sentence = "Nothing was changed. Change something, or go back."
        raise NotPossible(sentence, about=recipient.about())


def faults_of(recipient: Recipient) -> Iterator[tuple[str, str]]:
    """(field, sentence), the same for the form and for the verb."""
    yield from _formats(recipient)
    yield from _keys(recipient)
    if recipient.transport == Transport.CYBERTIP:
        yield from _cybertip(recipient)
    if recipient.transport == Transport.SFTP:
        yield from _sftp(recipient)
    if recipient.transport == Transport.ENCRYPTED_FILE and not recipient.age_keys:
        yield "age_recipients", "An encrypted file needs at least one key of the recipient."
    if not recipient.is_test and not settings.ARTEMIS_PRODUCTION_DELIVERY:
        yield "is_test", PRODUCTION_OFF


def _formats(recipient: Recipient) -> Iterator[tuple[str, str]]:
    unknown = sorted(set(recipient.formats) - set(ON_REQUEST))
    if unknown:
        yield "formats", f"No packet can hold the format “{unknown[0]}”."
    wants_xml = CYBERTIP_FORMAT in recipient.formats
    if recipient.transport == Transport.CYBERTIP and not wants_xml:
        yield "formats", "The CyberTipline API takes the CyberTipline XML: choose that format too."


def _keys(recipient: Recipient) -> Iterator[tuple[str, str]]:
    for key in recipient.age_keys:
        try:
            age_recipient(key)
        except NotAnEndpoint as fault:
            yield "age_recipients", str(fault)
    if recipient.ssh_host_key.strip():
        try:
            ssh_host_key(recipient.ssh_host_key)
        except NotAnEndpoint as fault:
            yield "ssh_host_key", str(fault)


def _cybertip(recipient: Recipient) -> Iterator[tuple[str, str]]:
    try:
        endpoint = read_endpoint(recipient.endpoint, schemes=("https", "http"))
    except NotAnEndpoint as fault:
        yield "endpoint", str(fault)
        return
    if endpoint.scheme == "http" and not (endpoint.is_this_machine and recipient.is_test):
        yield "endpoint", "Evidence is sent by HTTPS only. Plain HTTP is for the stand-in on this machine."
    yield from _ncmec(recipient, endpoint)


def _ncmec(recipient: Recipient, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    if endpoint.host == CYBERTIP_PRODUCTION and recipient.is_test:
        yield (
            "endpoint",
            f"This is NCMEC's production address: reports there are real. A test goes to {CYBERTIP_TEST}.",
        )
    if endpoint.host == CYBERTIP_TEST and not recipient.is_test:
        yield "endpoint", "This is NCMEC's test address: reports there are thrown away. Mark it as a test."


def _sftp(recipient: Recipient) -> Iterator[tuple[str, str]]:
    try:
        endpoint = read_endpoint(recipient.endpoint, schemes=("sftp",))
    except NotAnEndpoint as fault:
        yield "endpoint", str(fault)
    else:
        if not endpoint.login:
            yield "endpoint", "Say who signs in there, as in sftp://artemis@files.example.org/in."
    if not recipient.ssh_host_key.strip():
        yield "ssh_host_key", "Without its host key nobody knows which server answers. Give it."
