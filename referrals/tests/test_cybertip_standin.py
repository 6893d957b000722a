"""The stand-in answers as the documentation and the recordings say: codes, clocks, headers, no second details."""

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from referrals.cybertip_standin import ReportState, StandIn
from referrals.cybertip_standin_http import Server
from referrals.endpoints import read_endpoint
from referrals.formats.cybertip import FileFacts, cybertip_xml, file_details_xml
from referrals.tests.packets import CONTENT
from referrals.transports.cybertip_http import Server as Client
from referrals.transports.cybertip_http import md5_of, meaning_of
from referrals.transports.interface import Kind

LOGIN = ("esp", "a word")
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Watch:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def own(watch: Watch) -> Iterator[tuple[StandIn, Client, Server]]:
    standin = StandIn(login=LOGIN, clock=watch)
    server = Server(standin).start()
    endpoint = read_endpoint(server.address, schemes=("http",))
    yield standin, Client(endpoint, LOGIN, 5), server
    server.close()


Own = tuple[StandIn, Client, Server]


def test_status_says_who_asks_and_names_no_report(own: Own) -> None:
    reply = own[1].get("status")
    assert (reply.kind, reply.report_id) == (Kind.DONE, "")


def test_a_report_from_open_to_finished(own: Own) -> None:
    standin, client, _ = own
    number = client.post_xml("submit", cybertip_xml(CONTENT)).report_id
    sent = client.post_form("upload", {"id": number}, ("a.csv", b"a,b\r\n"))
    assert sent.md5 == md5_of(b"a,b\r\n")
    facts = FileFacts("a.csv", "ab" * 32, True, True, "A table.")
    details = file_details_xml(facts, report_id=number, file_id=sent.file_id)
    assert client.post_xml("fileinfo", details).kind == Kind.DONE
    assert client.post_xml("fileinfo", details).code == 4100
    done = client.post_form("finish", {"id": number})
    assert (done.report_id, done.files) == (number, (sent.file_id,))
    for call in ("finish", "retract"):
        assert client.post_form(call, {"id": number}).code == 5102
    assert client.post_form("upload", {"id": number}, ("b.csv", b"")).code == 5102
    assert [report.number for report in standin.in_state(ReportState.FINISHED)] == [int(number)]


def test_unknown_and_retracted_reports_and_files(own: Own) -> None:
    _, client, _ = own
    assert client.post_form("finish", {"id": "1"}).code == 5001
    number = client.post_xml("submit", cybertip_xml(CONTENT)).report_id
    facts = FileFacts("a.csv", "ab" * 32, True, True, "A table.")
    details = file_details_xml(facts, report_id=number, file_id="ab" * 16)
    assert client.post_xml("fileinfo", details).code == 5002
    assert client.post_form("retract", {"id": number}).kind == Kind.DONE
    assert client.post_form("finish", {"id": number}).code == 5101


def test_both_clocks(own: Own, watch: Watch) -> None:
    """24 hours after opening, or one after the last file, whichever is later."""
    _, client, _ = own
    first, second = (client.post_xml("submit", cybertip_xml(CONTENT)).report_id for _ in range(2))
    watch.now = NOW + timedelta(hours=23, minutes=30)
    client.post_form("upload", {"id": second}, ("a.csv", b"a"))
    watch.now = NOW + timedelta(hours=24, minutes=1)
    assert client.post_form("finish", {"id": first}).code == 5001
    assert client.post_form("upload", {"id": second}, ("b.csv", b"b")).kind == Kind.DONE
    watch.now = NOW + timedelta(hours=25, minutes=2)
    assert client.post_form("finish", {"id": second}).code == 5001


def test_broken_documents_and_their_codes(own: Own) -> None:
    _, client, _ = own
    assert client.post_xml("submit", b"<report>").code == 4110
    reply = client.post_xml("submit", b"<report/>")
    assert (reply.code, reply.status, reply.kind) == (4100, 400, Kind.REFUSED)
    assert reply.request_id


def test_a_wrong_password_is_asked_for_again(own: Own) -> None:
    endpoint = own[1].endpoint
    stranger = Client(endpoint, ("esp", "another word"), 5)
    assert stranger.get("status").status == 401
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=5)
    connection.request("GET", f"{endpoint.folder}/status")
    answer = connection.getresponse()
    assert answer.getheader("WWW-Authenticate") == 'Basic realm="ESP Web Services"'
    connection.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            200,
            b"<reportResponse><responseCode>0</responseCode><reportId>7</reportId></reportResponse>",
            "done",
        ),
        (200, b"<reportResponse><responseCode>1001</responseCode></reportResponse>", "refused"),
        (200, b"<reportResponse><responseCode>1000</responseCode></reportResponse>", "unknown"),
        (400, b"<reportResponse><responseCode>4100</responseCode></reportResponse>", "refused"),
        (401, b"", "refused"),
        (401, b"<reportResponse><responseCode>1000</responseCode></reportResponse>", "refused"),
        (200, b"<reportResponse><responseCode>0</resp", "unknown"),
        (200, b"", "unknown"),
        (502, b"<html/>", "unknown"),
        (403, b"no", "refused"),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, kind: Any) -> None:
    assert meaning_of(status, body, request_id="").kind == kind


def test_a_servers_words_that_quote_the_report_stay_outside() -> None:
    raw = (
        b"<reportResponse><responseCode>4100</responseCode><responseDescription>Invalid content 'keep this' "
        b"in element 'reporter'</responseDescription></reportResponse>"
    )
    sentence = meaning_of(400, raw, request_id="").sentence
    assert "keep this" not in sentence
    assert "'reporter'" in sentence
