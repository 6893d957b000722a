"""The rules of docs and design as functions: each takes the folder of a house and answers what breaks the rule."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

# Each imports only from those before it.
APPS = (
    "accounts",
    "audit",
    "licensees",
    "scoring",
    "review",
    "referrals",
    "retention",
    "platforms",
    "operations",
    "artemis_site",
)
# Inside an app. What is not named here is made of models and verbs: it opens no door and knows no task.
LAYERS = {"models": 0, "policies": 1, "permissions": 2, "workflow": 3, "tasks": 4}
LAYERS |= dict.fromkeys(("forms", "views", "api", "urls", "management"), 5)
UNNAMED = LAYERS["workflow"]
ONLY_WRITER_OF_STATE = "audit/transitions.py"
# Django must not be loaded before the environment is complete: the door for commands, and the pytest plugin.
IMPORTS_LATE = {"manage.py"}
TEST_CODE = {"artemis_site/testing.py"}
# They talk to the person at the terminal.
PRINTING = ("benchmarks/", "artemis_site/demo.py", "/management/commands/")
LONGEST_FILE = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "services", "service", "core", "common", "misc"}
SKIPPED = {"migrations", "var", "node_modules", "__pycache__"}


@lru_cache(maxsize=2_000)
def parsed(code: str) -> ast.Module:
    """Each rule reads every file: it is parsed once."""
    return ast.parse(code)


@dataclass(frozen=True)
class Source:
    """A Python file of the house."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def module(self) -> tuple[str, ...]:
        parts = Path(self.name).with_suffix("").parts
        return parts[:-1] if parts[-1] == "__init__" else parts

    @property
    def _package(self) -> tuple[str, ...]:
        return self.module if self.path.name == "__init__.py" else self.module[:-1]

    @property
    def app(self) -> str:
        return self.module[0] if self.module else ""

    @property
    def is_test(self) -> bool:
        return "tests" in self.module or self.path.name == "conftest.py" or self.name in TEST_CODE

    @cached_property
    def tree(self) -> ast.Module:
        return parsed(self.path.read_text())

    def at(self, node: ast.AST, sentence: str) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)} {sentence}"

    def imports(self) -> Iterator[tuple[ast.stmt, tuple[str, ...]]]:
        """(statement, dotted name): `from a import b` imports a and perhaps the module a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, tuple(alias.name.split("."))) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._package[: len(self._package) - node.level + 1] if node.level else ()
                base += tuple(node.module.split(".")) if node.module else ()
                yield from ((node, (*base, alias.name)) for alias in node.names)


def sources(root: Path) -> list[Source]:
    found = (Source(root, path) for path in sorted(root.rglob("*.py")))
    return [source for source in found if not _is_skipped(source.path.relative_to(root))]


def _is_skipped(path: Path) -> bool:
    return any(part in SKIPPED or part.startswith(".") for part in path.parts)


def _code(root: Path) -> Iterator[Source]:
    return (source for source in sources(root) if not source.is_test)


# --- Imports -----------------------------------------------------------------------------------


def imports_run_one_way(root: Path) -> Iterator[str]:
    for source in _code(root):
        if source.app in APPS:
            seen = set(APPS[: APPS.index(source.app) + 1])
            for node, imported in source.imports():
                if imported[0] == "tests" or (imported[0] in APPS and imported[0] not in seen):
                    yield source.at(node, f"imports {imported[0]}, which {source.app} may not know.")


def layers_run_one_way(root: Path) -> Iterator[str]:
    """No module reaches one of a later layer of its own app, directly or through others."""
    for app in APPS:
        graph = _imports_within(app, root)
        for module in graph:
            for reached in _reached(module, graph):
                if _layer(reached, unnamed=0) > _layer(module, unnamed=UNNAMED):
                    yield f"{'.'.join(module)} reaches {'.'.join(reached)}, which lies above it."


def _imports_within(app: str, root: Path) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    files = {source.module: source for source in _code(root) if source.app == app}
    return {
        module: {known for _, name in source.imports() if (known := _known(name, files)) and known != module}
        for module, source in files.items()
    }


def _known(name: tuple[str, ...], modules: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The module that a dotted name is or lies in; an app's own `__init__` holds nothing."""
    inside = (name[:length] for length in range(len(name), 1, -1))
    return next((part for part in inside if part in modules), None)


