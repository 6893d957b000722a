"""Train a model from labelled conversations and register it; promoting it is a person's act of its own."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.record import Machine
from scoring.corpora import CorpusError, read_records
from scoring.pipeline import Model
from scoring.registry import register
from scoring.training import DEMONSTRATION_SEED, TrainingError, train, train_demonstration

TRAINER = Machine("train_model")


class Command(BaseCommand):
    help = (
        "Trains a model and registers it with its digest. Without --corpus: on the neutral sample corpus that "
        "Artemis writes itself; such a model is for demonstration and is marked so everywhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--corpus",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="labelled JSON lines, any other form that scoring/corpora.py reads, or folders of such files",
        )
        parser.add_argument(
            "--negatives",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="further benign chat, in the same forms or as plain text",
        )
        parser.add_argument(
            "--subjects",
            type=Path,
            metavar="FILE",
            help="PAN-2012: the subject accounts, where not beside the XML",
        )
        parser.add_argument("--name", default="", help="how people will call this model")
        parser.add_argument("--seed", type=int, default=DEMONSTRATION_SEED)

    def handle(self, *_: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            model, card = self._trained(options)
        except (TrainingError, CorpusError) as fault:
            raise CommandError(f"Nothing was trained: {fault}") from None
        version = register(model=model, name=model.name, card=card, by=TRAINER)
        size = len(model.to_bytes()) / 1e6
        self.stdout.write(f"{version} is registered: {size:.1f} MB, {time.monotonic() - began:.0f} s.")
        self.stdout.write(f"SHA-256 {version.digest}")
        self.stdout.write(f"To score with it: manage.py promote_model {version.digest[:12]} --by EMAIL")

    def _trained(self, options: dict[str, Any]) -> tuple[Model, dict[str, Any]]:
        if not options["corpus"]:
            if options["negatives"]:
                raise CommandError(
                    "--negatives needs --corpus: the sample corpus brings its own benign part."
                )
            return train_demonstration(seed=options["seed"])
        files = [*options["corpus"], *(options["negatives"] or [])]
        name = options["name"] or options["corpus"][0].name.split(".")[0]
        return train(self._records(files, options), seed=options["seed"], name=name, demonstration=False)

    def _records(self, files: list[Path], options: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The records of each file; those of --negatives are benign whatever they say."""
        benign = set(options["negatives"] or [])
        for file in files:
            try:
                yield from self._counted(file, is_benign=file in benign, subjects=options["subjects"])
            except OSError as fault:
                raise CommandError(f"{file} cannot be read: {fault.strerror}.") from None

    def _counted(self, file: Path, *, is_benign: bool, subjects: Path | None) -> Iterator[dict[str, Any]]:
        records = read_records(file, label=0 if is_benign else None, subjects=subjects)
        for number, record in enumerate(records, start=1):
            if number % 1_000 == 0:
                self.stderr.write(f"{file.name}: {number:,} conversations read")
            yield record | {"label": 0} if is_benign else record
