"""Calls to servers outside this house: to a public address that was looked at before, and to that very one; without a
redirect; and over after so many seconds, whatever trickles in. Of an answer nothing but its status is read."""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 10
# Addresses that hold another one inside: NAT64, 6to4 and Teredo.
_WRAPPING = [
    ipaddress.ip_network(name) for name in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]


class NotReached(Exception):
    """No answer came; the sentence says why, without the address."""


class NotPublic(NotReached):
    """Nothing was sent: the address lies inside, or is not asked in a way that nobody listens to."""


class TooSlow(NotReached):
    """It may have arrived, or it may not."""


@dataclass(frozen=True)
class Answer:
    status: int
    # Seconds, where the server said how long to wait.
    retry_after: int | None = None


class Deadline:
    """Cuts a connection after so many seconds, whatever trickles through it: a socket's own limit begins anew with
    each byte. The socket is shut, not closed, so that nothing of the answer goes to another file."""

    def __init__(self, connected: socket.socket, seconds: float) -> None:
        self.connected, self.is_over = connected, False
        self.timer = threading.Timer(seconds, self._cut)
        self.timer.daemon = True

    def __enter__(self) -> "Deadline":
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    def _cut(self) -> None:
        self.is_over = True
        with contextlib.suppress(OSError):
            # Of the plain socket: TLS's own would wait for the other side's word of parting.
            socket.socket.shutdown(self.connected, socket.SHUT_RDWR)


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, private_allowed: bool, seconds: float = SECONDS
) -> Answer:
    """`private_allowed`: also to addresses inside this house, and without TLS. Raises NotReached."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not private_allowed:
        raise NotPublic("Only https is used outside this house.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address_of(host, port, private_allowed=private_allowed)
    connection = _Pinned(host, port, address, is_secure=parts.scheme == "https", seconds=seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        return _posted(connection, target, body, headers, seconds)
    finally:
        connection.close()


def _posted(
    connection: "_Pinned", target: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> Answer:
    try:
        connection.connect_plainly()
    except OSError as fault:
        raise NotReached(f"Their server was not reached ({type(fault).__name__}).") from None
    with Deadline(connection.sock, seconds) as deadline:
        try:
            connection.shake_hands()
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as fault:
            if deadline.is_over or isinstance(fault, TimeoutError):
                raise TooSlow(f"No whole answer came within {seconds:g} seconds.") from None
            raise NotReached(f"Their server was not reached ({type(fault).__name__}).") from None
        return Answer(answer.status, _seconds_said(answer.getheader("Retry-After")))


def _seconds_said(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 6 else None


def is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _WRAPPING):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _address_of(host: str, port: int, *, private_allowed: bool) -> str:
    """The first address of the name; none, if a single one of them lies inside."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as fault:
        raise NotReached(f"Their name was not found ({type(fault).__name__}).") from None
    if not private_allowed and not all(map(is_public, found)):
        raise NotPublic("Their name leads to a private address.")
    return found[0]


class _Pinned(http.client.HTTPConnection):
    """To the very address that was looked at: asked again, a name may lead elsewhere."""

    # Never by itself, and so by its name.
    auto_open = 0

    def __init__(self, host: str, port: int, address: str, *, is_secure: bool, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.address, self.is_secure, self.seconds = address, is_secure, seconds
        self.default_port = 443 if is_secure else 80

    def connect_plainly(self) -> None:
        plain = socket.create_connection((self.address, self.port), timeout=self.seconds)
        if not self.is_secure:
            self.sock = plain
            return
        try:
            self.sock = ssl.create_default_context().wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as fault:
            plain.close()
            raise OSError(type(fault).__name__) from None

    def shake_hands(self) -> None:
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()
