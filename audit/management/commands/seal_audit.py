"""manage.py seal_audit: the process that seals the trail. One is enough; a second one waits in case the first ends."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from audit.notes import SealingKeyUnusable, load_signer
from audit.published import Published
from audit.sealer import HistoryChanged, Sealer


class Command(BaseCommand):
    help = "Seals the trail and signs checkpoints until it is told to stop. Logs in with DATABASE_SEALER_URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what is pending now, then end")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        try:
            signer = load_signer(settings.ARTEMIS_KEYS, given=settings.ARTEMIS_SEALING_KEY)
            connection.ensure_connection()
            sealer = Sealer(
                connection=connection.connection,
                signer=signer,
                published=Published(settings.ARTEMIS_CHECKPOINTS, signer.verifier),
            )
            if once:
                self._seal_now(sealer)
            else:
                sealer.run(self._stop_on_signals())
        except (SealingKeyUnusable, HistoryChanged) as problem:
            raise CommandError(str(problem)) from None
        except psycopg.OperationalError as problem:
            raise CommandError(f"The database is away ({type(problem).__name__}): start me again.") from None

    def _seal_now(self, sealer: Sealer) -> None:
        if not sealer.leads():
            raise CommandError("Another sealer is at work: what is pending is sealed by it.")
        sealer.catch_up()
        count = 0
        while sealed := sealer.seal_once():
            count += sealed
        self.stdout.write(f"{count:,} {'entry' if count == 1 else 'entries'} sealed.")

    def _stop_on_signals(self) -> threading.Event:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        return stop
