"""Deploy checks: each mistake that loses evidence or opens a door, and how to mend it (manage.py check --deploy)."""

import os
import stat
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from referrals import signing
from scoring.key_providers import KEY_FILE, KeyUnavailable, key_provider
from scoring.models import ModelVersion


@register(Tags.security, deploy=True)
def keys_are_private(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    in_file = settings.ARTEMIS_KEY_PROVIDER.endswith(".file_keys")
    for name in (KEY_FILE, signing.KEY_FILE) if in_file else (signing.KEY_FILE,):
        path = settings.ARTEMIS_KEYS / name
        if not path.exists():
            hint = (
                "Run “manage.py create_keys” on a new installation; restore it from its backup on any other."
            )
            found.append(Error(f"The key file {path} is missing.", hint=hint, id="artemis.E001"))
        elif stat.S_IMODE(path.stat().st_mode) & 0o077:
            found.append(Error(f"Others may read {path}.", hint=f"chmod 600 {path}", id="artemis.E002"))
    return found


@register(Tags.security, deploy=True)
def evidence_can_be_sealed(**_: Any) -> list[CheckMessage]:
    try:
        key_provider().wrap(bytes(32))
    except (ImportError, KeyUnavailable) as fault:
        hint = (
            "ARTEMIS_KEY_PROVIDER names a function that returns the keys; docs/keys.md says which there are."
        )
        return [Error(f"No key-encryption key is at hand: {fault}", hint=hint, id="artemis.E007")]
    return []


@register(Tags.security, deploy=True)
def secrets_are_set(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not os.environ.get("SECRET_KEY"):
        hint = "Set SECRET_KEY to a long random value, the same for every web process."
        found.append(
            Error(
                "Each process has a secret of its own: people are signed out.", hint=hint, id="artemis.E003"
            )
        )
    if settings.ARTEMIS_SHOW_CODES:
        hint = "Take ARTEMIS_SHOW_CODES out of the environment: it is for the demo."
        found.append(
            Error(
                "The page that asks for a second factor also says what it is.", hint=hint, id="artemis.E008"
            )
        )
    if not settings.HTTPS:
        hint = "Put a TLS proxy in front and set ARTEMIS_HTTPS=on."
        found.append(Error("Cookies and evidence travel in clear.", hint=hint, id="artemis.E004"))
    return found


@register(Tags.security, deploy=True)
def webhooks_lead_outside(**_: Any) -> list[CheckMessage]:
    if not settings.ARTEMIS_WEBHOOK_PRIVATE:
        return []
    hint = "Leave it off unless the platforms themselves lie inside this house."
    what = "Webhooks of licensees may lead to private addresses and without TLS (ARTEMIS_WEBHOOK_PRIVATE)."
    return [Warning(what, hint=hint, id="artemis.W003")]


@register(Tags.database, deploy=True)
def the_model_is_deployable(**_: Any) -> list[CheckMessage]:
    demonstration = ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION, is_demonstration=True)
    if not demonstration.exists():
        return []
    hint = "Train one on a labelled corpus (manage.py train_model --corpus FILE…) and promote it."
    return [Error("The model that scores is for demonstration only.", hint=hint, id="artemis.E006")]


@register(Tags.database, deploy=True)
def the_application_owns_no_table(**_: Any) -> list[CheckMessage]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            " AND (pg_has_role(session_user, tableowner, 'MEMBER')"
            "      OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user))"
        )
        owned = cursor.fetchone()[0]
    if not owned:
        return []
    return [
        Error(
            f"The login of DATABASE_URL may act as the owner of {owned} tables, and so switch off their triggers.",
            hint="Give the application a login that is only a member of artemis_app; name the owner's in "
            "DATABASE_OWNER_URL for “manage.py migrate”.",
            id="artemis.E005",
        )
    ]
