"""A stand-in of the CyberTipline's server for tests and the demo: what it remembers, and what it answers.

Faithful to the recorded and documented behaviour (docs/delivery.md): reports go from open to finished, retracted or
expired by two clocks; there is no idempotency key; every way in which real answers go wrong has a switch.
"""

import hashlib
import itertools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from referrals.formats.cybertip_check import NotReadable, read_xml
from referrals.formats.cybertip_judge import faults_in

LIFE = timedelta(hours=24)
QUIET = timedelta(hours=1)
CALLS = ("status", "submit", "upload", "fileinfo", "finish", "retract")


class ReportState(StrEnum):
    OPEN = "open"
    FINISHED = "finished"
    RETRACTED = "retracted"
    EXPIRED = "expired"


class Fault(StrEnum):
    """Ways in which real servers answer wrongly. DONE_… have done it by then, the others have not."""

    ERROR_AS_200 = "error-as-200"
    ERROR_AS_400 = "error-as-400"
    SERVER_ERROR = "server-error"
    BAD_GATEWAY = "bad-gateway"
    UNAUTHORISED_WITH_BODY = "401-with-body"
    UNAUTHORISED_WITHOUT_BODY = "401-without-body"
    DROPPED_BEFORE = "dropped-before"
    DONE_TIMEOUT = "done-timeout"
    DONE_TRUNCATED = "done-truncated"
    DONE_DROPPED = "done-dropped"
    WRONG_MD5 = "wrong-md5"


@dataclass
class File:
    name: str
    md5: str
    sha256: str
    size: int
    details: bytes = b""


@dataclass
class Report:
    number: int
    document: bytes
    opened_at: datetime
    modified_at: datetime
    stage: ReportState = ReportState.OPEN
    files: dict[str, File] = field(default_factory=dict)

    @property
    def expires_at(self) -> datetime:
        """Whichever is later."""
        return max(self.opened_at + LIFE, self.modified_at + QUIET)


@dataclass(frozen=True)
class Answer:
    code: int
    description: str
    report: Report | None = None
    file_id: str = ""
    md5: str = ""
    is_receipt: bool = False

    def xml(self) -> bytes:
        number = f"<reportId>{self.report.number}</reportId>" if self.report else ""
        if self.is_receipt and self.report is not None:
            files = "".join(f"<fileId>{file_id}</fileId>" for file_id in self.report.files)
            inside = f"<responseCode>0</responseCode>{number}<files>{files}</files>"
            return _document("reportDoneResponse", inside)
        words = f"<responseCode>{self.code}</responseCode><responseDescription>{_plain(self.description)}"
        file = f"<fileId>{self.file_id}</fileId><hash>{self.md5}</hash>" if self.file_id else ""
        return _document("reportResponse", f"{words}</responseDescription>{number}{file}")


class StandIn:
    """What the server remembers; safe for several threads."""

    def __init__(
        self,
        *,
        login: tuple[str, str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first_number: int = 4_700_001,
    ) -> None:
        self.login, self.clock = login, clock
        self.reports: dict[int, Report] = {}
        self.faults: dict[str, Fault] = {}
        self.calls: list[str] = []
        self._numbers = itertools.count(first_number)
        self._lock = threading.RLock()

    # --- switches --------------------------------------------------------------------------------

    def switch(self, call: str, fault: Fault | None) -> None:
        """The next such call goes wrong in this way, once."""
        with self._lock:
            if fault is None:
                self.faults.pop(call, None)
            else:
                self.faults[call] = fault

    def take_fault(self, call: str) -> Fault | None:
        with self._lock:
            self.calls.append(call)
            return self.faults.pop(call, None)

    def in_state(self, state: ReportState) -> list[Report]:
        with self._lock:
            for report in self.reports.values():
                self._expire(report)
            return [report for report in self.reports.values() if report.stage == state]

    # --- calls -----------------------------------------------------------------------------------

    def submit(self, document: bytes) -> Answer:
        with self._lock:
            if refusal := self._refusal(document, wanted="report"):
                return refusal
            now = self.clock()
            report = Report(next(self._numbers), document, opened_at=now, modified_at=now)
            self.reports[report.number] = report
            return Answer(0, "Success", report)

    def upload(self, number: str, name: str, data: bytes) -> Answer:
        with self._lock:
            report = self._open(number)
            if isinstance(report, Answer):
                return report
            file_id = secrets.token_hex(16)
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            report.files[file_id] = File(name, md5, hashlib.sha256(data).hexdigest(), len(data))
            report.modified_at = self.clock()
            return Answer(0, "Success", report, file_id=file_id, md5=md5)

    def fileinfo(self, document: bytes) -> Answer:
        with self._lock:
            if refusal := self._refusal(document, wanted="fileDetails"):
                return refusal
            root = read_xml(document)
            report = self._open(root.findtext("reportId") or "")
            if isinstance(report, Answer):
                return report
            file = report.files.get(root.findtext("fileId") or "")
            if file is None:
                return Answer(5002, "File does not exist", report)
            if file.details:
                return Answer(4100, "Validation failed: details of this file were sent before", report)
            file.details = document
            report.modified_at = self.clock()
            return Answer(0, "Success", report)

    def finish(self, number: str) -> Answer:
        with self._lock:
            report = self._open(number)
            if isinstance(report, Answer):
                return report
            report.stage = ReportState.FINISHED
            return Answer(0, "Success", report, is_receipt=True)

    def retract(self, number: str) -> Answer:
        with self._lock:
            report = self._open(number)
            if isinstance(report, Answer):
                return report
            report.stage = ReportState.RETRACTED
            return Answer(0, "Success", report)

    # --- rules -----------------------------------------------------------------------------------

    def _open(self, number: str) -> Report | Answer:
        report = self.reports.get(int(number)) if number.isdecimal() else None
        if report is not None:
            self._expire(report)
        if report is None or report.stage == ReportState.EXPIRED:
            return Answer(5001, "Report does not exist")
        if report.stage == ReportState.RETRACTED:
            return Answer(5101, "Report already retracted", report)
        if report.stage == ReportState.FINISHED:
            return Answer(5102, "Report already finished", report)
        return report

    def _expire(self, report: Report) -> None:
        if report.stage == ReportState.OPEN and self.clock() >= report.expires_at:
            report.stage = ReportState.EXPIRED

    def _refusal(self, document: bytes, *, wanted: str) -> Answer | None:
        faults = faults_in(document, now=self.clock())
        if faults:
            code = 4110 if faults[0].layer == "xml" else 4100
            return Answer(code, f"Validation failed: {faults[0].sentence}")
        try:
            root = read_xml(document)
        except NotReadable as fault:
            return Answer(4110, str(fault))
        return None if root.tag == wanted else Answer(4100, f"Validation failed: this is no {wanted}")


def _document(root: str, inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{root}>{inside}</{root}>'.encode()


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
