"""artemis_site: composition only, no rules."""

from importlib import import_module

from django.apps import AppConfig


class ArtemisSiteConfig(AppConfig):
    name = "artemis_site"

    def ready(self) -> None:
        # Registers the deploy checks; they need the models, which are loaded by now.
        import_module("artemis_site.checks")
        import_module("artemis_site.trail_checks")
