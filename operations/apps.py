"""operations: what keeps it running for years: backup and restore."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"
