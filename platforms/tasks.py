"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from accounts.row_scope import system_scope
from platforms import asking, sending, standing


@shared_task(name="platforms.tasks.write_events")
@system_scope("what decisions ask of platforms, and how their licensees stand")
def write_events() -> None:
    """Writes down what platforms are to be told, and sends nothing."""
    asking.ask_platforms()
    standing.tell_standings()


@shared_task(name="platforms.tasks.send_events")
@system_scope("events of every licensee, to the webhooks that its admins named")
def send_events() -> None:
    """Tells webhooks what their platform's cursor says as well: ids only."""
    sending.send_events()
