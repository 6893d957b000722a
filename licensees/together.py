"""Several questions in one statement: a page goes to the database once for all that it shows beside the conversation.

Each question is an ordinary queryset. Its rows travel as JSON in a column of their own, in the queryset's order, and
become what the queryset would have answered: objects with what they join and what is annotated, or values.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesIterable,
    get_related_populators,
)
from django.db.models.sql.compiler import SQLCompiler

# How a column of this kind comes out of PostgreSQL's JSON; all others are what they were.
READERS: Mapping[type[Any], Callable[[Any], Any]] = {
    models.DateTimeField: datetime.fromisoformat,
    models.DateField: date.fromisoformat,
    models.UUIDField: UUID,
    models.BinaryField: lambda written: bytes.fromhex(written[2:]),
}

# Of a function in PostgreSQL. A row with more columns travels in parts.
MOST_ARGUMENTS = 100


@dataclass(frozen=True)
class Statement:
    """A question that is written in SQL; its rows come as lists of what JSON knows."""

    sql: str
    parameters: Mapping[str, Any]
    columns: int


class Shape:
    """A queryset that is compiled once for a process; only one value of it, an id, differs from time to time."""

    PLACE = -9_223_372_036_854_775_807

    def __init__(self, build: Callable[[int], models.QuerySet[Any, Any]]) -> None:
        self._build = build

    @cached_property
    def _compiled(self) -> "_Compiled":
        return _Compiled(self._build(self.PLACE))

    def about(self, value: int) -> "_Compiled":
        question = copy(self._compiled)
        question.parameters = tuple(value if one == self.PLACE else one for one in question.parameters)
        return question


def ask(**questions: "Question") -> dict[str, list[Any]]:
    """{name: rows} of all the questions, which see the same state of the database."""
    return _ask([], questions)


def lock_and_ask(*locks: Statement, **questions: "Question") -> dict[str, list[Any]]:
    """The same after the locks, taken in their order and sent along in one journey. Each is a statement of its own: the
    questions see what was committed while a lock was waited for."""
    return _ask(locks, questions)


def _ask(locks: Sequence[Statement], questions: Mapping[str, "Question"]) -> dict[str, list[Any]]:
    compiled = {name: _compiled(question) for name, question in questions.items()}
    open_ones = {name: question for name, question in compiled.items() if question.sql}
    answers: dict[str, list[Any]] = {name: [] for name in compiled}
    if not open_ones:
        return answers
    columns = ", ".join(question.column for question in open_ones.values())
    parameters = [value for question in open_ones.values() for value in question.parameters]
    before = [_Written(lock) for lock in locks]
    first = [value for lock in before for value in lock.parameters]
    with connection.cursor() as cursor:
        statements = [*(lock.sql for lock in before), f"SELECT {columns}"]
        cursor.execute("; ".join(statements), [*first, *parameters])
        for _ in before:
            cursor.nextset()
        told = cursor.fetchone()
    for (name, question), text in zip(open_ones.items(), told, strict=True):
        answers[name] = question.read(json.loads(text)) if text else []
    return answers


def _column(sql: str, width: int) -> str:
    """One value: the rows as a JSON array, in their order."""
    names = [f"c{place}" for place in range(width)]
    row = _array(names)
    if width > MOST_ARGUMENTS:
        row = _array([_array(names[at : at + MOST_ARGUMENTS]) for at in range(0, width, MOST_ARGUMENTS)])
    return f"(SELECT json_agg({row})::text FROM ({sql}) AS answer ({', '.join(names)}))"  # noqa: S608


def _array(names: Iterable[str]) -> str:
    return f"json_build_array({', '.join(names)})"


@cache
def _by_place(sql: str) -> tuple[str, list[str]]:
    """The statement with its parameters by place, as Django's compiled ones have them, and their names."""
    return re.sub(r"%\(\w+\)s", "%s", sql), re.findall(r"%\((\w+)\)s", sql)


class _Written:
    def __init__(self, statement: Statement) -> None:
        self.sql, names = _by_place(statement.sql)
        self.parameters = [statement.parameters[name] for name in names]
        self.column = _column(self.sql, statement.columns)

    def read(self, written: list[Any]) -> list[Any]:
        return written


class _Compiled:
    """A queryset, its statement, and how its rows are read."""

    def __init__(self, queryset: models.QuerySet[Any, Any]) -> None:
        self.queryset = queryset
        self.compiler: SQLCompiler = queryset.query.get_compiler(using=queryset.db)
        try:
            self.sql, self.parameters = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.parameters = "", ()

    @cached_property
    def column(self) -> str:
        return _column(self.sql, len(self.compiler.select))

    def read(self, written: Iterable[Sequence[Any]]) -> list[Any]:
        readers = [_reader(expression) for expression, *_ in self.compiler.select]
        if len(readers) > MOST_ARGUMENTS:
            written = [[value for part in row for value in part] for row in written]
        rows = [
            tuple(None if value is None else read(value) for read, value in zip(readers, row, strict=True))
            for row in written
        ]
        kind = self.queryset._iterable_class
        if kind is ModelIterable:
            return self._objects(rows)
        if kind is ValuesIterable:
            names = list(self.queryset.query.selected or ())
            return [dict(zip(names, row, strict=True)) for row in rows]
        return [row[0] for row in rows] if kind is FlatValuesListIterable else rows

    def _objects(self, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
        """As Django's own ModelIterable does it, from rows that are here already."""
        about = self.compiler.klass_info
        first, end = about["select_fields"][0], about["select_fields"][-1] + 1
        names = [field.target.attname for field, *_ in self.compiler.select[first:end]]
        populators = get_related_populators(about, self.compiler.select, self.queryset.db)  # type: ignore[call-arg]
        found = []
        for row in rows:
            one = about["model"].from_db(self.queryset.db, names, row[first:end])
            for populator in populators:
                populator.populate(row, one)
            for name, place in self.compiler.annotation_col_map.items():
                setattr(one, name, row[place])
            found.append(one)
        return found


Question = models.QuerySet[Any, Any] | Statement | _Compiled


def _compiled(question: Question) -> _Written | _Compiled:
    if isinstance(question, _Compiled):
        return question
    return _Written(question) if isinstance(question, Statement) else _Compiled(question)


def _reader(expression: Any) -> Callable[[Any], Any]:
    kinds = type(expression.output_field).__mro__
    return next((READERS[kind] for kind in kinds if kind in READERS), _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value
