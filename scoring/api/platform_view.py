"""What every view of the platforms' API has in common."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from licensees.models import ApiKey, Licensee
from scoring.api.problems import LengthRequired


class PlatformView(APIView):
    """Open to a platform's key; `scopes` names, for each method, the scope that the key must have."""

    scopes: ClassVar[dict[str, str]] = {}
    http_method_names = ["get", "head", "post", "delete"]

    def initial(self, request: Request, *arguments: Any, **named: Any) -> None:
        super().initial(request, *arguments, **named)
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            raise LengthRequired()


def key_of(request: Request) -> ApiKey:
    """The key that the request was made with; licensees/authentication.py lets nobody else in."""
    key = request.auth
    if not isinstance(key, ApiKey):
        raise TypeError("This view was opened to somebody other than a platform.")
    return key


def licensee_of(request: Request) -> Licensee:
    """The only licensee whose data this request may touch."""
    return key_of(request).licensee
