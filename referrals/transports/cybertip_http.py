"""One HTTP call to the CyberTipline, and what its answer means. No call is ever made twice here."""

import base64
import hashlib
import http.client
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.outside_calls import Deadline
from referrals.endpoints import Endpoint
from referrals.formats.cybertip_check import NotReadable, read_xml
from referrals.formats.cybertip_schema import kinds
from referrals.transports.interface import Kind

XML = "text/xml; charset=utf-8"
LARGEST_ANSWER = 1_000_000
# Their server failed on the way: it does not say how far it came.
FAILED_INSIDE = frozenset({1000, 1100, 1300})
MEANINGS = {
    1000: "Their server reports an error of its own.",
    1001: "Their server could not read the report.",
    1100: "Their server could not save it.",
    1110: "Their server could not take the file.",
    1111: "Their server could not take the file.",
    1210: "Their server does not know this address.",
    1300: "Their server could not change the report.",
    2000: "Their server did not accept our login.",
    3000: "Our login may not do this.",
    3100: "Our login may not submit reports.",
    3300: "Our login may not change this report.",
    4000: "Their server calls the request invalid.",
    4100: "Their server found the report invalid.",
    4110: "Their server found no readable XML.",
    4200: "Their server could not read the file.",
    5001: "The report does not exist there: it was never opened, or it was deleted unfinished.",
    5002: "The file does not exist there.",
    5101: "The report was retracted already.",
    5102: "The report was finished already.",
}
QUOTED = re.compile(r"['‘“\"{][^'’”\"}]*['’”\"}]")


@dataclass(frozen=True)
class Reply:
    """`kind` says whether it was done; the rest is what came back, if anything did."""

    kind: Kind
    sentence: str = ""
    code: int | None = None
    status: int | None = None
    report_id: str = ""
    file_id: str = ""
    md5: str = ""
    files: tuple[str, ...] = ()
    request_id: str = ""
    raw: str = field(default="", repr=False)


@dataclass(frozen=True)
class Server:
    endpoint: Endpoint
    login: tuple[str, str]
    seconds: float

    def post_xml(self, call: str, document: bytes) -> Reply:
        return self._send("POST", call, document, XML)

    def post_form(self, call: str, fields: Mapping[str, str], file: tuple[str, bytes] | None = None) -> Reply:
        boundary = secrets.token_hex(16)
        body = _form(boundary, fields, file)
        return self._send("POST", call, body, f"multipart/form-data; boundary={boundary}")

    def get(self, call: str) -> Reply:
        return self._send("GET", call, b"", "")

    def _send(self, method: str, call: str, body: bytes, content_type: str) -> Reply:
        connection = self._connection()
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as fault:
            connection.close()
            sentence = f"Their server was not reached ({type(fault).__name__}). Nothing was sent."
            return Reply(Kind.NOT_SENT, sentence)
        with Deadline(connection.sock, self.seconds) as deadline:
            reply = self._exchanged(connection, method, call, body, content_type)
        if deadline.is_over:
            sentence = f"No whole answer came within {self.seconds:.0f} seconds: it may have been done there, or not."
            return Reply(Kind.UNKNOWN, sentence)
        return reply

    def _exchanged(
        self, connection: http.client.HTTPConnection, method: str, call: str, body: bytes, content_type: str
    ) -> Reply:
        try:
            connection.request(method, f"{self.endpoint.folder}/{call}", body, self._headers(content_type))
            answer = connection.getresponse()
            raw = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as fault:
            sentence = (
                f"No whole answer came ({type(fault).__name__}): it may have been done there, or it may not."
            )
            return Reply(Kind.UNKNOWN, sentence)
        finally:
            connection.close()
        return meaning_of(answer.status, raw, request_id=answer.getheader("Request-ID") or "")

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self.endpoint.host, self.endpoint.port
        if self.endpoint.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.seconds)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self.seconds, context=context)

    def _headers(self, content_type: str) -> dict[str, str]:
        token = base64.b64encode(":".join(self.login).encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Accept": "application/xml, text/xml"}
        return headers | ({"Content-Type": content_type} if content_type else {})


def meaning_of(status: int, raw: bytes, *, request_id: str) -> Reply:
    """An error may come with HTTP 200, with 4xx and XML, and a 401 with or without a body."""
    text = raw.decode("utf-8", "replace")
    facts = {"status": status, "request_id": request_id[:60]}
    try:
        root = read_xml(raw)
        code = int(root.findtext("responseCode") or "")
    except (NotReadable, ValueError):
        return _without_xml(status, facts)
    if status == 401:
        return Reply(Kind.REFUSED, MEANINGS[2000], code=code, **facts)  # type: ignore[arg-type]
    found = {
        "report_id": (root.findtext("reportId") or "")[:20],
        "file_id": (root.findtext("fileId") or "")[:64],
        "md5": (root.findtext("hash") or "")[:64],
        "files": tuple(element.text or "" for element in root.findall("files/fileId")),
    }
    if code == 0:
        return Reply(Kind.DONE, code=0, raw=text, **found, **facts)  # type: ignore[arg-type]
    sentence = _words(code, root.findtext("responseDescription") or "")
    kind = Kind.UNKNOWN if code in FAILED_INSIDE or status >= 500 else Kind.REFUSED
    return Reply(kind, sentence, code=code, raw=text, **found, **facts)  # type: ignore[arg-type]


def _without_xml(status: int, facts: Mapping[str, object]) -> Reply:
    if status == 401:
        return Reply(Kind.REFUSED, MEANINGS[2000], **facts)  # type: ignore[arg-type]
    if 400 <= status < 500:
        sentence = f"Their server refused the call (HTTP {status}) and did not say why."
        return Reply(Kind.REFUSED, sentence, **facts)  # type: ignore[arg-type]
    sentence = f"The answer (HTTP {status}) cannot be read: it may have been done there, or it may not."
    return Reply(Kind.UNKNOWN, sentence, **facts)  # type: ignore[arg-type]


def _words(code: int, description: str) -> str:
    """Our words for the code, and theirs where they cannot quote the report: only names of elements stay quoted."""
    known = {part.name for kind in kinds().values() for part in kind.parts}
    theirs = QUOTED.sub(lambda found: found.group() if found.group()[1:-1] in known else "…", description)
    meaning = MEANINGS.get(code, "Their server refused it.")
    return f"{meaning} (code {code}: {theirs[:200]})" if theirs.strip() else f"{meaning} (code {code})"


def _form(boundary: str, fields: Mapping[str, str], file: tuple[str, bytes] | None) -> bytes:
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file[0]}"\r\n'
        lines += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", file[1], b"\r\n"]
    return b"".join([*lines, f"--{boundary}--\r\n".encode()])


def md5_of(data: bytes) -> str:
    """Only to compare with the answer of the CyberTipline, which gives no other hash."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
