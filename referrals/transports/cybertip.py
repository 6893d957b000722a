"""The CyberTipline: open a report, send its files, finish it. There is no idempotency key, so nothing is repeated
blindly: a report whose number is not known here can never be finished from here, and is deleted there within a day."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from referrals.endpoints import NotAnEndpoint, read_endpoint
from referrals.formats.cybertip import FileFacts, file_details_xml, is_whole_file_viewed
from referrals.formats.cybertip_judge import faults_in
from referrals.packet_layout import CYBERTIP, REFERRAL, TRANSCRIPT, TRANSCRIPT_TABLE, folder_of
from referrals.transports.cybertip_http import Reply, Server, md5_of
from referrals.transports.interface import (
    Answer,
    Kind,
    Line,
    Parcel,
    Setting,
    Unfit,
    current_attempt,
    done_in,
)
from referrals.transports.logins import login_of

SUBMIT, FINISH = "submit", "finish"
UPLOAD, FILE_INFO, RETRACT = "upload", "file_info", "retract"
# What NCMEC answers for a report that is gone, however it went.
GONE = frozenset({5001, 5101})
FINISHED = 5102
ABOUT_TABLE = "The conversation as a table: one message a row, the messages chosen as evidence are marked."
ABOUT_ARCHIVE = "The sealed packet of this referral: a BagIt folder with its signature, as a zip file."
FINISHED_STAYS = (
    "Report {report} is finished there, and their service takes no finished report back. Give this delivery up, "
    "download the retraction, bring it to their contact and record the reference that they give."
)
DAMAGED = "The file arrived damaged: their MD5 differs from ours. The report was not finished."


class CyberTipline:
    def __init__(self, setting: Setting) -> None:
        self.parcel = setting.parcel
        try:
            endpoint = read_endpoint(setting.recipient.endpoint, schemes=("https", "http"))
        except NotAnEndpoint as fault:
            raise Unfit(str(fault)) from None
        self.server = Server(endpoint, login_of(setting.recipient), setting.seconds)
        # A retraction opens no report and sends no file: it takes back what was opened.
        self.takes_back = setting.parcel.takes_back
        is_retraction = self.takes_back is not None
        self.report = b"" if is_retraction else _checked_report(setting.parcel)
        self.files = {} if is_retraction else _files(setting.parcel)

    def steps(self, journal: Sequence[Line]) -> list[str]:
        if self.takes_back is not None:
            return [f"{RETRACT} {number}" for number in self.takes_back]
        uploads = [f"{call} {name}" for name in self.files for call in (UPLOAD, FILE_INFO)]
        return [*(f"{RETRACT} {number}" for number in _left_open(journal)), SUBMIT, *uploads, FINISH]

    def intention(self, step: str, journal: Sequence[Line]) -> Mapping[str, Any]:
        call, _, what = step.partition(" ")
        if call == SUBMIT:
            return {"sha256": _sha256(self.report), "endpoint": self.server.endpoint.host}
        if call == UPLOAD:
            return {"sha256": self.files[what][0].sha256, "report_id": report_id_in(journal)}
        return {"report_id": what if call == RETRACT else report_id_in(journal)}

    def make(self, step: str, journal: Sequence[Line]) -> Answer:
        call, _, what = step.partition(" ")
        if call == SUBMIT:
            return _submitted(self.server.post_xml(SUBMIT, self.report))
        if call == RETRACT:
            answer = _retracted(self.server.post_form(RETRACT, {"id": what}), what)
            return answer if self.takes_back is None else _taken_back(answer, what)
        report_id = report_id_in(journal)
        if call == UPLOAD:
            facts, data = self.files[what]
            return _uploaded(self.server.post_form(UPLOAD, {"id": report_id}, (facts.name, data)), data)
        if call == FILE_INFO:
            file_id = str(done_in(journal, current_attempt(journal))[f"{UPLOAD} {what}"]["file_id"])
            document = file_details_xml(self.files[what][0], report_id=report_id, file_id=file_id)
            return _answer(self.server.post_xml("fileinfo", document))
        return _finished(self.server.post_form(FINISH, {"id": report_id}), report_id)


def report_id_in(journal: Sequence[Line]) -> str:
    """The report of the current attempt; empty before it is opened."""
    return str(done_in(journal, current_attempt(journal)).get(SUBMIT, {}).get("report_id", ""))


def _left_open(journal: Sequence[Line]) -> list[str]:
    """Reports of earlier attempts that nobody finished: taken back before another is opened."""
    attempt = current_attempt(journal)
    opened = [
        str(line.facts.get("report_id", ""))
        for line in journal
        if line.step == SUBMIT and line.kind == Kind.DONE and line.attempt < attempt
    ]
    earlier = {
        line.step.partition(" ")[2]
        for line in journal
        if line.step.startswith(f"{RETRACT} ") and line.kind == Kind.DONE and line.attempt < attempt
    }
    return [number for number in opened if number not in earlier]


# --- What an answer means for a step -------------------------------------------------------------


def _answer(reply: Reply, **facts: Any) -> Answer:
    known = {
        "code": reply.code,
        "http": reply.status,
        "request_id": reply.request_id,
        "report_id": reply.report_id,
        "file_id": reply.file_id,
        **facts,
    }
    return Answer(
        reply.kind, reply.sentence, {name: value for name, value in known.items() if value not in (None, "")}
    )


def _submitted(reply: Reply) -> Answer:
    if reply.kind == Kind.DONE and not reply.report_id.isdecimal():
        sentence = "Their server says that it took the report, and does not say its number."
        return Answer(Kind.UNKNOWN, sentence, _answer(reply).facts)
    return _answer(reply)


def _uploaded(reply: Reply, data: bytes) -> Answer:
    answer = _answer(reply, md5=reply.md5)
    if reply.kind != Kind.DONE:
        return answer
    if reply.md5.lower() != md5_of(data):
        return replace(answer, kind=Kind.REFUSED, sentence=DAMAGED)
    if not reply.file_id:
        sentence = "Their server says that it took the file, and does not say its number."
        return replace(answer, kind=Kind.UNKNOWN, sentence=sentence)
    return answer


def _finished(reply: Reply, report_id: str) -> Answer:
    answer = _answer(reply, report_id=report_id, files=list(reply.files))
    if reply.code == FINISHED:
        return replace(answer, kind=Kind.ARRIVED, raw=reply.raw)
    return replace(answer, raw=reply.raw) if reply.kind == Kind.DONE else answer


def _retracted(reply: Reply, report_id: str) -> Answer:
    answer = _answer(reply, report_id=report_id)
    if reply.code == FINISHED:
        return replace(answer, kind=Kind.ARRIVED, raw=reply.raw)
    return replace(answer, kind=Kind.DONE) if reply.code in GONE else answer


def _taken_back(answer: Answer, report_id: str) -> Answer:
    """For a retraction a finished report is not an arrival: it is what their service does not take back."""
    if answer.kind == Kind.ARRIVED:
        return replace(answer, kind=Kind.REFUSED, sentence=FINISHED_STAYS.format(report=report_id), raw="")
    return answer


# --- What is sent --------------------------------------------------------------------------------


def _checked_report(parcel: Parcel) -> bytes:
    """The very bytes that were approved, held once more to every layer before they leave."""
    try:
        report = parcel.files[CYBERTIP]
    except KeyError:
        raise Unfit(
            "This packet holds no CyberTipline report: it was sealed before the recipient asked for one. "
            "Download it instead, or make a new packet."
        ) from None
    faults = faults_in(report, now=timezone.now(), xsd=settings.ARTEMIS_CYBERTIP_XSD)
    if faults:
        raise Unfit(f"The report would be refused: {faults[0].sentence}")
    return report


def _files(parcel: Parcel) -> dict[str, tuple[FileFacts, bytes]]:
    """{name: (what is said of it, its bytes)}: the conversation, and the whole sealed packet."""
    reference = parcel.case_reference
    table = parcel.files[TRANSCRIPT_TABLE]
    shown, viewed = _numbers(parcel)
    name, archive = f"{reference}-transcript.csv", f"{folder_of(reference)}.zip"
    return {
        name: (
            FileFacts(name, _sha256(table), True, is_whole_file_viewed(shown, viewed), ABOUT_TABLE),
            table,
        ),
        archive: (FileFacts(archive, parcel.archive_digest, False, None, ABOUT_ARCHIVE), parcel.archive),
    }


def _numbers(parcel: Parcel) -> tuple[list[int], list[int]]:
    """Messages whose text the file holds, and those that the packet says were shown to a person as they are now."""
    messages = json.loads(parcel.files[TRANSCRIPT])["messages"]
    viewed = json.loads(parcel.files[REFERRAL])["viewed"]["messages"]
    first = {one["number"]: _time(one["first_viewed_at"]) for one in viewed}
    changed = {one["number"]: _time(one["edited_at"]) for one in messages if one["edited_at"]}
    held = [one["number"] for one in messages if not one.get("redacted")]
    seen = [number for number, at in first.items() if number not in changed or changed[number] <= at]
    return held, seen


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
