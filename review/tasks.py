"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from review import intake, queue


@shared_task(name="review.tasks.open_cases")
def open_cases() -> None:
    intake.open_cases()


@shared_task(name="review.tasks.expire_claims")
def expire_claims() -> None:
    queue.expire_claims()
