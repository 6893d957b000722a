"""What the platform said of the two accounts, as a packet holds it, and what of it investigators can use. Pure.

A platform names its facts as it likes, so they are looked for by their names and by the form of their values. A fact
that is not recognised is still in the packet: only the list of what is missing may then be too long.
"""

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

from referrals.packet_content import AccountFacts

# A date, a time, and a zone: without the zone an address cannot be asked after.
TIME_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)", re.I)
ADDRESS = re.compile(r"[0-9a-f.:]{3,45}", re.I)
IDENTITY = ("name", "mail", "phone", "born", "birth")
PLACE = ("location", "country", "city", "region", "place", "address_of_residence")
PRESERVED = ("preserv", "retain")


def as_facts(identity: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The platform's facts by name, each value as text."""
    facts = identity.get("facts") or {}
    return tuple((str(name), _plain(facts[name])) for name in sorted(facts))


def states_identity(account: AccountFacts) -> bool:
    return bool(account.display_name) or _states(account, IDENTITY)


def states_place(account: AccountFacts) -> bool:
    return _states(account, PLACE)


def states_preservation(account: AccountFacts) -> bool:
    return _states(account, PRESERVED)


def states_ip(account: AccountFacts) -> bool:
    return any(_holds_ip(value) for _, value in account.facts)


def states_time_of_ip(account: AccountFacts) -> bool:
    """An IP address says who only together with the moment of its use and the zone of that moment."""
    return any(_holds_ip(value) and _has_time(account, name, value) for name, value in account.facts)


def _states(account: AccountFacts, names: tuple[str, ...]) -> bool:
    return any(value and any(part in name.lower() for part in names) for name, value in account.facts)


def _has_time(account: AccountFacts, name: str, value: str) -> bool:
    """In the same fact, or in one that is called after it, as “ip” and “ip_at”."""
    beside = (other for key, other in account.facts if key.lower().startswith(f"{name.lower()}_"))
    return any(TIME_WITH_ZONE.search(text) for text in (value, *beside))


def _holds_ip(value: str) -> bool:
    return any(_is_ip(word) for word in ADDRESS.findall(value))


def _is_ip(word: str) -> bool:
    try:
        ipaddress.ip_address(word.strip("."))
    except ValueError:
        return False
    return True


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
