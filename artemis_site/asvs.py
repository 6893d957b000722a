"""docs/asvs.md from docs/asvs.json: each item of OWASP ASVS 5.0.0, how Artemis stands to it, and what shows it."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from artemis_site.markdown import page, table

DATA = Path(__file__).resolve().parent.parent / "docs" / "asvs.json"
STATUSES = ("met", "partly", "not met", "does not apply")
INTRO = (
    "The [OWASP Application Security Verification Standard 5.0.0](https://github.com/OWASP/ASVS/tree/v5.0.0) (© OWASP "
    "Foundation, CC BY-SA 4.0): levels 1 and 2 whole, and the items of level 3 that matter most here. The words are "
    "short paraphrases of ours, under the same licence: read the standard for what each item really asks.\n\n"
    "**Met** names a test that fails without it. **Partly** says what is missing; where it says “no test”, it is there "
    "and nothing of ours would notice if it went. **Not met** says what is needed. Nobody outside the project has "
    "verified any of this."
)


@dataclass(frozen=True)
class Item:
    """`why` says how it is met, what is missing or needed, or why it does not apply; tests are `file::function`."""

    id: str
    level: int
    asks: str
    status: str
    why: str
    files: list[str]
    tests: list[str]

    @property
    def chapter(self) -> str:
        return self.id.partition(".")[0]


def items() -> list[Item]:
    return [Item(**item) for item in json.loads(DATA.read_text(encoding="utf-8"))["items"]]


def asvs() -> str:
    chapters: dict[str, str] = json.loads(DATA.read_text(encoding="utf-8"))["chapters"]
    found = items()
    parts = [_chapter(f"V{number} {name}", number, found) for number, name in chapters.items()]
    return page("OWASP ASVS 5.0.0", INTRO, _counts(found), *parts, source="docs/asvs.json")


def _counts(found: list[Item]) -> str:
    rows = []
    for level in sorted({item.level for item in found}):
        counted = Counter(item.status for item in found if item.level == level)
        rows.append([f"level {level}", *(str(counted[status]) for status in STATUSES), str(counted.total())])
    whole = Counter(item.status for item in found)
    rows.append(["together", *(str(whole[status]) for status in STATUSES), str(whole.total())])
    return table(["", *STATUSES, "items"], rows)


def _chapter(title: str, number: str, found: list[Item]) -> str:
    rows = [
        [item.id, str(item.level), item.asks, f"**{item.status}**", item.why, _shown_by(item)]
        for item in found
        if item.chapter == number
    ]
    return f"## {title}\n\n{table(['item', 'level', 'what it asks', 'status', 'why', 'file · test'], rows)}"


def _shown_by(item: Item) -> str:
    """Links to the files; a test is named by what it says."""
    files = [f"[{name}](../{name})" for name in item.files]
    tests = [f"[{_sentence(test)}](../{test.partition('::')[0]})" for test in item.tests]
    return " · ".join(filter(None, [", ".join(files), ", ".join(tests)]))


def _sentence(test: str) -> str:
    return test.partition("::test_")[2].replace("_", " ")
