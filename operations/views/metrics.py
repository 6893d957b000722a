"""/metrics for Prometheus, and /health/ready for load balancers."""

import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from accounts.access import PUBLIC, access
from operations.exposition import CONTENT_TYPE_LATEST, exposed
from operations.measuring import measure
from scoring.key_providers import KeyUnavailable, key_provider


@access(PUBLIC)
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has ARTEMIS_METRICS_TOKEN; to all others, and where there is none, this page does not exist."""
    token = settings.ARTEMIS_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise Http404
    return HttpResponse(exposed(measure()), content_type=CONTENT_TYPE_LATEST)


@access(PUBLIC)
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """503 where this process should get no requests: no database, an older schema than its code, no key."""
    missing = list(filter(None, [_of_the_database(), _of_the_keys()]))
    return JsonResponse(
        {"status": "not ready" if missing else "ready", "missing": missing}, status=503 if missing else 200
    )


def _of_the_database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "database"
    return "migrations" if waiting else ""


def _of_the_keys() -> str:
    try:
        return "" if key_provider().key_id else "keys"
    except (KeyUnavailable, ImportError):
        return "keys"
