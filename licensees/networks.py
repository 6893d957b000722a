"""Where a key may come from: the networks that an admin listed for it; without any, from anywhere."""

import ipaddress
from collections.abc import Iterable

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.addresses import exact_address_of
from licensees.models import ApiKey

ELSEWHERE = (
    "This key is not used from here: its platform listed the networks that it comes from. Ask an admin."
)


class NotANetwork(ValueError):
    """The sentence says which of them, and how one is written."""


def read_networks(words: str) -> list[str]:
    """One a line or with commas, an address alone is a network of one. Raises NotANetwork."""
    return [_network(word) for word in words.replace(",", " ").split()]


def check_network(request: Request, key: ApiKey) -> None:
    if key.allowed_networks and not _is_within(request, key.allowed_networks):
        raise PermissionDenied(ELSEWHERE)


def _is_within(request: Request, networks: Iterable[str]) -> bool:
    address = exact_address_of(request)
    return address is not None and any(address in ipaddress.ip_network(one) for one in networks)


def _network(word: str) -> str:
    try:
        return str(ipaddress.ip_network(word))
    except ValueError:
        raise NotANetwork(f"“{word}” is no network. Write one as 192.0.2.0/24 or 2001:db8::/48.") from None
