"""Say which registered model scores and which is compared: a person's act, so it names the person."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.command_line import admin_named
from accounts.models import User
from accounts.row_scope import system_scope
from audit.transitions import NotPossible
from scoring.models import ModelVersion
from scoring.registry import name_challenger, promote, roll_back, withdraw_challenger

State = ModelVersion.State


class Command(BaseCommand):
    help = (
        "Lets the registered model whose digest begins with DIGEST score from now on; with --challenger it is compared "
        "with the one that scores instead. --rollback brings the former champion back, --withdraw ends the comparison."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "digest", nargs="?", default="", help="the model's name, or the first characters of its SHA-256"
        )
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the admin whose act this is")
        act = parser.add_mutually_exclusive_group()
        act.add_argument(
            "--challenger", action="store_true", help="compare it with the champion, flag nothing"
        )
        act.add_argument("--rollback", action="store_true", help="bring back the champion before this one")
        act.add_argument("--withdraw", action="store_true", help="end the comparison with the challenger")

    @system_scope("conversations of every licensee are scored anew")
    def handle(self, *_: Any, **options: Any) -> None:
        admin = admin_named(options["by"])
        digest = options["digest"]
        if options["rollback"]:
            version = _act(roll_back, _named(digest) if digest else _in_state(State.CHAMPION), admin)
            said = "scores again."
        elif options["withdraw"]:
            version = _act(
                withdraw_challenger, _named(digest) if digest else _in_state(State.CHALLENGER), admin
            )
            said = "is no longer compared."
        elif options["challenger"]:
            version, said = (
                _act(name_challenger, _named(digest), admin),
                "is compared with the champion from now on.",
            )
        else:
            version, said = _act(promote, _named(digest), admin), "scores from now on."
        self.stdout.write(f"{version} {said}")


def _act(verb: Callable[..., ModelVersion], version: ModelVersion, by: User) -> ModelVersion:
    try:
        return verb(model_id=version.pk, by=by)
    except NotPossible as refusal:
        raise CommandError(refusal.sentence) from None


def _named(named: str) -> ModelVersion:
    """The one model of this name, else the one whose digest begins so."""
    if not named:
        raise CommandError("Which model? Name it by the first characters of its SHA-256.")
    for known in ({"name": named}, {"digest__startswith": named.lower()}):
        found = list(ModelVersion.objects.filter(**known).order_by("-created_at", "-pk")[:5])
        if len(found) == 1:
            return found[0]
        if found:
            which = ", ".join(str(version) for version in found)
            raise CommandError(f"Several models are called so: {which}. Give more of the SHA-256.")
    raise CommandError(f"No model begins with {named}.")


def _in_state(state: State) -> ModelVersion:
    version = ModelVersion.objects.filter(state=state).first()
    if version is None:
        raise CommandError(f"No model is {state.label.lower()}. Nothing was changed.")
    return version
