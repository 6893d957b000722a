"""A licensee's webhooks: the list, one of them with its health and its log, and a new one."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from audit.transitions import NotPossible
from platforms import webhooks
from platforms.forms import WebhookForm
from platforms.health import Hour, last_day, standings
from platforms.models import Attempt, EventDelivery, Webhook
from platforms.permissions import get_licensee_for, get_webhook_for
from platforms.schedule import WAITS
from review.turn_numbers import whole
from review.views.overview_charts import Columns, columns

SHOWN = 50
State = EventDelivery.State
TONES = {State.WAITING: "active", State.DELIVERED: "done", State.GIVEN_UP: "waiting"}


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_licensee_for(signed_in(request), slug)
    found = list(licensee.webhooks.all())
    standing = standings(found)
    rows = [{"webhook": one, "state": state_of(one), "standing": standing[one.pk]} for one in found]
    return render(request, "platforms/webhooks.html", {"licensee": licensee, "rows": rows})


@access(Role.ADMIN)
@asks_again(Purpose.KEYS)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """The secret is in the answer to this one POST and nowhere else."""
    person = signed_in(request)
    licensee = get_licensee_for(person, slug)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            webhook, secret = webhooks.add_webhook(licensee=licensee, url=form.cleaned_data["url"], by=person)
        except NotPossible as refusal:
            form.add_error("url", refusal.sentence)
        else:
            words = {"licensee": licensee, "webhook": webhook, "secret": secret, "is_new": True}
            return render(request, "platforms/secret.html", words)
    words = {"licensee": licensee, "form": form}
    return render(request, "platforms/add.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@require_GET
def show(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    shown = request.GET.get("state", "")
    before = whole(request.GET.get("before", ""))
    rows = list(_log(webhook, shown, before)[: SHOWN + 1])
    now = timezone.now()
    former = webhook.secrets.filter(ends_at__gt=now).first()
    day = last_day(webhook)
    words: dict[str, Any] = {
        "licensee": webhook.licensee,
        "webhook": webhook,
        "state": state_of(webhook),
        "standing": standings([webhook])[webhook.pk],
        "former": former,
        "rows": [row_of(one) for one in rows[:SHOWN]],
        "older": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "before": before,
        "shown": shown,
        "chart": _chart(day),
        "attempts": sum(hour.attempts for hour in day),
        "failed": sum(hour.failed for hour in day),
        "hours": [hour for hour in day if hour.attempts],
        "tabs": _tabs(webhook, shown),
    }
    return render(request, "platforms/webhook.html", words)


@access(Role.ADMIN)
@require_GET
def delivery(request: HttpRequest, slug: str, webhook_id: int, event_delivery_id: int) -> HttpResponse:
    """One event to one webhook: each attempt, and when the next one is."""
    webhook = get_webhook_for(signed_in(request), slug, webhook_id)
    found = EventDelivery.objects.filter(webhook=webhook).select_related("event")
    one = found.filter(pk=event_delivery_id).first()
    if one is None:
        raise NotPossible(
            "There is no such event in this log. Go back to the webhook.", about=webhook.about()
        )
    attempts = [(attempt, attempt.outcome == Attempt.Outcome.TAKEN) for attempt in one.log.order_by("number")]
    words = {
        "licensee": webhook.licensee,
        "webhook": webhook,
        "row": row_of(one),
        "attempts": attempts,
        "left": max(0, len(WAITS) + 1 - one.tries),
    }
    return render(request, "platforms/delivery.html", words)


def state_of(webhook: Webhook) -> dict[str, str]:
    if not webhook.is_active:
        return {"label": "disabled", "tone": "stopped"}
    if webhook.failures:
        return {"label": "failing", "tone": "waiting"}
    return {"label": "active", "tone": "done"}


def row_of(delivery: EventDelivery) -> dict[str, Any]:
    state = State(delivery.state)
    return {
        "delivery": delivery,
        "state": {"label": state.label.lower(), "tone": TONES[state]},
        "outcome": _outcome(delivery),
        "may_replay": state != State.WAITING,
    }


def _outcome(delivery: EventDelivery) -> str:
    """Of the last attempt, where the log was asked for it."""
    said = getattr(delivery, "last_outcome", None)
    if not said:
        return ""
    status = f"HTTP {delivery.last_status}, " if delivery.last_status else ""  # type: ignore[attr-defined]
    return f"{status}{Attempt.Outcome(said).label}"


def _log(webhook: Webhook, state: str, before: int | None) -> QuerySet[EventDelivery]:
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
    rows = EventDelivery.objects.filter(webhook=webhook).select_related("event").order_by("-pk")
    if state in State.values:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows.annotate(
        last_outcome=Subquery(last.values("outcome")[:1]), last_status=Subquery(last.values("status")[:1])
    )


def _tabs(webhook: Webhook, shown: str) -> list[dict[str, Any]]:
    address = webhook.get_absolute_url()
    every = {"label": "All", "url": f"{address}#log", "current": shown not in State.values}
    return [
        every,
        *(
            {"label": label, "url": f"{address}?state={value}#log", "current": shown == value}
            for value, label in State.choices
        ),
    ]


def _chart(day: list[Hour]) -> Columns:
    titles = [f"{hour.begins_at:%H:%M}: {hour.attempts} attempts, {hour.failed} failed" for hour in day]
    return columns([hour.attempts for hour in day], titles, within=[hour.failed for hour in day])