def _reached(
    module: tuple[str, ...], graph: dict[tuple[str, ...], set[tuple[str, ...]]]
) -> list[tuple[str, ...]]:
    found, waiting = set(), [module]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return sorted(found)


def _layer(module: tuple[str, ...], *, unnamed: int) -> int:
    return LAYERS.get(module[1], unnamed) if len(module) > 1 else unnamed


def imports_stand_at_the_top(root: Path) -> Iterator[str]:
    for source in _code(root):
        if source.name in IMPORTS_LATE:
            continue
        for function in ast.walk(source.tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        yield source.at(node, f"imports inside {function.name}().")


# --- State -------------------------------------------------------------------------------------

WRITING_CALLS = {"update", "create", "acreate", "get_or_create", "update_or_create", "bulk_create", "aupdate"}
SQL_STATE = re.compile(r"\bSET\b(?:(?!\bWHERE\b).)*\bstate\s*=|\bINSERT\s+INTO\b[^)]*\bstate\b", re.I | re.S)


def only_transition_writes_a_state(root: Path) -> Iterator[str]:
    stateful = _stateful_models(root)
    for source in _code(root):
        if source.name == ONLY_WRITER_OF_STATE:
            continue
        for node in ast.walk(source.tree):
            if _writes_state(node, stateful):
                yield source.at(node, f"writes a state: only {ONLY_WRITER_OF_STATE} may.")


def _stateful_models(root: Path) -> set[str]:
    return {
        node.name
        for source in _code(root)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(_is_named(line, "MOVES") for line in node.body)
    }


def _is_named(line: ast.stmt, name: str) -> bool:
    targets = (
        line.targets
        if isinstance(line, ast.Assign)
        else [line.target]
        if isinstance(line, ast.AnnAssign)
        else []
    )
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _writes_state(node: ast.AST, stateful: set[str]) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "state" and isinstance(node.ctx, ast.Store | ast.Del)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(SQL_STATE.search(node.value))
    return isinstance(node, ast.Call) and _call_writes_state(node, stateful)


def _call_writes_state(call: ast.Call, stateful: set[str]) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if called in WRITING_CALLS or called in stateful:
        return "state" in keywords or any(
            _says_state(keywords[name]) for name in ("defaults", "create_defaults") if name in keywords
        )
    if called == "setattr":
        return len(call.args) > 1 and _says_state(call.args[1])
    if called == "bulk_update":
        return any(_says_state(value) for value in [*call.args[1:], *keywords.values()])
    return called == "save" and "update_fields" in keywords and _says_state(keywords["update_fields"])


def _says_state(value: ast.expr) -> bool:
    return any(isinstance(part, ast.Constant) and part.value == "state" for part in ast.walk(value))


# --- Files -------------------------------------------------------------------------------------


def no_file_is_too_long(root: Path) -> Iterator[str]:
    for source in _code(root):
        lines = len(source.path.read_text().splitlines())
        if lines > LONGEST_FILE:
            yield f"{source.name} has {lines} lines: a room over {LONGEST_FILE} wants a wall."


def every_name_says_something(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if not _is_skipped(path.relative_to(root)) and path.name.split(".")[0].lower() in EMPTY_NAMES:
            yield f"{path.relative_to(root).as_posix()} is called after nothing: name it after what it does."


def only_commands_print(root: Path) -> Iterator[str]:
    for source in _code(root):
        if any(place in f"/{source.name}" for place in PRINTING):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                yield source.at(node, "prints: only a command talks to the terminal.")


RULES: list[Callable[[Path], Iterator[str]]] = [
    imports_run_one_way,
    layers_run_one_way,
    imports_stand_at_the_top,
    only_transition_writes_a_state,
    no_file_is_too_long,
    every_name_says_something,
    only_commands_print,
]
