"""One statement for many rows: PostgreSQL reads them from arrays, so the statement does not grow with their number."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

# A statement of this size ends well within the statement timeout, also on a slow host.
ROWS_A_STATEMENT = 20_000


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of which each gives a value for each of `columns`, foreign keys as `…_id`.

    Django's bulk_create does the same only for models without binary fields; for others it writes one
    placeholder for each value, which takes several times as long.
    """
    _execute(_inserting(model, columns), rows)


def insert_objects(objects: Sequence[models.Model]) -> None:
    """Insert unsaved objects of one model without their keys, which stay unknown: Django's bulk_create takes longer
    to write its placeholders than PostgreSQL to store the rows."""
    if not objects:
        return
    fields = [field for field in objects[0]._meta.concrete_fields if not field.primary_key]
    rows = [
        [field.get_db_prep_save(getattr(one, field.attname), connection) for field in fields]
        for one in objects
    ]
    insert_rows(type(objects[0]), [str(field.column) for field in fields], rows)


def put_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    key: Sequence[str],
    newer: str = "",
) -> None:
    """Insert rows, or overwrite those that are there under the same `key`, a unique one; where `newer` names a column,
    only those that hold less in it."""
    table, name = model._meta.db_table, ", ".join(key)
    assignments = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns if column not in key)
    condition = f"WHERE {table}.{newer} < EXCLUDED.{newer}" if newer else ""
    conflict = f"ON CONFLICT ({name}) DO UPDATE SET {assignments} {condition}"
    _execute(f"{_inserting(model, columns)} {conflict}", rows)


def _inserting(model: type[models.Model], columns: Sequence[str]) -> str:
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "  # noqa: S608 - names of our own models only
        f"SELECT * FROM unnest({_arrays(model, columns)})"
    )


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set `columns` of existing rows. Each of `rows` is the primary key and then one value a column.

    Django's bulk_update writes a CASE of all rows for each column, which takes quadratic time.
    """
    table = model._meta.db_table
    assignments = ", ".join(f"{name} = changed.{name}" for name in columns)
    statement = (
        f"UPDATE {table} SET {assignments} "  # noqa: S608 - names of our own models only
        f"FROM unnest({_arrays(model, ['id', *columns])}) AS changed (id, {', '.join(columns)}) "
        f"WHERE {table}.id = changed.id"
    )
    _execute(statement, rows)


def _execute(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        for first in range(0, len(rows), ROWS_A_STATEMENT):
            cursor.execute(statement, _transposed(rows[first : first + ROWS_A_STATEMENT]))


def _arrays(model: type[models.Model], columns: Sequence[str]) -> str:
    fields = {field.column: field for field in model._meta.concrete_fields}
    return ", ".join(f"%s::{_element_type(fields[name])}[]" for name in columns)


def _element_type(field: Any) -> str:
    """Without its length: varchar[], never varchar(10)[], so that nothing is cut off silently."""
    name = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(name).split("(")[0]


def _transposed(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
