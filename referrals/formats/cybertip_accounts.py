"""What the platform said of an account, at the places that the CyberTipline's schema has for it. Pure.

A fact is placed only where it is whole and allowed there: an IP address with its moment and zone where one is given, an
e-mail address that is one. Whatever has no place, or is not as the place wants it, stands in the account's
`additionalInfo` under the platform's own name for it, so that nothing is lost and nothing is made up.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from referrals.account_facts import TIME_WITH_ZONE
from referrals.formats.cybertip_node import Node
from referrals.formats.cybertip_rules import EMAIL, LONGEST, LONGEST_URL
from referrals.formats.cybertip_schema import COUNTRIES, STATES
from referrals.formats.text import escaped, time
from referrals.packet_content import AccountFacts

DAY = re.compile(r"\d{4}-\d\d-\d\d")
PHONE = re.compile(r"[+0-9][0-9 ()./-]{4,48}[0-9]")
# {what a capture was of: parts of the platform's names for it}; the schema's list has no word for a message.
CAPTURES = (
    ("Login", ("login", "sign_in", "signin")),
    ("Registration", ("regist", "sign_up", "signup", "created")),
)


@dataclass
class Placed:
    """The parts of an account, by the names of their elements, and what had no place."""

    person: list[Node] = field(default_factory=list)
    screen_name: list[Node] = field(default_factory=list)
    display_names: list[Node] = field(default_factory=list)
    urls: list[Node] = field(default_factory=list)
    captures: list[Node] = field(default_factory=list)
    location: list[Node] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def placed(facts: AccountFacts | None, *, until: datetime) -> Placed:
    """`until`: the moment of the request; what is said to lie after it is no fact of that moment."""
    found = Placed()
    if facts is None:
        return found
    if facts.display_name:
        name = escaped(facts.display_name)
        found.display_names.append(Node("displayName", name[: LONGEST["displayName"]]))
    if facts.account_created_at is not None:
        found.others.append(f"account made: {time(facts.account_created_at)}")
    rest = dict(facts.facts)
    found.captures.extend(_captures(rest, until))
    found.location.extend(_location(rest))
    for name, value in rest.items():
        if not any(place(found, name.lower(), value.strip(), until) for place in PLACES):
            found.others.append(f"{escaped(name)}: {escaped(value)}")
    # Their order is the schema's, whatever the platform's names are.
    found.person.sort(key=lambda node: ("phone", "email", "dateOfBirth").index(node.name))
    return found


# --- One place each: True where the fact is taken ------------------------------------------------


def _email(found: Placed, name: str, value: str, _: datetime) -> bool:
    if "mail" not in name or len(value) > 255 or not EMAIL.fullmatch(value):
        return False
    found.person.append(Node("email", value))
    return True


def _phone(found: Placed, name: str, value: str, _: datetime) -> bool:
    if "phone" not in name or not PHONE.fullmatch(value):
        return False
    found.person.append(Node("phone", value))
    return True


def _born(found: Placed, name: str, value: str, until: datetime) -> bool:
    is_first = all(node.name != "dateOfBirth" for node in found.person)
    if not is_first or not ("birth" in name or "born" in name) or not DAY.fullmatch(value):
        return False
    try:
        born = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    if born >= until:
        return False
    found.person.append(Node("dateOfBirth", value))
    return True


def _screen_name(found: Placed, name: str, value: str, _: datetime) -> bool:
    names = ("username", "user_name", "screen_name", "handle")
    if found.screen_name or name not in names or not 0 < len(escaped(value)) <= LONGEST["screenName"]:
        return False
    found.screen_name.append(Node("screenName", escaped(value)))
    return True


def _profile(found: Placed, name: str, value: str, _: datetime) -> bool:
    if name not in ("profile_url", "profile") or len(value) > LONGEST_URL or not _is_url(value):
        return False
    found.urls.append(Node("profileUrl", value))
    return True


PLACES: tuple[Callable[[Placed, str, str, datetime], bool], ...] = (
    _email,
    _phone,
    _born,
    _screen_name,
    _profile,
)


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


# --- Two facts in one place ------------------------------------------------------------------------


def _captures(rest: dict[str, str], until: datetime) -> Iterator[Node]:
    """An address that stands alone in a fact, with the moment that stands in it or beside it, as “ip” and “ip_at”."""
    for name, value in list(rest.items()):
        address = _only_address(value)
        if name not in rest or not address:
            continue
        beside = next(
            (key for key in rest if key.lower().startswith(f"{name.lower()}_") and _moment(rest[key])), ""
        )
        at = _moment(value) or _moment(rest.get(beside, ""))
        if at is not None and at > until:
            continue
        del rest[name]
        if beside and not _moment(value):
            del rest[beside]
        event = next(
            (event for event, parts in CAPTURES if any(part in name.lower() for part in parts)), "Other"
        )
        moment = [Node("dateTime", time(at) or "")] if at else []
        yield Node("ipCaptureEvent", (Node("ipAddress", address), Node("eventName", event), *moment))


def _only_address(value: str) -> str:
    """The address of a value that holds nothing besides it but a time: else it is not known what it is."""
    word = TIME_WITH_ZONE.sub(" ", value).strip(" ,;@()")
    return word if _is_address(word) else ""


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _moment(value: str) -> datetime | None:
    """The one moment in a value, in UTC."""
    found = TIME_WITH_ZONE.search(value)
    if found is None:
        return None
    words = found.group().upper().replace("UTC", "Z").replace(" ", "T", 1).replace(" ", "")
    try:
        return datetime.fromisoformat(words.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        return None


def _location(rest: dict[str, str]) -> Iterator[Node]:
    """Only with the country's two letters; in the United States a city only together with its state."""
    named = {name.lower(): name for name in rest}
    country = rest.get(named.get("country", ""), "").strip().upper()
    if country not in COUNTRIES.split():
        return
    del rest[named["country"]]
    city, region = (rest.get(named.get(part, ""), "").strip() for part in ("city", "region"))
    if country == "US" and region.upper() not in STATES.split():
        city = region = ""
    parts = []
    for element, value in (("city", city), ("region", region.upper() if country == "US" else region)):
        if value and len(escaped(value)) <= LONGEST[element]:
            parts.append(Node(element, escaped(value)))
            del rest[named[element]]
    yield Node("estimatedLocation", (*parts, Node("countryCode", country)))
