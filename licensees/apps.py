"""licensees: for whom."""

from django.apps import AppConfig


class LicenseesConfig(AppConfig):
    name = "licensees"
