"""What is usual in a country, where a licensee has set nothing: data, not code, and an operator may bring another."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

USUAL = Path(__file__).parent / "usual_terms.json"
ANYWHERE = "*"
FIGURES = ("unflagged_hours", "dismissed_days", "acted_days", "referred_days", "states_days")


class TermsUnreadable(Exception):
    """The operator's file of terms is missing or is not as it has to be."""


@dataclass(frozen=True)
class Usual:
    countries: frozenset[str]
    figures: dict[str, int]
    basis: str


def usual_for(jurisdiction: str) -> Usual:
    """Of that country; of any where none is on file."""
    terms = read_usual(Path(settings.ARTEMIS_RETENTION_TERMS or USUAL))
    own = (one for one in terms if jurisdiction.upper() in one.countries)
    return next(own, None) or next(one for one in terms if ANYWHERE in one.countries)


@lru_cache(maxsize=4)
def read_usual(path: Path) -> tuple[Usual, ...]:
    try:
        terms = tuple(
            Usual(
                countries=frozenset(row.get("countries", [row["jurisdiction"]])),
                figures={name: int(row[name]) for name in FIGURES},
                basis=str(row["basis"])[:300],
            )
            for row in json.loads(path.read_text())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise TermsUnreadable(f"{path.name} holds no terms of retention: {fault}") from None
    if not any(ANYWHERE in one.countries for one in terms):
        raise TermsUnreadable(f"{path.name} needs terms for “*”: what counts where no country is named.")
    return terms
