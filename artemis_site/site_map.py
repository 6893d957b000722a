"""Every address of the site with the access that its view declares: what docs/roles.md and the tests walk."""

from collections.abc import Callable, Iterator
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


def pages() -> list[Page]:
    return sorted(_walk(get_resolver(), route="", namespace=""), key=lambda page: page.route)


def _walk(resolver: URLResolver, *, route: str, namespace: str) -> Iterator[Page]:
    for entry in resolver.url_patterns:
        below = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            name = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, route=below, namespace=name)
        elif isinstance(entry, URLPattern):
            yield Page(route=below, name=f"{namespace}{entry.name or ''}", view=entry.callback)
