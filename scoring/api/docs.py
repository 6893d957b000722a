"""The API's documentation as a page of our own, made from the OpenAPI document: no script, nothing from elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import PUBLIC, access
from scoring.api.schema import openapi


@dataclass(frozen=True)
class Row:
    """One member of a shape, or one parameter."""

    name: str
    kind: str
    needed: bool
    description: str


@dataclass(frozen=True)
class Shape:
    name: str
    description: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class AnswerOfOperation:
    statuses: str
    shape: str


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Row, ...]
    request: str
    example: str
    # What a successful answer looks like, where the document shows one.
    told: str
    answers: tuple[AnswerOfOperation, ...]


@access(PUBLIC)
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "scoring/api_docs.html", {"operations": operations(), "shapes": shapes()})


@lru_cache(maxsize=1)
def operations() -> list[Operation]:
    return [
        _operation(path, method, details)
        for path, methods in openapi()["paths"].items()
        for method, details in methods.items()
    ]


@lru_cache(maxsize=1)
def shapes() -> list[Shape]:
    """Every object of the document; enumerations stand in the rows that use them."""
    schemas = openapi()["components"]["schemas"]
    return [
        Shape(name, shape.get("description", ""), tuple(_members(shape)))
        for name, shape in schemas.items()
        if shape.get("type") == "object"
    ]


def _operation(path: str, method: str, details: dict[str, Any]) -> Operation:
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details.get("summary", ""),
        description=details.get("description", ""),
        parameters=tuple(_parameter(one) for one in details.get("parameters", [])),
        request=_kind(body["schema"]) if body else "",
        example=_example(body),
        told=_told(details["responses"]),
        answers=tuple(_answers(details["responses"])),
    )


def _example(body: dict[str, Any]) -> str:
    for example in body.get("examples", {}).values():
        return json.dumps(example["value"], indent=2, ensure_ascii=False)
    return ""


def _told(responses: dict[str, Any]) -> str:
    return _example(responses.get("200", {}).get("content", {}).get("application/json", {}))


def _answers(responses: dict[str, Any]) -> Iterator[AnswerOfOperation]:
    statuses: dict[str, list[str]] = {}
    for status, response in sorted(responses.items()):
        for content in response.get("content", {}).values():
            statuses.setdefault(_kind(content["schema"]), []).append(status)
    for shape, known in statuses.items():
        yield AnswerOfOperation(", ".join(known), shape)


def _parameter(one: dict[str, Any]) -> Row:
    name = f"{one['name']} ({one['in']})"
    return Row(name, _kind(one["schema"]), bool(one.get("required")), one.get("description", ""))


def _members(shape: dict[str, Any]) -> Iterator[Row]:
    for name, member in shape.get("properties", {}).items():
        yield Row(name, _kind(member), name in shape.get("required", ()), _note(member))


def _note(member: dict[str, Any]) -> str:
    """Without the list of choices that the generator adds: they stand beside it already."""
    return str(member.get("description", "")).partition("* `")[0].strip()


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: “list of MessageIn”, “text, at most 200 characters”."""
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[-1])
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[several]))
    if "enum" in schema:
        return " | ".join("null" if one is None else str(one) for one in schema["enum"] if one != "")
    return _simple(schema)


def _named(name: str) -> str:
    schema = openapi()["components"]["schemas"][name]
    return name if schema.get("type") == "object" else _kind(schema)


def _simple(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(_simple({**schema, "type": one}) for one in kind)
    if kind == "array":
        return f"list of {_kind(schema['items'])}" + _limit(schema, "maxItems", "items")
    words = {"string": "text", "integer": "whole number", "object": "object"}
    if kind == "string" and schema.get("format") == "date-time":
        return "time"
    return words.get(kind, kind) + (_limit(schema, "maxLength", "characters") if kind == "string" else "")


def _limit(schema: dict[str, Any], name: str, unit: str) -> str:
    return f", at most {schema[name]:,} {unit}" if name in schema else ""
