"""Every address of the site with the access that its view declares: what docs/roles.md and the tests walk."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import Access


@dataclass(frozen=True)
class Page:
    """One address: its route as written in urls.py, its name, its view and what that view declares."""

    route: str
    name: str
    view: Callable[..., Any]

    @property
    def access(self) -> Access | None:
        return getattr(self.view, "access", None)


def pages(patterns: Iterable[Any] | None = None) -> list[Page]:
    """Of the whole site, or of the given part of a urls.py."""
    entries = get_resolver().url_patterns if patterns is None else patterns
    return sorted(_walk(entries, route="", namespace=""), key=lambda page: page.route)


def _walk(entries: Iterable[Any], *, route: str, namespace: str) -> Iterator[Page]:
    for entry in entries:
        below = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            name = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, route=below, namespace=name)
        elif isinstance(entry, URLPattern):
            yield Page(route=below, name=f"{namespace}{entry.name or ''}", view=entry.callback)
