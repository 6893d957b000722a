"""artemis_site: composition only, no rules."""

from django.apps import AppConfig
from django.utils.module_loading import import_module


class ArtemisSiteConfig(AppConfig):
    name = "artemis_site"

    def ready(self) -> None:
        # Registers the deploy checks; they need the models, which are loaded by now.
        import_module("artemis_site.checks")
