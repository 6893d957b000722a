"""A platform's server on a real socket: it does what it is told to, and keeps what it took."""

import hmac
import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Message:
    id: str
    timestamp: str
    signatures: list[str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said

    def is_signed_with(self, secret: str) -> bool:
        """As the specification of Standard Webhooks says it, written out once more."""
        key = b64decode(secret.removeprefix("whsec_"))
        signed = b".".join([self.id.encode(), self.timestamp.encode(), self.body])
        return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" in self.signatures


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.came: list[Message] = []
        # What it answers: a status, or a function of the message.
        self.answers: int | Callable[[Message], int] = 204
        self.location = ""
        self.sleeps = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?key=in-the-address"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        server = self.server
        with server.counting:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            self._answer(server)
        finally:
            with server.counting:
                server.at_once -= 1

    def _answer(self, server: Receiver) -> None:
        message = Message(
            self.headers["webhook-id"],
            self.headers["webhook-timestamp"],
            self.headers["webhook-signature"].split(" "),
            self.rfile.read(int(self.headers["Content-Length"])),
        )
        server.came.append(message)
        time.sleep(server.sleeps)
        status = server.answers if isinstance(server.answers, int) else server.answers(message)
        self.send_response(status)
        if server.location:
            self.send_header("Location", server.location)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """The tests' output is for the tests."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()
