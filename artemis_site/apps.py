"""artemis_site: composition only, no rules."""

from django.apps import AppConfig


class ArtemisSiteConfig(AppConfig):
    name = "artemis_site"
