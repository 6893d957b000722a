"""What the CyberTipline's XML may hold: one versioned description of elements, order, counts and closed lists.

Written from the facts of the reporting API's documentation; it is not NCMEC's schema, which an operator gets with
GET /xsd and can put beside it (ARTEMIS_CYBERTIP_XSD). Annotations of pictures are left out: Artemis holds text only.

A line reads `name = kind part part …`, where kind is seq (in this order), choice (one of them), all (any order) or
text. A part is `element:type` with ? for 0–1, * for any number, + for one or more. A part without a type has the type
of its own name, or else string.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

VERSION = "2025-11"

INCIDENT_TYPES = (
    "Child Pornography (possession, manufacture, and distribution)",
    "Child Sex Trafficking",
    "Child Sex Tourism",
    "Child Sexual Molestation",
    "Misleading Domain Name",
    "Misleading Words or Digital Images on the Internet",
    "Online Enticement of Children for Sexual Acts",
    "Unsolicited Obscene Material Sent to a Child",
)
COUNTRIES = (
    "A1 A2 O1 AD AE AF AG AI AL AM AN AO AP AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET "
    "EU FI FJ FK FM FO FR FX GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM "
    "IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF "
    "MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
    "PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD "
    "TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH "
    "OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY"
)
LISTS: Mapping[str, tuple[str, ...]] = {
    "incidentType": INCIDENT_TYPES,
    "batchedReportReason": ("VIRAL_POTENTIAL_MEME",),
    "addressType": ("Home", "Business", "Billing", "Shipping", "Technical"),
    "emailType": ("Home", "Work", "Business", "Recovery"),
    "phoneType": ("Mobile", "Home", "Business", "Work", "Fax", "Internet", "Recovery"),
    "ipCaptureType": ("Login", "Registration", "Purchase", "Upload", "Other", "Unknown"),
    "associatedAccountType": ("Billing", "Linked", "Business", "Creator", "Parent/Guardian", "Other"),
    "fileRelevance": ("Reported", "Supplemental Reported"),
    "fileClassification": ("A1", "A2", "B1", "B2"),
    "metadataTypes": ("EXIF", "HASH"),
    "country": ("", *COUNTRIES.split()),
    "state": ("", *STATES.split()),
}
PATTERNS: Mapping[str, str] = {"phoneCountryCallingCode": r"\+[0-9]{1,3}", "phoneExtension": r"[0-9]+"}

_ACCOUNT = (
    "espIdentifier? espService? compromisedAccount:boolean? screenName:text? displayName* profileUrl* profileBio:text? "
    "ipCaptureEvent* deviceId*"
)
_DISABLED = (
    "accountTemporarilyDisabled? accountPermanentlyDisabled? estimatedLocation? allEmailsReported:boolean?"
)
STRUCTURE = f"""
report = seq batchedReport? incidentSummary internetDetails* lawEnforcement? reporter personOrUserReported*
  intendedRecipient* victim* additionalInfo:text?
incidentSummary = seq incidentType platform? escalateToHighPriority? reportAnnotations? incidentDateTime:dateTime
  incidentDateTimeDescription?
reportAnnotations = all sextortion:mark? csamSolicitation:mark? minorToMinorInteraction:mark? spam:mark?
  sadisticOnlineExploitation:mark?
internetDetails = choice webPageIncident emailIncident newsgroupIncident chatImIncident onlineGamingIncident
  cellPhoneIncident nonInternetIncident peer2peerIncident
webPageIncident = seq url* additionalInfo:text?
emailIncident = seq emailAddress:email* content:text? additionalInfo:text?
newsgroupIncident = seq name? emailAddress:email* content:text? additionalInfo:text?
chatImIncident = seq chatClient? chatRoomName? content:text? additionalInfo:text?
onlineGamingIncident = seq gameName? console? content:text? additionalInfo:text?
cellPhoneIncident = seq phoneNumber:phone? latitude:double? longitude:double? additionalInfo:text?
nonInternetIncident = seq locationName? incidentAddress:address* additionalInfo:text?
peer2peerIncident = seq client? ipCaptureEvent* fileNames? additionalInfo:text?
lawEnforcement = seq agencyName caseNumber? officerContact:contactPerson? reportedToLe:boolean?
  servedLegalProcessDomestic:boolean? servedLegalProcessInternational?
reporter = seq reportingPerson:person contactPerson? companyTemplate:text? termsOfService:text? legalURL?
personOrUserReported = seq personOrUserReportedPerson:person? vehicleDescription? {_ACCOUNT}
  thirdPartyUserReported:boolean? priorCTReports:long* groupIdentifier? {_DISABLED} associatedAccount*
  additionalInfo:text?
