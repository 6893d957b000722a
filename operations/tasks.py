"""A doorbell that beat rings each minute."""

from celery import shared_task

from accounts.row_scope import system_scope
from operations import sampling


@shared_task(ignore_result=True)
@system_scope("counts and ages of everything")
def take_sample() -> None:
    sampling.take_sample()
