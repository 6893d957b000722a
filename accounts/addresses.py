"""Where a request comes from, as far as it can be known."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# An IPv6 network is one household or one cloud machine.
IPV6_NETWORK = 64


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def exact_address_of(request: HttpRequest) -> Address | None:
    """Where a request comes from, as far as it is known: only proxies of our own are believed what they forward."""
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    proxies = settings.ARTEMIS_PROXIES
    said = forwarded[-proxies] if 0 < proxies <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        return ipaddress.ip_address(said)
    except ValueError:
        return None


def address_of(request: HttpRequest) -> str:
    """The same in words, for counting; of IPv6 the network."""
    address = exact_address_of(request)
    if address is None:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)
