"""Evaluate a model on labelled conversations and write its card; needs no server unless the model is registered."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from accounts.row_scope import system_scope
from audit.record import Machine
from scoring import registry
from scoring.corpora import CorpusError, read_suspicious_lines
from scoring.evaluation_card import canonical_card, card_of
from scoring.evaluation_corpora import Corpora, listed
from scoring.evaluation_page import render_page
from scoring.evaluation_prevalence import prevalence_of
from scoring.evaluation_run import DEFAULT_SEED, EvaluationError, Settings, evaluate
from scoring.evaluation_summary import summary_of
from scoring.models import ModelVersion
from scoring.pipeline import Model, ModelFileError
from scoring.training import TrainingError

EVALUATOR = Machine("evaluate_model")


class Command(BaseCommand):
    help = (
        "Evaluates a model on labelled conversations and writes the card as JSON and as one HTML page. A model file "
        "or --cross-validate needs nothing else to run; a name or a digest reads the registry, and the card is kept "
        "there too. The same files, model and seed give the same card to the byte."
    )
    # A person who has the files alone, and no server, must be able to do this.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--model", default="", metavar="NAME|DIGEST|FILE", help="without it: the model that scores now")
        add("--corpus", nargs="+", type=Path, required=True, metavar="FILE", help="labelled conversations")
        add("--negatives", nargs="+", type=Path, metavar="FILE", help="further benign chat, in any form")
        add(
            "--unseen-negatives",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="benign chat that --cross-validate never trains on",
        )
        add(
            "--cross-validate",
            type=int,
            metavar="K",
            help="train and evaluate K models, by author-disjoint folds",
        )
        add("--threshold", type=_share, default=0.5, help="what counts as flagged; fix it beforehand (0.5)")
        add("--early", action="store_true", help="judge window by window: how early a warning comes")
        add("--attacks", action="store_true", help="judge positive conversations again, misspelt")
        add(
            "--peers", action="store_true", help="plain classifiers on the same folds (with --cross-validate)"
        )
        add("--subjects", type=Path, metavar="FILE", help="PAN-2012's list of subject accounts")
        add("--lines", type=Path, metavar="FILE", help="PAN-2012's list of suspicious lines")
        add("--prevalence", type=_prevalence, default=1e-4, metavar="1/N", help="expected in use (1/10000)")
        add("--conversations-a-day", type=_number, default=100_000, metavar="N", help="in use (100000)")
        add("--seed", type=int, default=DEFAULT_SEED)
        add("--json", type=Path, metavar="OUT", help="where to write the card")
        add("--html", type=Path, metavar="OUT", help="where to write the page")

    @system_scope("which policies are in use")
    def handle(self, *_: Any, **options: Any) -> None:
        began = time.monotonic()
        _check_together(options)
        try:
            card, version = self._evaluated(options)
        except (CorpusError, EvaluationError, TrainingError) as fault:
            raise CommandError(f"Nothing was evaluated: {fault}") from None
        self._write(options["json"], canonical_card(card))
        self._write(options["html"], render_page(card).encode())
        for line in summary_of(card):
            self.stdout.write(line)
        if version is not None:
            self._keep(version, card)
        self._tell(f"evaluated in {time.monotonic() - began:.0f} s")

    def _evaluated(self, options: dict[str, Any]) -> tuple[dict[str, Any], ModelVersion | None]:
        files = [
            *listed(options["corpus"], "corpus"),
            *listed(options["negatives"], "negatives"),
            *listed(options["unseen_negatives"], "unseen_negatives"),
        ]
        corpora = Corpora(tuple(files), options["subjects"], self._tell)
        version, model = (None, None) if options["cross_validate"] else _model(options["model"])
        return card_of(evaluate(corpora, _settings(options), model)), version

    def _keep(self, version: ModelVersion, card: dict[str, Any]) -> None:
        kept = registry.keep_evaluation(
            model_id=version.pk, card=card, corpus_digest=card["evaluated"]["digest"], by=EVALUATOR
        )
        self.stdout.write(f"The registry keeps this as {kept}.")

    def _write(self, path: Path | None, content: bytes) -> None:
        if path is None:
            return
        try:
            path.write_bytes(content)
        except OSError as fault:
            raise CommandError(f"{path} cannot be written: {fault.strerror}. Choose another place.") from None
        self.stdout.write(f"{path} is written.")

    def _tell(self, sentence: str) -> None:
        self.stderr.write(sentence)


def _settings(options: dict[str, Any]) -> Settings:
    lines = options["lines"]
    return Settings(
        seed=options["seed"],
        threshold=options["threshold"],
        cross_validate=options["cross_validate"],
        early=options["early"],
        attacks=options["attacks"],
        peers=options["peers"],
        prevalence=options["prevalence"],
        conversations_a_day=options["conversations_a_day"],
        lines=_lines(lines) if lines else None,
    )


def _lines(path: Path) -> frozenset[tuple[str, str]]:
    try:
        return read_suspicious_lines(path)
    except OSError as fault:
        raise CommandError(f"{path} cannot be read: {fault.strerror}.") from None


def _check_together(options: dict[str, Any]) -> None:
    if options["cross_validate"] is not None and options["cross_validate"] < 2:
        raise CommandError("--cross-validate needs at least 2 folds.")
    if options["cross_validate"] and options["model"]:
        raise CommandError(
            "--cross-validate trains its own models: leave out --model, or leave out the folds."
        )
    if options["peers"] and not options["cross_validate"]:
        raise CommandError("--peers needs --cross-validate: a peer must be trained on the other folds.")
    if options["unseen_negatives"] and not options["cross_validate"]:
        raise CommandError(
            "--unseen-negatives needs --cross-validate: a finished model has seen none: use --negatives."
        )


def _model(named: str) -> tuple[ModelVersion | None, Model]:
    path = Path(named)
    if named and (path.is_file() or path.suffix == ".npz"):
        return None, _from_file(path)
    try:
        return registry.champion() if not named else _registered(named)
    except DatabaseError:
        raise CommandError(
            "The registry cannot be reached: start the servers (scripts/demo), or name a model file with --model."
        ) from None
    except registry.NoChampion:
        raise CommandError(
            "No model scores yet: name one with --model (a registered name, a digest or a file), or use "
            "--cross-validate."
        ) from None


def _from_file(path: Path) -> Model:
    try:
        return Model.from_bytes(path.read_bytes())
    except OSError as fault:
        raise CommandError(f"{path} cannot be read: {fault.strerror}.") from None
    except ModelFileError as fault:
        raise CommandError(f"{path} is not a model: {fault}") from None


def _registered(named: str) -> tuple[ModelVersion, Model]:
    """The newest model of this name, else the one whose digest begins so."""
    version = ModelVersion.objects.filter(name=named).order_by("-created_at", "-pk").first()
    if version is None:
        found = list(ModelVersion.objects.filter(digest__startswith=named.lower())[:2])
        if len(found) != 1:
            raise CommandError(_not_found(named, ambiguous=bool(found)))
        version = found[0]
    model = registry.model_of(version.pk)
    if model is None:
        raise CommandError(
            f"The bytes of {version} are not those that were registered, or cannot be read any more."
        )
    return version, model


def _not_found(named: str, *, ambiguous: bool) -> str:
    if ambiguous:
        return f"Several models have a digest that begins with {named}: write more of it."
    known = ", ".join(str(version) for version in ModelVersion.objects.order_by("-created_at", "-pk")[:5])
    return f"No model is called {named}, none has that digest and no such file exists. Registered: {known or 'none'}."


def _share(written: str) -> float:
    value = float(written)
    if not 0 < value < 1:
        raise ArgumentTypeError("a threshold lies between 0 and 1.")
    return value


def _prevalence(written: str) -> float:
    try:
        return prevalence_of(written)
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError("write it as 1/10000 or 0.0001, over 0 and under 1.") from None


def _number(written: str) -> float:
    value = float(written.replace(",", "").replace("_", ""))
    if not 0 < value < 1e12:
        raise ArgumentTypeError("write how many conversations there are in a day.")
    return value
