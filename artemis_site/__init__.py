"""Composition only: settings, site map, demo."""

# Imported with the settings, so that a task rung by the web finds this app's broker.
from artemis_site.celery import app as celery_app

__all__ = ["celery_app"]
