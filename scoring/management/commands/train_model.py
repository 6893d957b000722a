"""Train a model from labelled conversations and register it; promoting it is a person's act of its own."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from accounts.row_scope import system_scope
from audit.record import Machine
from scoring.corpora import CorpusError, read_records
from scoring.pipeline import Model
from scoring.progress_line import ProgressLine
from scoring.registry import register
from scoring.training import DEMONSTRATION_SEED, TrainingError, train, train_demonstration
from scoring.training_data import Progress
from scoring.training_words import sentences_of

TRAINER = Machine("train_model")
ENDING = ".npz"


class Command(BaseCommand):
    help = (
        "Trains a model and registers it with its digest, or with --output writes it to a file, for which no server "
        "is needed. Without --corpus: on the neutral sample corpus that Artemis writes itself; such a model is for "
        "demonstration and is marked so everywhere. The same files in the same order and seed give the same model to "
        "the byte."
    )
    # A person who has the files alone, and no server, must be able to do this.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--corpus",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="labelled JSON lines, any other form that scoring/corpora.py reads, or folders of such files",
        )
        add(
            "--negatives",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="further benign chat, in the same forms or as plain text",
        )
        add(
            "--subjects",
            type=Path,
            metavar="FILE",
            help="PAN-2012: the subject accounts, where not beside the XML",
        )
        add("--name", default="", help="how people will call this model")
        add("--seed", type=int, default=DEMONSTRATION_SEED)
        add(
            "--output",
            type=Path,
            metavar="FILE",
            help=f"write the model to FILE{ENDING} and register nothing",
        )

    @system_scope("the demonstration flag of models")
    def handle(self, *_: Any, **options: Any) -> None:
        began = time.monotonic()
        _check(options)
        with ProgressLine(self.stderr) as line:
            try:
                model, card = _trained(options, line.show)
            except (TrainingError, CorpusError) as fault:
                raise CommandError(f"Nothing was trained: {fault}") from None
        kept = self._written(model, options["output"]) if options["output"] else _registered(model, card)
        for sentence in sentences_of(card):
            self.stdout.write(sentence)
        size, seconds = len(model.to_bytes()) / 1e6, time.monotonic() - began
        self.stdout.write(f"{kept}: {size:.1f} MB, {seconds:.0f} s.\nSHA-256 {model.digest}")
        for sentence in _next(model, options):
            self.stdout.write(sentence)

    def _written(self, model: Model, path: Path) -> str:
        """Write beside the place first, so that nothing half-written is ever there."""
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(model.to_bytes())
            beside.replace(path)
        except OSError as fault:
            beside.unlink(missing_ok=True)
            raise CommandError(f"{path} cannot be written: {fault.strerror}. Choose another place.") from None
        return f"{path} is written"


def _check(options: dict[str, Any]) -> None:
    """Say what cannot work before anything is read: training may take hours."""
    if options["negatives"] and not options["corpus"]:
        raise CommandError("--negatives needs --corpus: the sample corpus brings its own benign part.")
    for path in _files(options):
        if not path.exists():
            raise CommandError(f"{path} does not exist. Nothing was trained.")
    output = options["output"]
    if output and output.suffix != ENDING:
        raise CommandError(f"Let the name of the file end in {ENDING}: evaluate_model knows a model by it.")
    if output and (not output.parent.is_dir() or output.is_dir()):
        raise CommandError(f"{output} cannot be written: name a file in a folder that exists.")


def _files(options: dict[str, Any]) -> list[Path]:
    return [*(options["corpus"] or []), *(options["negatives"] or [])]


def _trained(options: dict[str, Any], progress: Progress) -> tuple[Model, dict[str, Any]]:
    if not options["corpus"]:
        return train_demonstration(seed=options["seed"], progress=progress)
    name = options["name"] or options["corpus"][0].name.split(".")[0] or "model"
    records = _records(options["corpus"], options["negatives"] or [], options["subjects"])
    return train(records, seed=options["seed"], name=name, demonstration=False, progress=progress)


def _records(
    corpus: Iterable[Path], negatives: Iterable[Path], subjects: Path | None
) -> Iterator[dict[str, Any]]:
    """The records of each file; those of `negatives` are benign whatever they say."""
    try:
        for file in corpus:
            yield from read_records(file, subjects=subjects)
        for file in negatives:
            for record in read_records(file, label=0, subjects=subjects):
                yield record | {"label": 0}
    except OSError as fault:
        raise CommandError(
            f"{fault.filename or 'A file'} cannot be read: {fault.strerror or fault}."
        ) from None


def _registered(model: Model, card: dict[str, Any]) -> str:
    try:
        return f"{register(model=model, name=model.name, card=card, by=TRAINER)} is registered"
    except DatabaseError:
        raise CommandError(
            "The model is trained, but the registry cannot be reached: start the servers (scripts/demo), or write "
            "the model to a file with --output."
        ) from None


def _next(model: Model, options: dict[str, Any]) -> Iterator[str]:
    output = options["output"]
    named = quote(str(output)) if output else model.digest[:12]
    yield f"To evaluate it: manage.py evaluate_model --model {named} --corpus FILE --html card.html"
    if output:
        register_it = "the same command without --output trains the same bytes and registers them"
        yield f"To score with it: {register_it}; then manage.py promote_model {model.digest[:12]} --by EMAIL"
    else:
        yield f"To score with it: manage.py promote_model {named} --by EMAIL"
