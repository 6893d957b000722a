"""A server that answers for ever: the limit is for a whole call, not for each byte of it."""

import contextlib
import socket
import threading
import time

import pytest

from referrals.endpoints import read_endpoint
from referrals.transports.cybertip_http import Server
from referrals.transports.interface import Kind


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_lets_bytes_drip_is_cut_off(part: str) -> None:
    """Each byte comes in time, and the whole never: the limit is for the call."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            peer.recv(65536)
            if part == "body":
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<reportResponse>")
            while not stopped.wait(0.05):
                peer.sendall(b"x")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    endpoint = read_endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/ispws", schemes=("http",))
    began = time.monotonic()
    reply = Server(endpoint, ("name", "word"), seconds=0.6).post_form("finish", {"id": "4711"})
    took = time.monotonic() - began
    stopped.set()
    thread.join(5)
    listener.close()
    assert reply.kind == Kind.UNKNOWN
    assert "No whole answer came within" in reply.sentence
    assert took < 5
