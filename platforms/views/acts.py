"""What an admin does about one webhook. Each view: fetch and authorise, call one verb, answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from audit.transitions import NotPossible
from platforms import webhooks
from platforms.models import EventDelivery
from platforms.models.webhook import BOTH_SIGN
from platforms.permissions import get_webhook_for

Answer = HttpResponse


@access(Role.ADMIN)
@require_POST
def test(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    return _act(
        request,
        slug,
        webhook_id,
        webhooks.send_test,
        "A test is on its way. Its line in the log says what came of it.",
    )


@access(Role.ADMIN)
@asks_again(Purpose.KEYS)
@require_http_methods(["GET", "POST"])
def rotate(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    """The new secret is in the answer to this one POST and nowhere else."""
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    words = {"licensee": webhook.licensee, "webhook": webhook, "days": BOTH_SIGN.days}
    if request.method == "GET":
        return render(request, "platforms/rotate.html", words)
    _, secret = webhooks.rotate_secret(webhook_id=webhook.pk, by=signed_in(request))
    return render(request, "platforms/secret.html", words | {"secret": secret})


@access(Role.ADMIN)
@asks_again(Purpose.KEYS)
@require_POST
def end_former(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    return _act(
        request, slug, webhook_id, webhooks.end_former_secret, "The former secret signs nothing any more."
    )


@access(Role.ADMIN)
@require_POST
def disable(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    return _act(
        request,
        slug,
        webhook_id,
        webhooks.disable,
        "Nothing more is sent to it. What happens meanwhile waits.",
    )


@access(Role.ADMIN)
@require_POST
def enable(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    return _act(request, slug, webhook_id, webhooks.enable, "It is active again. What waited goes out now.")


@access(Role.ADMIN)
@require_POST
def replay_failed(request: HttpRequest, slug: str, webhook_id: int) -> Answer:
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    count = webhooks.replay_failed(webhook_id=webhook.pk, by=signed_in(request))
    messages.success(request, f"{count} events that were given up are sent again, with the same ids.")
    return redirect(webhook)


@access(Role.ADMIN)
@require_POST
def replay(request: HttpRequest, slug: str, webhook_id: int, event_delivery_id: int) -> Answer:
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    if not EventDelivery.objects.filter(webhook=webhook, pk=event_delivery_id).exists():
        raise NotPossible(
            "There is no such event in this log. Go back to the webhook.", about=webhook.about()
        )
    webhooks.replay(webhook_id=webhook.pk, delivery_id=event_delivery_id, by=signed_in(request))
    messages.success(request, "It is sent again, with the same id.")
    return redirect("platforms:delivery", slug, webhook.pk, event_delivery_id)


def _act(request: HttpRequest, slug: str, webhook_id: int, verb: Callable[..., Any], done: str) -> Answer:
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    verb(webhook_id=webhook.pk, by=signed_in(request))
    messages.success(request, done)
    return redirect(webhook)
