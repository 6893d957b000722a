"""When a recipient acknowledges a packet, its evidence is held as long as that country asks: data, not code."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from audit.record import Actor
from referrals.models import Delivery
from scoring.models import PreservationHold
from scoring.preservation import place_hold

TERMS = Path(__file__).parent / "preservation_terms.json"
ANYWHERE = "*"


class TermsUnreadable(Exception):
    """The operator's file of terms is missing or is not as it has to be."""


@dataclass(frozen=True)
class Term:
    jurisdiction: str
    what: str
    years: int
    days: int
    basis: str

    def end(self, begin: datetime) -> datetime:
        """The same day some years later, or the day after where there is none."""
        try:
            moved = begin.replace(year=begin.year + self.years)
        except ValueError:
            moved = begin.replace(year=begin.year + self.years, month=3, day=1)
        return moved + timedelta(days=self.days)


def terms_for(jurisdiction: str) -> list[Term]:
    """Of that country; of any country where none is on file."""
    terms = read_terms(Path(settings.ARTEMIS_PRESERVATION_TERMS or TERMS))
    own = [term for term in terms if term.jurisdiction == jurisdiction.upper()]
    return own or [term for term in terms if term.jurisdiction == ANYWHERE]


def read_terms(path: Path) -> list[Term]:
    try:
        rows = json.loads(path.read_text())
        terms = [
            Term(
                jurisdiction=row["jurisdiction"],
                what=PreservationHold.What(row["what"]),
                years=int(row.get("years", 0)),
                days=int(row.get("days", 0)),
                basis=str(row["basis"])[:200],
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise TermsUnreadable(f"{path.name} holds no terms of preservation: {fault}") from None
    if not any(term.jurisdiction == ANYWHERE and term.what == "content" for term in terms):
        raise TermsUnreadable(f"{path.name} needs a term for “*”: what holds where no country is named.")
    return terms


def hold_for(delivery: Delivery, *, by: Actor) -> list[PreservationHold]:
    """In the transaction of the acknowledgement; `arrived_at` is when the clock begins."""
    conversation = delivery.packet.approval.escalation.case.conversation
    begin = delivery.arrived_at
    if begin is None:
        raise ValueError("Only what has arrived is held.")
    return [
        place_hold(
            conversation=conversation,
            until=term.end(begin),
            basis=term.basis,
            by=by,
            about=delivery.about(),
            what=term.what,
            packet_key_id=delivery.packet.data_key_id,
            source=f"delivery {delivery.pk}",
        )
        for term in terms_for(delivery.recipient.jurisdiction)
    ]
