"""Run a stand-in of the CyberTipline's server on this machine, to try deliveries without reaching anybody."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referrals.cybertip_standin import CALLS, Fault, StandIn
from referrals.cybertip_standin_http import Server


class Command(BaseCommand):
    help = (
        "Serves a stand-in of the CyberTipline on 127.0.0.1 until it is interrupted. It remembers reports in memory "
        "only and passes nothing on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8099, metavar="NUMBER")
        parser.add_argument("--user", default="standin", metavar="NAME")
        parser.add_argument("--password", default="", metavar="WORD", help="a random one if it is left out")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="CALL=FAULT",
            help=f"goes wrong once: {', '.join(CALLS)} = {', '.join(Fault)}",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        login = (options["user"], options["password"] or secrets.token_urlsafe(12))
        standin = StandIn(login=login)
        for words in options["fault"]:
            call, _equals, fault = words.partition("=")
            if call not in CALLS or fault not in list(Fault):
                raise CommandError(f"“{words}” names no call and fault. See --help.")
            standin.switch(call, Fault(fault))
        server = Server(standin, port=options["port"])
        self.stdout.write(f"Stand-in of the CyberTipline at {server.address}")
        self.stdout.write(f"Login for recipient-NUMBER.login: {':'.join(login)}")
        self.stdout.write("Nothing that is sent here reaches anybody. Ctrl+C ends it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Ended.")
        finally:
            server.server_close()
