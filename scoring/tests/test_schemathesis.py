"""Schemathesis on the OpenAPI document: bodies, paths and headers that fit it and that do not, against the real API.

It judges each answer by the document: no fault of ours, a documented status, content type and form; what fits is taken,
and what does not fit is refused. ARTEMIS_SCHEMATHESIS=1000 for as many examples of each operation and mode.
"""

import json
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from licensees.models import Licensee
from scoring.api.schema import openapi
from scoring.tests.sending import Platform

EXAMPLES = int(os.environ.get("ARTEMIS_SCHEMATHESIS", "15"))
DOCUMENT = openapi()
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
# A batch of which some is taken says so of each item; what no schema can say (a time before 1990 or in the future, NUL
# in an id) is refused with the fault named.
JUDGED_BY_ITEM = {207: negative_data_rejection, 422: positive_data_acceptance}


@schemathesis.serializer("application/x-ndjson")
def as_it_is(_: Any, value: Any) -> bytes:
    """Lines: what is no text is one line of JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


BY_CHANCE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_api_is_as_its_document_says(
    path: str, method: str, mode: GenerationMode, northwind: Licensee, live_server: Any
):
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    headers = {"Authorization": f"Bearer {Platform(northwind).secret}"}
    tried = []

    @BY_CHANCE
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    def judge(case: Any) -> None:
        # The bodies are as they are: none is packed.
        case.headers.pop("Content-Encoding", None)
        answer = case.call(base_url=live_server.url, headers=headers)
        tried.append(answer.status_code)
        excluded = [JUDGED_BY_ITEM[answer.status_code]] if answer.status_code in JUDGED_BY_ITEM else []
        if method == "get" or path.endswith("/bulk"):
            # A query that the document does not name is passed over; lines are judged one by one, by their job.
            excluded.append(negative_data_rejection)
        case.validate_response(answer, headers=headers, excluded_checks=excluded)

    judge()
    assert len(tried) >= 1
