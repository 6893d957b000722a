"""The platforms' API, version 1."""

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from scoring.api.bulk import bulk, one_job
from scoring.api.conversations import conversations, one_conversation
from scoring.api.docs import docs
from scoring.api.me import me
from scoring.api.reports import reports
from scoring.api.schema import schema


class ExternalIdConverter(PathConverter):
    """A platform's own id may hold anything that fits in an address, slashes and line breaks too."""

    regex = r"(?s:.+)"


register_converter(ExternalIdConverter, "external_id")

app_name = "scoring_api"
urlpatterns = [
    path("conversations", conversations, name="conversations"),
    path("conversations/bulk", bulk, name="bulk"),
    path("jobs/<uuid:job_id>", one_job, name="job"),
    path("conversations/<external_id:external_id>", one_conversation, name="conversation"),
    path("reports", reports, name="reports"),
    path("me", me, name="me"),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
]
