"""What the demo's platform was asked in the weeks that are told of, and answered: through the verbs, as a real one
would. No server is called: what one would have answered is drawn by chance."""

from datetime import timedelta
from random import Random

from django.utils import timezone

from accounts.models import User
from licensees.models import ApiKey, Licensee
from platforms import webhooks
from platforms.asking import ask_platforms
from platforms.confirming import confirm
from platforms.leasing import lease_due
from platforms.models import Event, EventDelivery, Webhook
from platforms.sending import Outcome, Result, keep

# Of a name that leads nowhere, for ever (RFC 2606).
ADDRESS = "https://hooks.northwind.example/artemis"
FAILS, ACTS = 0.08, 0.93
ANSWERS_AFTER = timedelta(minutes=2)
NOTES = {True: "", False: "The account was closed by its owner before. Demonstration only."}


def add_webhook(licensee: Licensee, *, admin: User) -> Webhook:
    return webhooks.add_webhook(licensee=licensee, url=ADDRESS, by=admin)[0]


def tell_and_hear(key: ApiKey, *, chance: Random) -> None:
    """What is due is asked, sent and answered; what failed is sent again the next time."""
    ask_platforms()
    while leases := lease_due(limit=1):
        for lease in leases:
            keep(lease, _answer(chance))
    waiting = Event.objects.filter(
        licensee=key.licensee,
        type=Event.Type.ACTION_REQUESTED,
        deliveries__state=EventDelivery.State.DELIVERED,
        created_at__lt=timezone.now() - ANSWERS_AFTER,
        confirmations=None,
    )
    for event in waiting.order_by("number"):
        done = chance.random() < ACTS
        confirm(event_id=event.pk, by=key, done=done, at=timezone.now(), note=NOTES[done])


def _answer(chance: Random) -> Result:
    milliseconds = chance.randrange(40, 400)
    if chance.random() < FAILS:
        return Result(Outcome.REFUSED, 503, milliseconds=milliseconds)
    return Result(Outcome.TAKEN, 204, milliseconds=milliseconds)


def rest(webhook: Webhook, *, admin: User) -> None:
    """Nobody listens there: whoever runs a platform beside the demo adds a webhook of its own."""
    webhooks.disable(webhook_id=webhook.pk, by=admin)
