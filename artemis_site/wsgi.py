"""The door that gunicorn opens."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artemis_site.settings")
application = get_wsgi_application()
# Load every view before gunicorn forks its workers (--preload): they then share that memory.
get_resolver().url_patterns  # noqa: B018
