"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from accounts.session_store import SessionStore


@shared_task
def forget_sessions() -> None:
    """Those that have expired; nobody can come back with them."""
    SessionStore.clear_expired()
