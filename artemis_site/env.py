"""Reads the environment for settings.py: each function returns one setting or says in a sentence what is missing."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from accounts.row_scope import ScopedCursor

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS_FILE = "settings.env"

# Programs that serve people or take work: they refuse to start half-configured. Any other program
# (manage.py check, mypy, a benchmark) may load the settings with no server; connecting then fails clearly.
SERVING_PROGRAMS = frozenset({"gunicorn", "celery", "uwsgi", "uvicorn", "granian", "daphne", "mod_wsgi"})
SERVING_COMMANDS = frozenset({"runserver"})
# The command that seals the trail logs in with a login of its own.
SEALER_COMMANDS = frozenset({"seal_audit"})
# Commands of manage.py that change tables or triggers: they log in as the owner of the tables.
SCHEMA_COMMANDS = frozenset({"migrate", "sqlmigrate", "createcachetable", "flush", "pgtrigger"})

MISSING = "{name} is missing: start the demo with scripts/demo, or set it; see .env.example."


def data_folder() -> Path:
    """Where this installation keeps its files; the demo also keeps its servers there."""
    return folder("ARTEMIS_DATA", default=REPOSITORY / "var" / "demo")


def load_settings_file() -> None:
    """Let a command typed by hand reach the running demo: fill what is not set from its settings file."""
    try:
        lines = (data_folder() / SETTINGS_FILE).read_text().splitlines()
    except OSError:
        return
    for line in lines:
        name, assigned, value = line.partition("=")
        if assigned and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def secret_key() -> str:
    """Signs sessions. A program that serves nobody gets a random key of its own."""
    return os.environ.get("SECRET_KEY") or _absent("SECRET_KEY", instead=secrets.token_urlsafe(50))


# --- PostgreSQL ----------------------------------------------------------------------------------


def database() -> dict[str, Any]:
    """The DATABASES entry: the owner of the tables for schema commands, else a role that owns nothing."""
    if acts_as_owner():
        return database_entry(database_owner_url())
    if manage_command() in SEALER_COMMANDS:
        return database_entry(database_sealer_url(), role=sealer_role())
    return database_entry(database_url(), role=database_role())


def acts_as_owner() -> bool:
    return os.environ.get("ARTEMIS_DATABASE_LOGIN") == "owner" or manage_command() in SCHEMA_COMMANDS


def database_url() -> str:
    """The login of the application."""
    return os.environ.get("DATABASE_URL") or _absent(
        "DATABASE_URL", instead="postgresql:///artemis?host=/DATABASE_URL-is-missing"
    )


def database_owner_url() -> str:
    """The login that owns the tables; with a single login, that one."""
    return os.environ.get("DATABASE_OWNER_URL") or database_url()


def database_sealer_url() -> str:
    """The login that seals the trail; with a single login, that one."""
    return os.environ.get("DATABASE_SEALER_URL") or database_url()


def database_role() -> str:
    """The role that every connection of the application assumes after its login; empty switches that off."""
    return _role("ARTEMIS_DATABASE_ROLE", default="artemis_app")


def sealer_role() -> str:
    """The only role that may add to the tree over the trail."""
    return _role("ARTEMIS_SEALER_ROLE", default="artemis_sealer")


def _role(name: str, *, default: str) -> str:
    role = os.environ.get(name, default)
    if role and not role.isidentifier():
        raise ImproperlyConfigured(f"{name} must be a plain name: letters, digits and underscores.")
    return role


def database_entry(url: str, *, role: str = "") -> dict[str, Any]:
    """Translate a PostgreSQL URL, with any parameter that libpq knows, into Django's form."""
    parameters = _parsed(url)
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.pop("dbname", ""),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        # One lasting connection per thread: as fast as a pool here, and nothing to carry across a fork.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parameters | (application_options(role) if role else {}),
    }
    if not entry["NAME"]:
        raise ImproperlyConfigured(
            "DATABASE_URL names no database: write postgresql://login:password@host/artemis."
        )
    return entry


def application_options(role: str) -> dict[str, Any]:
    """Assume the role, say in each transaction for whom it asks, and hold rows for long in none."""
    seconds = number("ARTEMIS_STATEMENT_TIMEOUT", default=60)
    return {
        "assume_role": role,
        "cursor_factory": ScopedCursor,
        "options": f"-c statement_timeout={seconds}s -c idle_in_transaction_session_timeout=60s",
    }


def _parsed(url: str) -> dict[str, Any]:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgresql:// because Artemis keeps its promises with PostgreSQL only."
        )
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:
        # The original message repeats parts of the URL, which may be the password.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: percent-encode special characters in its password, see .env.example."
        ) from None


# --- Redis or Valkey -----------------------------------------------------------------------------


def redis_url() -> str:
    """The URL for redis-py: redis://…, rediss://… or unix://:password@/path?db=0."""
    url = os.environ.get("REDIS_URL") or _absent("REDIS_URL", instead="unix:///REDIS_URL-is-missing?db=0")
    parts = urlsplit(url)
    if parts.scheme == "redis+socket":
        return _with_query(
            url,
            scheme="unix",
            query={"db": dict(parse_qsl(parts.query)).get("virtual_host", "0")},
        )
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(
            "REDIS_URL must start with redis://, rediss:// or unix://; see .env.example."
        )
    return url


def celery_broker_url() -> str:
    """The same place in kombu's spelling, which differs for a Unix socket."""
    url = redis_url()
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = dict(parse_qsl(parts.query)).get("db", "0")
    return _with_query(url, scheme="redis+socket", query={"virtual_host": database})


def _with_query(url: str, *, scheme: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{scheme}://{parts.netloc}{quote(unquote(parts.path))}?{parameters}"


# --- Plain values --------------------------------------------------------------------------------


def text(name: str, *, default: str) -> str:
    return os.environ.get(name, default)


def number(name: str, *, default: int) -> int:
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, but is “{value}”.") from None


def switch(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, but is “{value}”.")


def names(name: str, *, default: str) -> list[str]:
    """A list written with commas."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def folder(name: str, *, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().absolute()


# --- Which program is asking ---------------------------------------------------------------------


def manage_command() -> str:
    """The word after manage.py, or nothing when another program loads the settings."""
    return sys.argv[1] if _program() in {"manage.py", "django-admin", "django"} and len(sys.argv) > 1 else ""


def _program() -> str:
    path = Path(sys.argv[0] if sys.argv else "")
    return path.parent.name if path.name == "__main__.py" else path.name


def _absent(name: str, *, instead: str) -> str:
    if _program() in SERVING_PROGRAMS or manage_command() in SERVING_COMMANDS:
        raise ImproperlyConfigured(MISSING.format(name=name))
    return instead
