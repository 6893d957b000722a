"""Write moderators' decisions and annotations as labelled conversations: a supervisor's recorded act."""

import hashlib
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.row_scope import system_scope
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from referrals.named_accounts import named_accounts
from review.labels import Exported, export_labels
from review.policies import count
from scoring.key_providers import EvidenceUnreadable


class Command(BaseCommand):
    help = (
        "Writes decided conversations of a licensee as labelled JSON lines, which train_model --corpus reads. "
        "The file holds evidence: keep it as such, and delete it when it has served."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--licensee", required=True, metavar="SLUG", help="whose decisions")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the supervisor whose act this is")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="what the labels are for")
        parser.add_argument(
            "--output", required=True, type=Path, metavar="FILE", help="a file that is not there yet"
        )
        parser.add_argument(
            "--since", type=_start_of_day, metavar="DATE", help="decided on that day or later"
        )

    @system_scope("the licensee is named on the command line")
    def handle(self, *_: Any, **options: Any) -> None:
        licensee, person, output = _licensee(options["licensee"]), _person(options["by"]), options["output"]
        try:
            exported = export_labels(
                licensee=licensee,
                by=person,
                reason=options["reason"],
                output=output,
                since=options["since"],
                roles_of=named_accounts,
            )
        except (NotAllowed, NotPossible) as refusal:
            _record_refusal(licensee, person, refusal)
            raise CommandError(refusal.sentence) from None
        except EvidenceUnreadable as fault:
            raise CommandError(f"Nothing was written: {fault}") from None
        self.stdout.write(_summary(exported, output))
        self.stdout.write(f"SHA-256 {hashlib.sha256(output.read_bytes()).hexdigest()}")


def _summary(exported: Exported, output: Path) -> str:
    kinds = [f"{exported.labels[name]:,} {name}" for name in ("positive", "benign", "unlabelled")]
    left = [f"{number:,} {why}" for why, number in sorted(exported.left_out.items())]
    tail = f" Left out: {', '.join(left)}." if left else ""
    return f"{count(exported.conversations, 'conversation')} in {output}: {', '.join(kinds)}.{tail}"


def _record_refusal(licensee: Licensee, person: User, refusal: NotAllowed | NotPossible) -> None:
    with transaction.atomic():
        record(Verb.ATTEMPT_REFUSED, by=person, about=licensee.about(), reason=refusal.sentence)


def _licensee(slug: str) -> Licensee:
    licensee = Licensee.objects.filter(slug=slug).first()
    if licensee is None:
        raise CommandError(f"There is no licensee “{slug}”.")
    return licensee


def _person(email: str) -> User:
    person = User.objects.filter(email=email.lower(), is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody signs in as {email}. Name the supervisor whose act this is.")
    return person


def _start_of_day(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date such as 2026-03-02.") from None
