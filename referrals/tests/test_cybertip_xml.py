"""The report for the CyberTipline: filled from the packet, and held to three layers by broken documents."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import User
from audit.transitions import NotPossible
from licensees.models import Licensee
from referrals.completeness import checks, missing_from
from referrals.formats.cybertip import (
    FileFacts,
    cybertip_xml,
    file_details_xml,
    is_whole_file_viewed,
)
from referrals.formats.cybertip_check import Fault, read_xml
from referrals.formats.cybertip_judge import faults_in
from referrals.models import Packet, Recipient
from referrals.packet_content import AccountFacts, PacketContent
from referrals.tests.conftest import approved_by, ask
from referrals.tests.packets import CONTENT
from review.models import Case

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PERSON = "<personOrUserReported>"


def faults(raw: bytes | str) -> list[Fault]:
    return faults_in(raw.encode() if isinstance(raw, str) else raw, now=NOW)


# --- What Artemis writes -------------------------------------------------------------------------


def test_a_report_passes_every_layer() -> None:
    assert faults(cybertip_xml(CONTENT)) == []


def test_the_same_content_gives_the_same_bytes() -> None:
    assert cybertip_xml(CONTENT) == cybertip_xml(replace(CONTENT))


def test_it_names_who_where_and_when_and_never_an_empty_victim() -> None:
    """Coop never filled the victim (#846), and dropped cases that were text only (#661)."""
    root = read_xml(cybertip_xml(CONTENT))
    assert root.findtext("incidentSummary/incidentType") == "Online Enticement of Children for Sexual Acts"
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-03-03T20:00:00Z"
    assert root.findtext("internetDetails/chatImIncident/chatRoomName") == "c1"
    assert root.findtext("personOrUserReported/espIdentifier") == "u0"
    assert root.findtext("victim/espIdentifier") == "u1"
    assert "13 to 15" in (root.findtext("victim/additionalInfo") or "")
    assert root.findtext("reporter/reportingPerson/email") == "safety@northwind.example"
    assert CONTENT.grounds in (root.findtext("additionalInfo") or "")


def test_only_an_imminent_threat_is_urgent_and_in_a_persons_words() -> None:
    assert b"escalateToHighPriority" not in cybertip_xml(CONTENT)
    urgent = read_xml(cybertip_xml(replace(CONTENT, exit="imminent_threat")))
    assert urgent.findtext("incidentSummary/escalateToHighPriority") == CONTENT.grounds


def test_long_grounds_are_shortened_where_the_rules_want_it() -> None:
    content = replace(CONTENT, exit="imminent_threat", grounds="The account asks for secrecy. " * 300)
    assert faults(cybertip_xml(content)) == []


def test_without_an_incident_time_the_report_says_what_its_time_is() -> None:
    root = read_xml(cybertip_xml(replace(CONTENT, incident_at=None)))
    assert root.findtext("incidentSummary/incidentDateTime") == "2026-03-03T20:02:00Z"
    described = root.findtext("incidentSummary/incidentDateTimeDescription") or ""
    assert described.startswith("No time was given")


def said_of_the_subject(*facts: tuple[str, str], name: str = "") -> PacketContent:
    account = AccountFacts("subject_account", "Account A", "u0", name, None, tuple(sorted(facts)))
    return replace(CONTENT, account_facts=(account,), incident_definition="when the first message was sent")


def test_what_the_platform_said_stands_where_the_schema_has_a_place() -> None:
    content = said_of_the_subject(
        ("born", "1990-02-03"),
        ("city", "Boise"),
        ("country", "us"),
        ("email", "a.person@mail.example"),
        ("ip", "192.0.2.7"),
        ("ip_at", "2026-03-03T21:00:00+01:00"),
        ("last_login", "2001:db8::7 2026-03-03 19:59:00Z"),
        ("locale", "en"),
        ("phone", "+1 208 555 0100"),
        ("profile_url", "https://northwind.example/u0"),
        ("region", "ID"),
        ("username", "u-zero"),
        name="Zero",
    )
    report = cybertip_xml(content)
    assert faults(report) == []
    subject = read_xml(report).find("personOrUserReported")
    texts = {path: subject.findtext(path) for path in PLACES_OF_FACTS}
    assert texts == PLACES_OF_FACTS
    assert [event.findtext("eventName") for event in subject.findall("ipCaptureEvent")] == ["Other", "Login"]
    assert "locale: en" in subject.findtext("additionalInfo")
    assert "192.0.2.7" not in subject.findtext("additionalInfo")
    described = read_xml(report).findtext("incidentSummary/incidentDateTimeDescription")
    assert described.endswith(": when the first message was sent")
    assert read_xml(report).find("victim/victimPerson") is not None
    assert not [check for check in checks(content) if "IP address" in check.name and not check.is_stated]


PLACES_OF_FACTS = {
    "personOrUserReportedPerson/phone": "+1 208 555 0100",
    "personOrUserReportedPerson/email": "a.person@mail.example",
    "personOrUserReportedPerson/dateOfBirth": "1990-02-03",
    "screenName": "u-zero",
    "displayName": "Zero",
    "profileUrl": "https://northwind.example/u0",
    "ipCaptureEvent/ipAddress": "192.0.2.7",
    "ipCaptureEvent/dateTime": "2026-03-03T20:00:00Z",
    "estimatedLocation/city": "Boise",
    "estimatedLocation/region": "ID",
    "estimatedLocation/countryCode": "US",
}
ODD_FACTS = (
    ("birthday", "2026-02-30"),
    ("birth", "2999-01-01"),
    ("city", "Leeds"),
    ("country", "Great Britain"),
    ("email", "not an address"),
    ("ip", "192.0.2.7 and 192.0.2.8, 2026-03-03T20:00:00Z"),
    ("ip_later", "192.0.2.9 2999-01-01T00:00:00Z"),
    ("ip_malformed", "999.1.1.1"),
    ("phone", "ask them"),
    ("profile_url", "javascript:void(0)"),
    ("username", "x" * 300),
    ("odd\ud800", "a\x00b ]]> <c>"),
    ("empty", ""),
)


@pytest.mark.parametrize(
    "fact", ODD_FACTS, ids=[name.encode("ascii", "replace").decode() for name, _ in ODD_FACTS]
)
def test_what_has_no_place_is_said_in_words_and_breaks_nothing(fact: tuple[str, str]) -> None:
    report = cybertip_xml(said_of_the_subject(fact))
    assert faults(report) == []
    subject = read_xml(report).find("personOrUserReported")
    assert {child.tag for child in subject} == {"espIdentifier", "espService", "additionalInfo"}
    assert "nobody has checked them" in subject.findtext("additionalInfo")


def test_in_the_united_states_a_city_needs_its_state() -> None:
    report = cybertip_xml(said_of_the_subject(("country", "US"), ("city", "Boise"), ("region", "the west")))
    assert faults(report) == []
    place = read_xml(report).find("personOrUserReported/estimatedLocation")
    assert [child.tag for child in place] == ["countryCode"]


def test_an_address_that_is_free_text_in_the_report_is_still_asked_for() -> None:
    content = said_of_the_subject(("ip", "192.0.2.7 and 192.0.2.8, 2026-03-03T20:00:00Z"))
    for_the_report = replace(content, recipient=replace(content.recipient, formats=("cybertip",)))
    assert not [sentence for sentence in missing_from(content) if "free text" in sentence]
    assert [sentence for sentence in missing_from(for_the_report) if "free text" in sentence]


def test_any_text_can_be_written() -> None:
    odd = "Keep <this> & that ]]> \x00\x0b\r\ud800 between us, please"
    assert faults(cybertip_xml(replace(CONTENT, grounds=odd))) == []


def facts(*, is_viewed: bool | None) -> FileFacts:
    return FileFacts("transcript.csv", "ab" * 32, True, is_viewed, "The conversation.")


def test_a_file_counts_as_viewed_only_if_each_message_in_it_was_shown() -> None:
    assert is_whole_file_viewed([1, 2], [1, 2, 3])
    assert not is_whole_file_viewed([1, 2], [2])
    assert not is_whole_file_viewed([], [])


@pytest.mark.parametrize(("is_viewed", "said"), [(True, "true"), (False, "false"), (None, None)])
def test_viewed_is_said_as_recorded_or_not_at_all(is_viewed: bool | None, said: str | None) -> None:
    raw = file_details_xml(facts(is_viewed=is_viewed), report_id="4711", file_id="ab" * 16)
    assert faults(raw) == []
    assert read_xml(raw).findtext("fileViewedByEsp") == said


# --- Broken documents ------------------------------------------------------------------------------


REPORT = """<report>
<incidentSummary><incidentType>Online Enticement of Children for Sexual Acts</incidentType>
<incidentDateTime>2026-03-03T20:00:00Z</incidentDateTime></incidentSummary>
<internetDetails><chatImIncident><chatClient>Northwind</chatClient></chatImIncident></internetDetails>
<reporter><reportingPerson><email>safety@northwind.example</email></reportingPerson></reporter>
<personOrUserReported><espIdentifier>u0</espIdentifier></personOrUserReported>
<victim><victimPerson/><espIdentifier>u1</espIdentifier></victim>
</report>"""
FILE = file_details_xml(facts(is_viewed=True), report_id="4711", file_id="ab" * 16).decode()


def swap(old: str, new: str, *, text: str = REPORT) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def moved(element: str) -> str:
    """The element, taken from its place and put last."""
    return swap("</report>", f"{element}</report>", text=swap(element, ""))


def test_the_document_that_is_broken_below_is_whole() -> None:
    assert faults(REPORT) == []
    assert faults(FILE) == []


REPORTER = "<reporter><reportingPerson><email>safety@northwind.example</email></reportingPerson></reporter>"
TYPE = "Online Enticement of Children for Sexual Acts"
WHEN = "2026-03-03T20:00:00Z"
MAIL = "<email>safety@northwind.example</email>"
ACCOUNT = f"{PERSON}<espIdentifier>u0</espIdentifier>"
DISABLED = (
    '<accountPermanentlyDisabled disabledDate="2026-03-05T00:00:00Z" userNotifiedDate="2026-03-04T00:00:00Z">'
)
BROKEN = [
    # --- the XML itself
    ("xml", "cut off", REPORT[:200], "The document is no readable XML: it breaks off at line 4."),
    (
        "xml",
        "a type of its own",
        '<!DOCTYPE report [<!ENTITY a "b">]>' + REPORT,
        "The document declares a type of its own, which the CyberTipline does not take.",
    ),
    # --- the schema
    (
        "schema",
        "another document",
        "<tip/>",
        "“tip” is no document of the CyberTipline: report, fileDetails.",
    ),
    (
        "schema",
        "reporter last",
        moved(REPORTER),
        "“reporter” stands after “victim” in “report”; the CyberTipline wants it before.",
    ),
    (
        "schema",
        "no summary",
        swap(REPORT[REPORT.index("<incidentSummary>") : REPORT.index("<internetDetails>")], ""),
        "“incidentSummary” is missing in “report”, and the CyberTipline requires it.",
    ),
    (
        "schema",
        "no reporter",
        swap(REPORTER, ""),
        "“reporter” is missing in “report”, and the CyberTipline requires it.",
    ),
    (
        "schema",
        "a letter less",
        swap(TYPE, TYPE[:-1]),
        f"“{TYPE[:-1]}” is none of the values that incidentType may have. The nearest is “{TYPE}”.",
    ),
    (
        "schema",
        "a newer annotation",
        swap(
            "<incidentDateTime>", "<reportAnnotations><informational/></reportAnnotations><incidentDateTime>"
        ),
        "“informational” is no part of “reportAnnotations”.",
    ),
    (
        "schema",
        "an annotation that denies",
        swap(
            "<incidentDateTime>",
            "<reportAnnotations><spam>false</spam></reportAnnotations><incidentDateTime>",
        ),
        "“false” is no spam: it has to be true or left out.",
    ),
    (
        "schema",
        "two places in one",
        swap("</chatImIncident>", "</chatImIncident><webPageIncident/>"),
        "“internetDetails” holds 2 kinds of place; it may hold exactly one.",
    ),
    (
        "schema",
        "two summaries of what else",
        swap("</report>", "<additionalInfo>a</additionalInfo><additionalInfo>b</additionalInfo></report>"),
        "“additionalInfo” stands 2 times in “report”; once is allowed.",
    ),
    (
        "schema",
        "no victim's person",
        swap("<victimPerson/>", ""),
        "“victimPerson” is missing in “victim”, and the CyberTipline requires it.",
    ),
    (
        "schema",
        "the documentation's accountType",
        swap(ACCOUNT, f'{ACCOUNT}<associatedAccount accountType="Linked"/>'),
        "“associatedAccount” carries “accountType”, which it may not carry.",
    ),
    (
        "schema",
        "an associated account of no type",
        swap(ACCOUNT, f"{ACCOUNT}<associatedAccount/>"),
        "“associatedAccount” does not say its “type”, which the CyberTipline requires.",
    ),
    (
        "schema",
        "an event that does not exist",
        swap(
            ACCOUNT,
            f"{ACCOUNT}<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress><eventName>Message</eventName></ipCaptureEvent>",
        ),
        "“Message” is none of the values that eventName may have.",
    ),
    (
        "schema",
        "a time in words",
        swap(WHEN, "yesterday"),
        "“yesterday” is no incidentDateTime: it has to be a time as 2026-03-03T20:00:00Z.",
    ),
    (
        "schema",
        "text between elements",
        swap(PERSON, f"{PERSON}the account"),
        "“personOrUserReported” holds text where only elements may stand.",
    ),
    (
        "schema",
        "a file without its report",
        swap("<reportId>4711</reportId>", "", text=FILE),
        "“reportId” is missing in “fileDetails”, and the CyberTipline requires it.",
    ),
    (
        "schema",
        "a relevance of one's own",
        swap("Reported", "Relevant", text=FILE),
        "“Relevant” is none of the values that fileRelevance may have.",
    ),
    (
        "schema",
        "a hash of no kind",
        swap(' hashType="SHA-256"', "", text=FILE),
        "“originalFileHash” does not say its “hashType”, which the CyberTipline requires.",
    ),
    # --- the rules that no schema holds
    (
        "rule",
        "no time zone",
        swap(WHEN, "2026-03-03T20:00:00"),
        "“incidentDateTime” says no time zone: 2026-03-03T20:00:00 can be anywhere. Add Z or the distance to UTC.",
    ),
    (
        "rule",
        "the future",
        swap(WHEN, "2026-12-03T20:00:00Z"),
        "“incidentDateTime” lies in the future (2026-12-03T20:00:00Z). The CyberTipline takes only what has happened.",
    ),
    (
        "rule",
        "urgent without a reason",
        swap("<incidentDateTime>", "<escalateToHighPriority> </escalateToHighPriority><incidentDateTime>"),
        "“escalateToHighPriority” is empty: say why it is urgent, or leave it out.",
    ),
    (
        "rule",
        "nobody to answer to",
        swap(MAIL, ""),
        "The reporting person has no e-mail address: the CyberTipline needs one to answer to.",
    ),
    (
        "rule",
        "an e-mail that is none",
        swap("safety@northwind.example", "safety at northwind"),
        "“safety at northwind” is no e-mail address.",
    ),
    (
        "rule",
        "an IP address that is none",
        swap(ACCOUNT, f"{ACCOUNT}<ipCaptureEvent><ipAddress>not-an-ip</ipAddress></ipCaptureEvent>"),
        "“not-an-ip” is no IP address.",
    ),
    (
        "rule",
        "a port that is none",
        swap(
            ACCOUNT,
            f"{ACCOUNT}<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress><port>70000</port></ipCaptureEvent>",
        ),
        "70000 is no port: it lies between 1 and 65535.",
    ),
    (
        "rule",
        "a device without a value",
        swap(ACCOUNT, f"{ACCOUNT}<deviceId><idType>serial</idType><idValue> </idValue></deviceId>"),
        "A device is named without its kind or without its value.",
    ),
    (
        "rule",
        "too long an identifier",
        swap("<espIdentifier>u0", f"<espIdentifier>{'u' * 256}"),
        "“espIdentifier” has 256 characters; the CyberTipline takes 255. Shorten it.",
    ),
    (
        "rule",
        "told before it was disabled",
        swap(ACCOUNT, f"{ACCOUNT}{DISABLED}true</accountPermanentlyDisabled>"),
        "The account's owner was told before the account was disabled: one of both days is wrong.",
    ),
    (
        "rule",
        "two ages",
        swap(
            ACCOUNT,
            f'{ACCOUNT}<associatedAccount type="Linked"><approximateAge>30</approximateAge>'
            "<dateOfBirth>1996-01-01</dateOfBirth></associatedAccount>",
        ),
        "An associated account has an approximate age and a date of birth: give one of both.",
    ),
    (
        "rule",
        "a place without a country",
        swap(ACCOUNT, f"{ACCOUNT}<estimatedLocation><city>Springfield</city></estimatedLocation>"),
        "An estimated location does not say its country.",
    ),
    (
        "rule",
        "a place without its state",
        swap(
            ACCOUNT,
            f"{ACCOUNT}<estimatedLocation><city>Springfield</city><countryCode>US</countryCode></estimatedLocation>",
        ),
        "A place in the United States needs the two letters of its state.",
    ),
    (
        "rule",
        "a calling code twice",
        swap(MAIL, f'<phone countryCallingCode="+44">+442079460000</phone>{MAIL}'),
        "A telephone number repeats its calling code: write the code once, beside the number.",
    ),
    (
        "rule",
        "a stranger's address",
        swap(
            "<chatImIncident><chatClient>Northwind</chatClient></chatImIncident>",
            "<emailIncident><emailAddress>other@post.example</emailAddress></emailIncident>",
        ),
        "“other@post.example” stands in the incident, but no person in the report has this address.",
    ),
    (
        "rule",
        "metadata viewed without the file",
        swap(
            "<fileViewedByEsp>true</fileViewedByEsp>",
            "<fileViewedByEsp>false</fileViewedByEsp><exifViewedByEsp>true</exifViewedByEsp>",
            text=FILE,
        ),
        "The file's metadata is said to be viewed, but not the file itself.",
    ),
    (
        "rule",
        "a conversation as a batch",
        swap("<report>", '<report><batchedReport reason="VIRAL_POTENTIAL_MEME"/>'),
        "A batched report is for pictures that spread; a conversation is reported one by one.",
    ),
]


@pytest.mark.parametrize(
    ("layer", "document", "sentence"),
    [(layer, document, sentence) for layer, _, document, sentence in BROKEN],
    ids=[name for _, name, _, _ in BROKEN],
)
def test_a_broken_document_is_refused_by_the_right_layer(layer: str, document: str, sentence: str) -> None:
    found = faults(document)
    assert (layer, sentence) in [(fault.layer, fault.sentence) for fault in found]
    assert {fault.layer for fault in found} == {layer}


# --- The operator's own schema ---------------------------------------------------------------------

OWN_SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="report"><xs:complexType>
<xs:sequence><xs:element name="incidentSummary"/><xs:element name="novelty"/></xs:sequence>
</xs:complexType></xs:element></xs:schema>"""


def test_the_schema_that_an_operator_drops_in_is_held_as_well(tmp_path: Path) -> None:
    xsd = tmp_path / "current.xsd"
    xsd.write_text(OWN_SCHEMA)
    (fault,) = faults_in(REPORT.encode(), now=NOW, xsd=str(xsd))
    assert fault.layer == "xsd"
    assert fault.sentence.startswith("The CyberTipline's current schema says: Element 'internetDetails'")


@pytest.mark.parametrize("make", [lambda _: None, lambda path: path.write_text("<no")])
def test_a_schema_that_cannot_be_read_lets_nothing_pass(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "current.xsd")
    (fault,) = faults_in(REPORT.encode(), now=NOW, xsd=str(tmp_path / "current.xsd"))
    assert fault.sentence == (
        "The schema current.xsd of ARTEMIS_CYBERTIP_XSD cannot be read. The operator can fetch it again."
    )


# --- Before the seal -------------------------------------------------------------------------------


def test_a_report_that_would_be_refused_is_not_approved(
    case: Case, mara: User, otto: User, clearing_house: Recipient
) -> None:
    Licensee.objects.filter(pk=case.licensee_id).update(contact_email="safety at northwind")
    escalation = ask(case, mara, clearing_house)
    with pytest.raises(NotPossible) as refusal:
        approved_by(escalation, otto)
    assert refusal.value.sentence == (
        "The CyberTipline would refuse this report: “safety at northwind” is no e-mail address. "
        "Return it to Mara, or tell an admin."
    )
    assert not Packet.objects.exists()
