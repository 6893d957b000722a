"""Every operation of the OpenAPI document, made wrong by chance: never a 500, and each answer as documented.

The operations, their bodies and answers come from the document itself, so that a new one is tried without being listed.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from scoring.api.schema import openapi
from scoring.tests.sending import Platform

pytestmark = pytest.mark.django_db
DOCUMENT = openapi()
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
BY_CHANCE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["", "\x00", "\ud800", "9" * 400, "2026-13-40T00:00:00Z", 1e308, -(2**70)]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
CONTENT_TYPES = [
    "application/json; charset=latin-1",
    "text/plain",
    "multipart/form-data",
    "application/xml",
    "",
    "x",
]
ENCODINGS = ["gzip", "br", "deflate", "identity", "gzip, gzip"]


def operation(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def example_of(path: str, method: str) -> Any:
    """The document's own example of the body; None where the operation takes none."""
    content = operation(path, method).get("requestBody", {}).get("content", {})
    examples = content.get("application/json", {}).get("examples", {}).values()
    return next((example["value"] for example in examples), None)


def example_as_sent(path: str, method: str) -> tuple[str, bytes]:
    """(content type, body) as the document has them; text stands there as it is sent."""
    content = operation(path, method).get("requestBody", {}).get("content", {})
    for kind, said in content.items():
        for example in said.get("examples", {}).values():
            value = example["value"]
            return kind, value.encode() if isinstance(value, str) else dumped(value)
    return "application/json", b""


def places_of(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body: of the whole, of each member, of each item."""
    yield so_far
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in members:
        yield from places_of(inner, (*so_far, name))


def changed(body: Any, place: tuple[Any, ...], into: Any, *, leave_out: bool) -> Any:
    if not place:
        return into
    made = copy.deepcopy(body)
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    if leave_out:
        del inner[place[-1]]
    else:
        inner[place[-1]] = into
    return made


def sent(platform: Platform, path: str, method: str, body: bytes = b"", **headers: str) -> HttpResponse:
    client = platform.client
    client.raise_request_exception = False
    content_type = headers.pop("content_type", "application/json")
    if method == "get":
        return client.get(path, headers=headers)
    return client.generic(method.upper(), path, body, content_type=content_type, headers=headers)


def faults_of(path: str, method: str, answer: HttpResponse) -> list[str]:
    """What the answer has that the document does not say."""
    responses = operation(path, method)["responses"]
    if answer.status_code >= 500 or str(answer.status_code) not in responses:
        return [f"{method} {path}: {answer.status_code} is not documented: {answer.content[:200]!r}"]
    content = responses[str(answer.status_code)]["content"]
    kind = answer["Content-Type"].partition(";")[0]
    if kind not in content:
        return [f"{method} {path}: {answer.status_code} as {kind}"]
    schema = {**content[kind]["schema"], "components": DOCUMENT["components"]}
    found = Draft202012Validator(schema).iter_errors(json.loads(answer.content))
    return [f"{method} {path}: {answer.status_code}: {fault.message}" for fault in found]


def address(path: str, words: str = "c1") -> str:
    of_nobody = "00000000-0000-4000-8000-000000000000"
    return path.replace("{external_id}", quote(words, safe="") or "c1").replace("{job_id}", of_nobody)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@BY_CHANCE
@given(data=st.data())
def test_a_body_with_a_wrong_or_missing_part(
    platform: Platform, path: str, method: str, data: st.DataObject
) -> None:
    example = example_of(path, method)
    if example is None:
        words = data.draw(st.text(min_size=1, max_size=40).filter(lambda text: max(text) < "\ud800"))
        assert faults_of(path, method, sent(platform, address(path, words), method)) == []
        return
    place = data.draw(st.sampled_from(list(places_of(example))))
    into, leave_out = data.draw(ANY_JSON), data.draw(st.booleans())
    body = dumped(changed(example, place, into, leave_out=leave_out))
    assert faults_of(path, method, sent(platform, path, method, body)) == []


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@BY_CHANCE
@given(
    body=st.binary(max_size=300) | ANY_JSON.map(dumped),
    content_type=st.sampled_from(["application/json", *CONTENT_TYPES]),
    encoding=st.sampled_from(ENCODINGS),
    key=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=300),
)
def test_a_body_of_another_kind(
    platform: Platform, path: str, method: str, body: bytes, content_type: str, encoding: str, key: str
) -> None:
    headers = {"content_type": content_type, "Content-Encoding": encoding, "Idempotency-Key": key}
    assert faults_of(path, method, sent(platform, address(path), method, body, **headers)) == []


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@BY_CHANCE
@given(header=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=80))
def test_a_key_that_is_none(platform: Platform, path: str, method: str, header: str) -> None:
    client = Client(raise_request_exception=False, headers={"Authorization": header})
    answer = client.generic(method.upper(), address(path), b"{}", content_type="application/json")
    assert answer.status_code in (401, 429)
    assert faults_of(path, method, answer) == []


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_example_itself_is_taken(platform: Platform, path: str, method: str) -> None:
    """So that what is made wrong above was right before."""
    kind, example = example_as_sent(path, method)
    answer = sent(platform, address(path), method, example, content_type=kind)
    assert answer.status_code in (200, 202, 404)
    assert faults_of(path, method, answer) == []


def test_an_answer_that_is_not_documented_is_found(platform: Platform) -> None:
    """The check itself."""
    path, method = OPERATIONS[0]
    assert faults_of(path, method, HttpResponse(status=500))
    assert faults_of(path, method, HttpResponse(status=418))
    assert faults_of(path, method, HttpResponse(b"{}", status=202, content_type="text/html"))
    assert faults_of(
        path, method, HttpResponse(b'{"accepted": "x"}', status=202, content_type="application/json")
    )