intendedRecipient = seq intendedRecipientPerson:person? {_ACCOUNT} priorCTReports:long* groupIdentifier? {_DISABLED}
  additionalInfo:text*
victim = seq victimPerson:person {_ACCOUNT} schoolName? priorCTReports:long* {_DISABLED} associatedAccount*
  additionalInfo:text?
fileDetails = seq reportId:long fileId fileName? originalFileName? uploadedToEspTimestamp:dateTime? locationOfFile?
  fileViewedByEsp:boolean? exifViewedByEsp:boolean? publiclyAvailable:boolean? fileRelevance? potentialMeme:boolean?
  industryClassification:fileClassification? originalFileHash:hash* ipCaptureEvent? deviceId* details*
  additionalInfo:text*
details = seq nameValuePair:nameValue+
nameValue = seq name value
person = seq firstName? lastName? phone* email* address* age:int? dateOfBirth:date?
contactPerson = seq firstName? lastName? phone* email* address*
address = seq address:string? city? zipCode? state? nonUsaState? country?
estimatedLocation = seq city? region? countryCode:country?
ipCaptureEvent = seq ipAddress eventName:ipCaptureType? dateTime:dateTime? possibleProxy:boolean? port:int?
deviceId = seq idType idValue eventName:ipCaptureType? dateTime:dateTime?
associatedAccount = seq platform:associatedPlatform? firstName? middleName? lastName? approximateAge:int?
  dateOfBirth:date? phone* email* allEmailsReported:boolean? address* espService? espIdentifier? profileUrl*
  screenName:text? displayName* profileBio:text? groupIdentifier? compromisedAccount:boolean?
  accountTemporarilyDisabled? accountPermanentlyDisabled? ipCaptureEvent* deviceId* priorCTReport:long*
  additionalInfo:text?
reportResponse = seq responseCode:int responseDescription reportId:long? fileId? hash:string?
reportDoneResponse = seq responseCode:int reportId:long files
files = seq fileId*
batchedReport = seq
text = text string
email = text string
phone = text string
hash = text string
associatedPlatform = text string
servedLegalProcessInternational = text boolean
accountTemporarilyDisabled = text boolean
accountPermanentlyDisabled = text boolean
"""
# Attributes; ! means required.
ATTRIBUTES: Mapping[str, str] = {
    "batchedReport": "reason:batchedReportReason!",
    "webPageIncident": "thirdPartyHostedContent:boolean",
    "servedLegalProcessInternational": "fleaCountry:country",
    "details": "type:metadataTypes",
    "address": "type:addressType",
    "email": "type:emailType verified:boolean verificationDate:dateTime",
    "phone": "type:phoneType verified:boolean verificationDate:dateTime "
    "countryCallingCode:phoneCountryCallingCode extension:phoneExtension",
    "estimatedLocation": "verified:boolean timestamp:dateTime",
    "accountTemporarilyDisabled": "disabledDate:dateTime userNotified:boolean userNotifiedDate:dateTime "
    "reenabledDate:dateTime",
    "accountPermanentlyDisabled": "disabledDate:dateTime userNotified:boolean userNotifiedDate:dateTime",
    "associatedAccount": "type:associatedAccountType!",
    "associatedPlatform": "thirdPartyUser:boolean",
    "hash": "hashType:string!",
}
ROOTS = ("report", "fileDetails", "reportResponse", "reportDoneResponse")


@dataclass(frozen=True)
class Part:
    name: str
    type: str
    least: int
    most: int | None


@dataclass(frozen=True)
class Attribute:
    name: str
    type: str
    is_required: bool


@dataclass(frozen=True)
class Kind:
    """How an element is made: `parts` where it holds elements, `text` where it holds a value."""

    order: str
    parts: tuple[Part, ...]
    text: str
    attributes: tuple[Attribute, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    lines = STRUCTURE.replace("\n  ", " ").strip().splitlines()
    rows = {name: words.split() for name, words in (line.split(" = ") for line in lines)}
    return {name: _kind(name, words, frozenset(rows)) for name, words in rows.items()}


def _kind(name: str, words: list[str], known: frozenset[str]) -> Kind:
    order, *rest = words
    attributes = tuple(_attribute(word) for word in ATTRIBUTES.get(name, "").split())
    if order == "text":
        return Kind(order, (), rest[0], attributes)
    return Kind(order, tuple(_part(word, known) for word in rest), "", attributes)


def _part(word: str, known: frozenset[str]) -> Part:
    least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(word[-1], (1, 1))
    name, _, kind = word.rstrip("?*+").partition(":")
    own = name in known or name in LISTS
    return Part(name, kind or (name if own else "string"), least, most)


def _attribute(word: str) -> Attribute:
    name, _, kind = word.rstrip("!").partition(":")
    return Attribute(name, kind, word.endswith("!"))
