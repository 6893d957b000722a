"""How a platform says who it is: `Authorization: Bearer artemis_live_<prefix>_<secret>`."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.row_scope import Kind, show_rows_of, system_scope
from licensees.models import ApiKey, Licensee
from licensees.networks import check_network
from licensees.policies import NotAccepting, why_refused
from licensees.rate_limits import check_wrong_keys, count_wrong_key
from licensees.signed_calls import check_signature

HOW = "Send the header “Authorization: Bearer <key>” with a key that an admin issued for this platform."


class Platform:
    """The principal of a request made with a key. It is not a person: it has no roles and no session."""

    is_authenticated = True
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk = key.actor_name


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Platform, ApiKey]:
        words = get_authorization_header(request).decode("latin-1").split()
        if len(words) != 2 or words[0].lower() != "bearer":
            raise AuthenticationFailed(f"No API key was sent. {HOW}")
        check_wrong_keys(request)
        try:
            with system_scope("whose key this is"):
                key = _find(words[1])
        except AuthenticationFailed:
            count_wrong_key(request)
            raise
        show_rows_of([key.licensee_id], kind=Kind.PLATFORM)
        check_network(request, key)
        check_signature(request, key)
        _note_use(key)
        return Platform(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="artemis"'


class IsPlatform(BasePermission):
    """The key's licensee is in test or live, as the key is; and the key has the scope that the view names."""

    # rest_framework.views imports this module, so its APIView cannot be named here.
    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        # Where a platform asks how it stands, it is told so in every state; what it is to do, also while suspended.
        refused = why_refused(key.licensee, mode=key.mode)
        if refused and not _is_open_all_the_same(key, view):
            raise NotAccepting(refused, about=key.licensee.about())
        scope: Any = getattr(view, "scopes", {}).get(request.method)
        if scope and scope not in key.scopes:
            raise PermissionDenied(f"This key lacks the scope “{scope}”. Ask an admin for a key that has it.")
        return True


def _is_open_all_the_same(key: ApiKey, view: Any) -> bool:
    is_suspended = key.licensee.state == Licensee.State.SUSPENDED
    return getattr(view, "open_in_every_state", False) or (
        is_suspended and getattr(view, "open_while_suspended", False)
    )


def _find(text: str) -> ApiKey:
    parts = text.split("_", 3)
    key = (
        ApiKey.objects.select_related("licensee").filter(prefix=parts[2]).first()
        if len(parts) == 4 and parts[0] == "artemis"
        else None
    )
    if key is None or not key.matches(parts[3]):
        raise AuthenticationFailed(f"This API key is not known. {HOW}")
    if not key.is_live:
        raise AuthenticationFailed("This API key was revoked or has expired. Ask an admin for a new one.")
    return key


def _note_use(key: ApiKey) -> None:
    """At most one write a minute for each key, so that a busy platform does not queue on its own key's row."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
