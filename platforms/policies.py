"""Can this happen to this event or webhook now? Each check raises NotPossible with a sentence."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from audit.transitions import NotPossible
from licensees.models import Licensee
from platforms.models import Confirmation, Event, EventDelivery, Webhook, WebhookSecret

NOT_AN_ADDRESS = "This is not an address. It looks like https://hooks.example.org/artemis."
# By how much a platform's clock may be ahead of ours.
CLOCK_AHEAD = timedelta(minutes=5)


def find_what_it_asks(event: Event) -> int:
    """The case that it is about."""
    if event.case_id is None:
        raise NotPossible("This event asks for nothing: there is nothing to confirm.", about=event.about())
    return int(event.case_id)


def check_is_later(event: Event, newest: Confirmation | None, at: datetime) -> None:
    """A later word counts instead of an earlier one; one that comes late must not."""
    if newest is not None and at <= newest.at:
        said = f"What was done at {newest.at.isoformat()} is confirmed already."
        sentence = f"{said} Send a later “at” to say something else."
        raise NotPossible(sentence, about=event.about())


def check_not_ahead(event: Event, at: datetime) -> None:
    if at > timezone.now() + CLOCK_AHEAD:
        raise NotPossible("“at” lies in the future. Is your clock right?", about=event.about())


def check_address(url: str) -> None:
    """Whether its name leads inside is looked at with each call; here only what can be seen."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise NotPossible(NOT_AN_ADDRESS) from None
    if not is_whole or not url.isascii() or any(character.isspace() for character in url):
        raise NotPossible(NOT_AN_ADDRESS)
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.ARTEMIS_WEBHOOK_PRIVATE):
        raise NotPossible("A webhook is called by https. Give an address that begins with https://.")
    if parts.username is not None or parts.fragment:
        raise NotPossible("Leave out names, passwords and what follows a “#”: the signature says who calls.")


def check_is_new(licensee: Licensee, url: str) -> None:
    if Webhook.objects.filter(licensee=licensee, url=url).exists():
        raise NotPossible("This licensee has a webhook with this address already.", about=licensee.about())


def check_is_active(webhook: Webhook) -> None:
    if not webhook.is_active:
        raise NotPossible("This webhook is disabled. Enable it first.", about=webhook.about())


def check_is_disabled(webhook: Webhook) -> None:
    if webhook.is_active:
        raise NotPossible("This webhook is active already.", about=webhook.about())


def check_has_former(webhook: Webhook, former: WebhookSecret | None) -> WebhookSecret:
    if former is None:
        raise NotPossible("No former secret signs any more.", about=webhook.about())
    return former


def check_can_be_replayed(delivery: EventDelivery) -> None:
    """It may have been asked for in another window since the page was drawn."""
    if delivery.state == EventDelivery.State.WAITING:
        sentence = "This event waits to be sent already. Its log says when it is tried next."
        raise NotPossible(sentence, about=delivery.webhook.about())
