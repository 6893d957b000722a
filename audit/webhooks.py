"""Posts a checkpoint to a third party: by HTTPS, to a public address that was looked at before, without a redirect."""

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

SECONDS = 10
# Addresses that hold another one inside: NAT64, 6to4 and Teredo.
_WRAPPING = [ipaddress.ip_network(name) for name in ("64:ff9b::/96", "2002::/16", "2001::/32")]


class NotSent(Exception):
    """The checkpoint did not arrive; the sentence says why, without the address."""


def post(url: str, body: bytes, *, private_allowed: bool) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not private_allowed:
        raise NotSent("Only https is used outside this house.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address_of(host, port, private_allowed=private_allowed)
    connection = _Pinned(host, port, address, is_secure=parts.scheme == "https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, {"Content-Type": "text/plain; charset=utf-8"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as fault:
        raise NotSent(f"Their server was not reached ({type(fault).__name__}).") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSent(f"Their server answered {status}.")


def is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _WRAPPING):
            return False
    return found.is_global and not found.is_multicast


def _address_of(host: str, port: int, *, private_allowed: bool) -> str:
    """The first address of the name; none, if a single one of them lies inside."""
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as fault:
        raise NotSent(f"Their name was not found ({type(fault).__name__}).") from None
    if not private_allowed and not all(map(is_public, found)):
        raise NotSent(
            "Their name leads to a private address, which ARTEMIS_CHECKPOINT_PRIVATE does not allow."
        )
    return found[0]


class _Pinned(http.client.HTTPConnection):
    """To the very address that was looked at: asked again, a name may lead elsewhere."""

    def __init__(self, host: str, port: int, address: str, *, is_secure: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.address, self.is_secure = address, is_secure

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port), timeout=SECONDS)
        if not self.is_secure:
            self.sock = plain
            return
        try:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except (OSError, ValueError):
            plain.close()
            raise
