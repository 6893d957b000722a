"""Make a registered model the one that scores: a person's act, so it names the person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from scoring.models import ModelVersion
from scoring.registry import promote


class Command(BaseCommand):
    help = "Promotes the registered model whose digest begins with DIGEST."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("digest", help="the first characters of the model's SHA-256")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the admin whose act this is")

    def handle(self, *_: Any, digest: str, by: str, **__: Any) -> None:
        admin = User.objects.filter(email=by.lower()).first()
        if admin is None or not admin.has_role(Role.ADMIN):
            raise CommandError(f"{by} is not an admin. Name the person who promotes this model.")
        found = list(ModelVersion.objects.filter(digest__startswith=digest.lower())[:2])
        if len(found) != 1:
            raise CommandError(f"{'Several models begin' if found else 'No model begins'} with {digest}.")
        try:
            version = promote(model_id=found[0].pk, by=admin)
        except NotPossible as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(f"{version} scores from now on.")
