"""The OpenAPI document says what the API does, and is readable as a page of our own."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker

from scoring.api.schema import openapi
from scoring.incoming_json import MOST_CONVERSATIONS, read_conversation
from scoring.tests.sending import Platform, conversation
from scoring.tests.test_limits import EDGES, FAULTS

# What the document cannot say in JSON Schema, or says in words.
SAID_IN_WORDS = re.compile(
    r"NUL|bytes|1990|in the future|levels|language tag|time with a zone|accounts|^This is required.$"
)


def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": openapi()["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_it_is_openapi_3_1(client: Client):
    answer = client.get("/api/v1/schema/")

    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    found = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert found == {
        ("/api/v1/conversations", "post"),
        ("/api/v1/conversations/bulk", "post"),
        ("/api/v1/conversations/{external_id}", "get"),
        ("/api/v1/conversations/{external_id}", "delete"),
        ("/api/v1/jobs/{job_id}", "get"),
        ("/api/v1/events", "get"),
        ("/api/v1/events/{public_id}/confirmation", "get"),
        ("/api/v1/events/{public_id}/confirmation", "post"),
        ("/api/v1/me", "get"),
        ("/api/v1/reports", "post"),
    }
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


@pytest.mark.parametrize("item", EDGES)
def test_the_document_takes_what_the_api_takes(item: dict):
    assert read_conversation(item, now=timezone.now())[1] == []
    assert [fault.message for fault in _validator("ConversationIn").iter_errors(item)] == []


@pytest.mark.parametrize(("item", "pointer", "detail"), FAULTS)
def test_the_document_refuses_what_the_api_refuses(item, pointer: str, detail: str):
    if SAID_IN_WORDS.search(detail):
        return
    found = {
        "".join(f"/{step}" for step in fault.absolute_path)
        for fault in _validator("ConversationIn").iter_errors(item)
    }
    assert pointer in found or pointer.rpartition("/")[0] in found


def test_answers_have_the_form_of_the_document(platform: Platform):
    accepted = platform.send(conversation())
    mixed = platform.send(conversation(), conversation("faulty", kind="loud"))
    refused = platform.send(conversation("faulty", kind="loud"))
    answers = {
        "AcceptedOut": accepted,
        "MixedOut": mixed,
        "ProblemOut": refused,
        "ConversationOut": platform.ask("c1"),
        "MeOut": platform.client.get("/api/v1/me"),
    }
    for name, answer in answers.items():
        assert [fault.message for fault in _validator(name).iter_errors(answer.json())] == []


def test_the_example_is_taken(platform: Platform):
    [example] = openapi()["paths"]["/api/v1/conversations"]["post"]["requestBody"]["content"][
        "application/json"
    ]["examples"].values()
    assert platform.post(example["value"]).status_code == 202


def test_the_page_shows_every_operation_and_shape_and_needs_nothing_from_elsewhere(client: Client, db: None):
    answer = client.get("/api/v1/docs/")

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "POST /api/v1/conversations" in page
    assert "GET /api/v1/conversations/{external_id}" in page
    for name, shape in openapi()["components"]["schemas"].items():
        if shape.get("type") == "object":
            assert f'id="{name}"' in page
    assert f"list of ConversationIn, at most {MOST_CONVERSATIONS} items" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_links_inside_the_page_lead_somewhere(client: Client, db: None):
    page = client.get("/api/v1/docs/").content.decode()
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert "ConversationsIn" in targets
