"""One message as the technique sees it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; `sent_at` has a zone or is None where the source has no times."""

    id: str
    sender: str
    sent_at: datetime | None
    text: str
