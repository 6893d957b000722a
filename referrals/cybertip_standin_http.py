"""The stand-in over real HTTP: Basic authentication, XML and forms, and each fault as it looks on the wire."""

import base64
import hmac
import secrets
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

from referrals.cybertip_standin import CALLS, Answer, Fault, StandIn

BASE = "/ispws/"
LARGEST_REQUEST = 600 * 1024 * 1024
Part = tuple[str, bytes]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "CyberTipline stand-in"

    @property
    def standin(self) -> StandIn:
        return cast("Server", self.server).standin

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(self.rfile.read(min(length, LARGEST_REQUEST)))

    def log_message(self, *_: Any) -> None:
        """Nothing of a request is written anywhere."""

    def _serve(self, body: bytes) -> None:
        call = self.path.removeprefix(BASE)
        if not self.path.startswith(BASE) or call not in CALLS:
            self._send(404, Answer(1210, "Resource not found").xml())
            return
        fault = self.standin.take_fault(call)
        if fault in (Fault.UNAUTHORISED_WITH_BODY, Fault.UNAUTHORISED_WITHOUT_BODY) or not self._is_known():
            self._send_unauthorised(with_body=fault != Fault.UNAUTHORISED_WITHOUT_BODY)
        elif fault is None or fault == Fault.WRONG_MD5:
            self._answer(self._do(call, body), wrong_md5=fault == Fault.WRONG_MD5)
        else:
            self._go_wrong(fault, call, body)

    def _do(self, call: str, body: bytes) -> Answer:
        if call == "status":
            return Answer(0, f"Remote User : {self.standin.login[0]}, Remote Ip : {self.client_address[0]}")
        if call == "submit":
            return self.standin.submit(body)
        if call == "fileinfo":
            return self.standin.fileinfo(body)
        form = self._form(body)
        number = form.get("id", ("", b""))[1].decode("ascii", "replace").strip()
        if call == "upload":
            name, data = form.get("file", ("", b""))
            return self.standin.upload(number, name, data)
        return self.standin.finish(number) if call == "finish" else self.standin.retract(number)

    def _go_wrong(self, fault: Fault, call: str, body: bytes) -> None:
        if fault == Fault.ERROR_AS_200:
            self._send(200, Answer(1001, "Malformed (xml) report submittal").xml())
        elif fault == Fault.ERROR_AS_400:
            self._send(400, Answer(4100, "Validation failed").xml())
        elif fault == Fault.SERVER_ERROR:
            self._send(200, Answer(1000, "Server error").xml())
        elif fault == Fault.BAD_GATEWAY:
            self._send(502, b"<html><body>Bad gateway</body></html>")
        elif fault == Fault.DROPPED_BEFORE:
            self._drop()
        else:
            self._lose_answer(fault, self._do(call, body))

    def _lose_answer(self, fault: Fault, answer: Answer) -> None:
        """It is done by now, and the caller will not learn it."""
        if fault == Fault.DONE_TRUNCATED:
            self._send(200, answer.xml(), sent=0.5)
        elif fault == Fault.DONE_TIMEOUT:
            cast("Server", self.server).stopped.wait(cast("Server", self.server).silence)
        self._drop()

    def _answer(self, answer: Answer, *, wrong_md5: bool = False) -> None:
        if wrong_md5:
            answer = Answer(answer.code, answer.description, answer.report, answer.file_id, "0" * 32)
        self._send(400 if answer.code in (4100, 4110) else 200, answer.xml(), code=answer.code)

    def _send(self, status: int, body: bytes, *, sent: float = 1, code: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml;charset=ISO-8859-1")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"JSESSIONID={secrets.token_hex(16)}; Path=/ispws; HttpOnly")
        if status != 200 or code:
            self.send_header("Request-ID", secrets.token_hex(8))
        self.end_headers()
        self.wfile.write(body[: int(len(body) * sent)])

    def _send_unauthorised(self, *, with_body: bool) -> None:
        body = Answer(1000, "Authentication Required").xml() if with_body else b""
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="ESP Web Services"')
        self.send_header("Content-Type", "application/xml;charset=ISO-8859-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _is_known(self) -> bool:
        expected = "Basic " + base64.b64encode(":".join(self.standin.login).encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), expected)

    def _form(self, body: bytes) -> dict[str, Part]:
        """{field: (file name, bytes)}, from multipart, or urlencoded as the recordings of 2016 show it."""
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return {name: ("", value.encode()) for name, value in parse_qsl(body.decode("utf-8", "replace"))}
        message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        parts = cast("list[Any]", message.get_payload()) if message.is_multipart() else []
        return {
            str(part.get_param("name", header="Content-Disposition")): (
                part.get_filename() or "",
                part.get_payload(decode=True),
            )
            for part in parts
        }


class Server(ThreadingHTTPServer):
    """Serves in threads of its own until `close`; `silence` is how long a lost answer keeps the line open."""

    daemon_threads = True

    def __init__(self, standin: StandIn, *, port: int = 0, silence: float = 600) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.standin, self.silence, self.stopped = standin, silence, threading.Event()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{BASE.rstrip('/')}"

    def handle_error(self, *_: Any) -> None:
        """A caller that hangs up is no fault of the server."""

    def start(self) -> "Server":
        self._thread.start()
        return self

    def close(self) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()
