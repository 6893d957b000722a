"""Cursors that stay on the server (`iterator()`, the export of the trail) say for whom they ask as all others do."""

from typing import Any

from django.db.backends.postgresql import base

from accounts.row_scope import ScopedCursor, told_before

_module: Any = base


class ScopedServerCursor(_module.ServerSideCursor):
    def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
        if not issubclass(self.connection.cursor_factory, ScopedCursor):
            return super().execute(query, params, **named)
        with told_before(self.connection):
            return super().execute(query, params, **named)


def use_scoped_server_cursors() -> None:
    """Django names the class of these cursors in its module and asks no setting for it."""
    _module.ServerSideCursor = ScopedServerCursor
