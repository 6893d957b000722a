"""accounts: who acts."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db.models.signals import post_migrate

from accounts.roles import Role
from accounts.server_cursors import use_scoped_server_cursors


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        post_migrate.connect(create_role_groups, sender=self)
        use_scoped_server_cursors()


def create_role_groups(*, apps: Apps, using: str, **_: Any) -> None:
    """Each role is a group; creating them again changes nothing."""
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role in Role:
        groups.get_or_create(name=role.value)
