"""The documents that are written by the code: states, roles, verbs, how we stand to ASVS, and what is watched."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings

from accounts.access import Access
from accounts.roles import DESCRIPTIONS, Role
from artemis_site.asvs import asvs
from artemis_site.markdown import page, table
from artemis_site.site_map import pages
from audit.verbs import Verb
from operations.prometheus import dashboard, rules


def documents() -> dict[str, str]:
    """Path in the repository → text; the same code gives the same bytes."""
    watched = {"deploy/prometheus/artemis.rules.yml": rules(), "deploy/grafana/artemis.json": dashboard()}
    return {f"docs/{name}.md": write() for name, write in WRITERS.items()} | watched


def stale_documents() -> list[str]:
    """The names of the documents that no longer say what the code does."""
    return [name for name, text in documents().items() if _on_disk(name) != text]


def write_documents() -> list[str]:
    stale = stale_documents()
    for name in stale:
        path = settings.BASE_DIR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(documents()[name], encoding="utf-8")
    return stale


def _on_disk(name: str) -> str | None:
    path = settings.BASE_DIR / name
    return path.read_text(encoding="utf-8") if path.exists() else None


# --- States ------------------------------------------------------------------------------------


def states() -> str:
    intro = (
        "Every state is moved by one function, `audit/transitions.py: transition()`, which records the move in "
        "the same call. A move that is not listed here is refused."
    )
    # In the order of the apps, which is the way that a conversation goes.
    return page(
        "States", intro, *(_states_of(model) for model in apps.get_models() if hasattr(model, "MOVES"))
    )


def _states_of(model: Any) -> str:
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *_diagram(model), "```"])
    rows = [
        [_label(model, before), _label(model, after), _words(verbs), _codes(verbs)]
        for (before, after), verbs in model.MOVES.items()
    ]
    moves = table(["from", "to", "who moves it has …", "verb in the trail"], rows)
    where = f"`{model.__module__.replace('.', '/')}.py`"
    return f"## {model._meta.verbose_name.capitalize()}\n\n{where}\n\n{diagram}\n\n{moves}"


def _diagram(model: Any) -> list[str]:
    initial = str(model._meta.get_field("state").default)
    named = [f'    state "{state.label}" as {state.value}' for state in model.State]
    moves = [f"    {before} --> {after}: {_words(verbs)}" for (before, after), verbs in model.MOVES.items()]
    left = {str(before) for before, _ in model.MOVES}
    ends = [f"    {state.value} --> [*]" for state in model.State if state.value not in left]
    return [*named, f"    [*] --> {initial}", *moves, *ends]


def _label(model: Any, state: str) -> str:
    return str(model.State(state).label)


def _words(verbs: frozenset[Verb]) -> str:
    return " or ".join(verb.label for verb in sorted(verbs))


def _codes(verbs: frozenset[Verb]) -> str:
    return " or ".join(f"`{verb.value}`" for verb in sorted(verbs))


# --- Roles -------------------------------------------------------------------------------------


def roles() -> str:
    intro = (
        "A person holds roles; an object permission says for which licensee. A view that declares no access is "
        "refused to everybody (`accounts/access.py`, `artemis_site/middleware.py`)."
    )
    described = [
        [f"**{role.label}**", description.comes_to, description.may_never]
        for role, description in DESCRIPTIONS.items()
    ]
    matrix = [[f"`/{one.route}`", *(_mark(one.access, who) for who in _COLUMNS.values())] for one in pages()]
    return page(
        "Roles",
        intro,
        table(["role", "comes to", "may never"], described),
        "## Who may open which address\n\nThe role is the first of two doors: the second is the licensee, checked "
        "by each view for the thing that was asked for. A platform comes with its API key and sees only its own.",
        table(["address", *_COLUMNS], matrix),
    )


def _mark(access: Access | None, may_open: Callable[[Access], bool]) -> str:
    return "yes" if access and (access.public or may_open(access)) else "–"


def _holding(role: Role) -> Callable[[Access], bool]:
    return lambda access: role in access.roles


_COLUMNS: dict[str, Callable[[Access], bool]] = {
    "nobody signed in": lambda access: access.public,
    **{role.label.lower(): _holding(role) for role in Role},
    "platform": lambda access: access.platform,
}


# --- Verbs -------------------------------------------------------------------------------------


def verbs() -> str:
    intro = (
        "Every act that the trail can hold, as `noun:act`. Each entry also says when, by whom in which roles, about "
        "what, in which request, and why where a reason was given; ids and digests only, never message text."
    )
    rows = [[f"`{verb.value}`", verb.label] for verb in Verb]
    return page("Verbs", intro, table(["verb", "in words: who did it …"], rows))


WRITERS: dict[str, Callable[[], str]] = {"states": states, "roles": roles, "verbs": verbs, "asvs": asvs}
