"""retention: how long; what goes when, what stays and why, and what people may ask of us."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "retention"
