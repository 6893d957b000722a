"""The CyberTipline's second layer: rules that its documentation states and its schema does not hold."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from referrals.formats.cybertip_check import DATETIME, Fault
from referrals.formats.cybertip_schema import STATES

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
TIMES = frozenset({"incidentDateTime", "dateTime", "uploadedToEspTimestamp"})
TIME_ATTRIBUTES = frozenset(
    {"verificationDate", "timestamp", "disabledDate", "userNotifiedDate", "reenabledDate"}
)
EMAILS = frozenset({"email", "emailAddress"})
URLS = frozenset({"url", "profileUrl", "legalURL", "locationOfFile"})
LONGEST_URL = 2083
# {element: longest text}; where the same name has several limits, by parent/element.
LONGEST = {
    "platform": 256,
    "escalateToHighPriority": 3000,
    "incidentDateTimeDescription": 3000,
    "chatClient": 255,
    "chatRoomName": 255,
    "gameName": 255,
    "console": 255,
    "agencyName": 255,
    "caseNumber": 100,
    "vehicleDescription": 300,
    "espIdentifier": 255,
    "espService": 100,
    "screenName": 256,
    "displayName": 255,
    "groupIdentifier": 255,
    "schoolName": 255,
    "firstName": 100,
    "lastName": 100,
    "middleName": 256,
    "city": 255,
    "region": 255,
    "zipCode": 20,
    "nonUsaState": 100,
    "address/city": 100,
    "address/address": 255,
    "incidentAddress/city": 100,
    "incidentAddress/address": 255,
    "associatedAccount/espService": 256,
    "associatedAccount/espIdentifier": 256,
    "associatedAccount/groupIdentifier": 256,
    "associatedAccount/firstName": 256,
    "associatedAccount/lastName": 256,
    "idType": 255,
    "idValue": 2083,
    "originalFileName": 2056,
    "nameValuePair/name": 64,
    "phone": 50,
    "phoneNumber": 50,
}
Element = Any
Rule = Callable[[Element, datetime], Iterator[str]]


def rule_faults(root: Element, *, now: datetime) -> list[Fault]:
    """`now` is given, so that the same document at the same moment has the same faults."""
    return [
        Fault("rule", _place(element), sentence)
        for element in root.iter()
        if isinstance(element.tag, str)
        for rule in (*EVERYWHERE, *BY_NAME.get(element.tag, ()))
        for sentence in rule(element, now)
    ]


# --- Everywhere --------------------------------------------------------------------------------


def _times(element: Element, now: datetime) -> Iterator[str]:
    values = [(str(name), str(value)) for name, value in element.attrib.items() if name in TIME_ATTRIBUTES]
    if element.tag in TIMES and not len(element):
        values.append((element.tag, element.text or ""))
    for name, value in values:
        if not DATETIME.fullmatch(value.strip()):
            continue  # the schema's fault
        if not value.strip().endswith("Z") and not re.search(r"[+-]\d\d:\d\d$", value.strip()):
            yield f"“{name}” says no time zone: {value} can be anywhere. Add Z or the distance to UTC."
        elif _time(value) >= now:
            yield f"“{name}” lies in the future ({value}). The CyberTipline takes only what has happened."


def _lengths(element: Element, _: datetime) -> Iterator[str]:
    parent = element.getparent()
    holder = parent.tag if parent is not None else ""
    longest = LONGEST.get(f"{holder}/{element.tag}", LONGEST.get(element.tag))
    length = len(element.text or "")
    if longest and not len(element) and length > longest:
        yield f"“{element.tag}” has {length:,} characters; the CyberTipline takes {longest:,}. Shorten it."


def _emails(element: Element, _: datetime) -> Iterator[str]:
    if element.tag not in EMAILS:
        return
    text = (element.text or "").strip()
    if len(text) > 255 or not EMAIL.fullmatch(text):
        yield f"“{text[:60]}” is no e-mail address."
    if "verificationDate" in element.attrib and element.get("verified") not in {"true", "1"}:
        yield "An e-mail address has a day of verification, but is not said to be verified."


def _urls(element: Element, _: datetime) -> Iterator[str]:
    if element.tag not in URLS:
        return
    text = (element.text or "").strip()
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_url = False
    if not is_url or len(text) > LONGEST_URL:
        yield f"“{text[:60]}” in “{element.tag}” is no web address of at most {LONGEST_URL:,} characters."


# --- By element --------------------------------------------------------------------------------


def _reporter(element: Element, _: datetime) -> Iterator[str]:
    if element.find("reportingPerson/email") is None:
        yield "The reporting person has no e-mail address: the CyberTipline needs one to answer to."


def _summary(element: Element, _: datetime) -> Iterator[str]:
    escalation = element.find("escalateToHighPriority")
    if escalation is not None and not (escalation.text or "").strip():
        yield "“escalateToHighPriority” is empty: say why it is urgent, or leave it out."


def _address_of_capture(element: Element, _: datetime) -> Iterator[str]:
    text = (element.findtext("ipAddress") or "").strip()
    try:
        ip_address(text)
    except ValueError:
        yield f"“{text[:60]}” is no IP address."
    port = element.findtext("port")
    if port is not None and port.strip().isdecimal() and not 1 <= int(port) <= 65535:
        yield f"{port} is no port: it lies between 1 and 65535."


def _device(element: Element, _: datetime) -> Iterator[str]:
    if not (element.findtext("idType") or "").strip() or not (element.findtext("idValue") or "").strip():
        yield "A device is named without its kind or without its value."


def _person(element: Element, _: datetime) -> Iterator[str]:
    age = element.findtext("age")
    if age is not None and age.strip().lstrip("-").isdecimal() and not 0 <= int(age) <= 150:
        yield f"{age} is no age of a person."


def _phone(element: Element, _: datetime) -> Iterator[str]:
    code, text = element.get("countryCallingCode"), (element.text or "").strip()
    if code and text.startswith(code):
        yield "A telephone number repeats its calling code: write the code once, beside the number."
    if len(element.get("extension") or "") > 10:
        yield "The extension of a telephone number has more than ten digits."


def _location(element: Element, _: datetime) -> Iterator[str]:
    country = (element.findtext("countryCode") or "").strip()
    if not country:
        yield "An estimated location does not say its country."
    region = (element.findtext("region") or "").strip()
    in_us = country == "US"
    if in_us and region not in STATES.split() and (region or element.find("city") is not None):
        yield "A place in the United States needs the two letters of its state."


def _disabled(element: Element, _: datetime) -> Iterator[str]:
    disabled, notified, reenabled = (
        _attribute_time(element, name) for name in ("disabledDate", "userNotifiedDate", "reenabledDate")
    )
    if disabled and notified and notified < disabled:
        yield "The account's owner was told before the account was disabled: one of both days is wrong."
    if disabled and reenabled and reenabled <= disabled:
        yield "The account was enabled again before it was disabled: one of both days is wrong."


def _associated(element: Element, _: datetime) -> Iterator[str]:
    if element.find("approximateAge") is not None and element.find("dateOfBirth") is not None:
        yield "An associated account has an approximate age and a date of birth: give one of both."


def _email_incident(element: Element, _: datetime) -> Iterator[str]:
    report = element.getroottree().getroot()
    people = [
        child for child in report if child.tag in {"personOrUserReported", "intendedRecipient", "victim"}
    ]
    known = {(email.text or "").strip() for person in people for email in person.iter("email")}
    for address in element.findall("emailAddress"):
        if (address.text or "").strip() not in known:
            yield f"“{address.text}” stands in the incident, but no person in the report has this address."


def _file(element: Element, _: datetime) -> Iterator[str]:
    is_viewed = element.findtext("fileViewedByEsp") in {"true", "1"}
    if element.findtext("exifViewedByEsp") in {"true", "1"} and not is_viewed:
        yield "The file's metadata is said to be viewed, but not the file itself."
    is_supplement = element.findtext("fileRelevance") == "Supplemental Reported"
    if is_supplement and (
        element.find("potentialMeme") is not None or element.find("industryClassification") is not None
    ):
        yield "A supplemental file carries no classification: that belongs to reported files only."


def _hash(element: Element, _: datetime) -> Iterator[str]:
    if len(element.get("hashType") or "") > 64:
        yield "The name of a hash has more than 64 characters."


def _batched(element: Element, _: datetime) -> Iterator[str]:
    yield "A batched report is for pictures that spread; a conversation is reported one by one."


EVERYWHERE: tuple[Rule, ...] = (_times, _lengths, _emails, _urls)
BY_NAME: dict[str, tuple[Rule, ...]] = {
    "reporter": (_reporter,),
    "incidentSummary": (_summary,),
    "ipCaptureEvent": (_address_of_capture,),
    "deviceId": (_device,),
    "reportingPerson": (_person,),
    "personOrUserReportedPerson": (_person,),
    "intendedRecipientPerson": (_person,),
    "victimPerson": (_person,),
    "phone": (_phone,),
    "phoneNumber": (_phone,),
    "estimatedLocation": (_location,),
    "accountTemporarilyDisabled": (_disabled,),
    "accountPermanentlyDisabled": (_disabled,),
    "associatedAccount": (_associated,),
    "emailIncident": (_email_incident,),
    "newsgroupIncident": (_email_incident,),
    "fileDetails": (_file,),
    "originalFileHash": (_hash,),
    "batchedReport": (_batched,),
}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))


def _attribute_time(element: Element, name: str) -> datetime | None:
    text = element.get(name) or ""
    with_zone = DATETIME.fullmatch(text) and re.search(r"(Z|[+-]\d\d:\d\d)$", text)
    return _time(text) if with_zone else None


def _place(element: Element) -> str:
    return "/".join(
        [str(above.tag) for above in reversed(list(element.iterancestors()))] + [str(element.tag)]
    )
