"""platforms: what platforms are asked to do, told by webhook and by cursor, and what they say they did."""

from django.apps import AppConfig


class PlatformsConfig(AppConfig):
    name = "platforms"
