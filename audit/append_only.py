"""Rows that are written once: refused by manager, by save() and delete(), and by database triggers."""

from typing import Any, ClassVar, NoReturn, TypeVar

import pgtrigger
from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnlyError(Exception):
    """Somebody tried to change or remove a row that is written once."""


class AppendOnlyQuerySet(models.QuerySet[Row]):
    def update(self, **_: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} is append-only: it cannot be updated.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} is append-only: it cannot be deleted.")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} is append-only: it cannot be updated.")


def refusing_triggers() -> list[pgtrigger.Trigger]:
    """Row triggers refuse UPDATE and DELETE; TRUNCATE passes row triggers, so a statement trigger refuses it."""
    refusal = "RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;"
    return [
        pgtrigger.Trigger(
            name="refuse_change",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refusal,
        ),
        pgtrigger.Trigger(
            name="refuse_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=refusal,
        ),
    ]


class AppendOnly(models.Model):
    append_only: ClassVar[bool] = True
    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(AppendOnlyQuerySet)()

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = refusing_triggers()

    def save(self, *arguments: Any, **named: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} is append-only: it cannot be updated.")
        super().save(*arguments, **named)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnlyError(f"{type(self).__name__} is append-only: it cannot be deleted.")
