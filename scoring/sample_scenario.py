"""What a benign situation is made of."""

from dataclasses import dataclass

OTHER, MINOR = "other", "possible_minor"


@dataclass(frozen=True)
class Scenario:
    """A benign situation that shares words with a signal: who talks (role names) and what they say in turns."""

    name: str
    roles: tuple[str, str]
    exchanges: tuple[tuple[str, ...], ...]
