#!/usr/bin/env python
"""The door for commands: scripts/manage COMMAND, or python manage.py COMMAND inside the virtual environment."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artemis_site.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError
    except ImportError:
        sys.exit("Django is not installed for this Python: run scripts/demo once, then use scripts/manage.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        if _is_connected(error):
            raise
        sys.exit(_unreachable(error))


def _is_connected(error: Exception) -> bool:
    """A server that answered gives a code (a lock timeout, a full disk); one that never answered gives none."""
    return getattr(error.__cause__, "sqlstate", None) is not None


def _unreachable(error: Exception) -> str:
    if "DATABASE_URL-is-missing" in str(error):
        return "DATABASE_URL is missing: start the demo with scripts/demo, or set it; see .env.example."
    reason = " ".join(str(error).split())
    return f"The database cannot be reached: start it (scripts/demo starts one) or correct DATABASE_URL. ({reason})"


if __name__ == "__main__":
    main()
