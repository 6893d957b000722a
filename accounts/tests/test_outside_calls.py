"""Calls to the outside: where they may go, to which address, and how long they may take."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts.outside_calls import NotPublic, NotReached, TooSlow, is_public, post


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A raw one, that says whatever it likes to each that comes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            with connected:
                try:
                    speak(connected)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/in?key=secret"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def answering(text: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def speak(connected: socket.socket) -> None:
        received = connected.recv(65_536)
        while b"\r\n\r\n" not in received or not received.endswith(b"{}"):
            received += connected.recv(65_536)
        if seen is not None:
            seen.append(received)
        connected.sendall(text)

    return speak


def trickling(connected: socket.socket) -> None:
    """A byte now and then, for ever: no single one is late."""
    for _ in range(1_000):
        connected.sendall(b"H")
        time.sleep(0.05)


def asked(url: str, **named: Any) -> int:
    return post(url, b"{}", {"webhook-id": "e1"}, **({"private_allowed": True} | named)).status


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b:1::1", False),
        ("::127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("fe80::1%eth0", False),
    ],
)
def test_what_counts_as_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_the_status_is_all_that_is_read() -> None:
    seen: list[bytes] = []
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 1_000
    with server(answering(body, seen)) as url:
        assert asked(url) == 200
    assert seen[0].startswith(b"POST /in?key=secret HTTP/1.1\r\n") and b"webhook-id: e1" in seen[0]


def test_a_redirect_is_an_answer_like_any_other() -> None:
    with server(
        answering(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: 120\r\n\r\n")
    ) as url:
        answer = post(url, b"{}", {}, private_allowed=True)
    assert (answer.status, answer.retry_after) == (307, 120)


def test_who_trickles_is_cut_off() -> None:
    began = time.monotonic()
    with server(trickling) as url, pytest.raises(TooSlow, match="within 1 seconds"):
        asked(url, seconds=1)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("words", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 2_000])
def test_what_is_no_answer_is_none(words: bytes) -> None:
    with server(answering(words)) as url, pytest.raises(NotReached):
        asked(url)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotReached, match="was not reached"):
        asked(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nothing_is_sent_inside(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was called"))
    with pytest.raises(NotPublic):
        asked(f"https://{host}/", private_allowed=False)


def test_a_name_that_leads_elsewhere_the_second_time_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection is made to the address that was checked, not to the name."""
    asked_for: list[str] = []
    with server(answering(b"HTTP/1.1 204 No\r\n\r\n")) as url:
        port = int(url.split(":")[2].split("/")[0])

        def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
            asked_for.append(host)
            address = (
                "127.0.0.1" if host in ("127.0.0.1", "moves.example") and len(asked_for) < 3 else "10.0.0.1"
            )
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        assert asked(f"http://moves.example:{port}/") == 204
    assert asked_for == ["moves.example", "127.0.0.1"]


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(NotPublic, match="private address"):
        asked("https://both.example/", private_allowed=False)


def test_plain_http_is_not_used_outside() -> None:
    with pytest.raises(NotPublic, match="Only https"):
        asked("http://example.org/", private_allowed=False)
