"""Two or more acts at the same instant, each in a thread and a connection, so in a transaction, of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def race(*acts: Callable[[], Any]) -> list[Any]:
    """The answers in the order of the acts; an act that was refused answers its exception."""
    start = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            answers[place] = act()
        except Exception as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads), "An act never came back: a deadlock."
    return answers
