"""Where a referral would go: proposed from its exit and the licensee's jurisdiction; a person chooses.

One conversation is not reported to two clearing houses. A report to a foreign one such as NCMEC counts for the NCA as
well (Online Safety Act 2023, s. 70(5)), and each of them passes on what belongs to another country.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from audit.transitions import NotPossible
from licensees.together import ask
from referrals.models import ConversationReport, Packet, Recipient
from review.models import Case

EXPLOITATION = Recipient.Exit.SUSPECTED_EXPLOITATION
# Where a jurisdiction has no clearing house of its own on the list: NCMEC takes reports from everywhere.
FALLBACK: dict[str, str] = {EXPLOITATION: "US"}
# Whose law asks for a priority of 1, 2 or 3 with each report (SI 2026/268, reg. 6).
PRIORITY_ASKED_BY = frozenset({"GB"})


@dataclass(frozen=True)
class Proposal:
    """The recipient that fits, and why in a sentence; None where the operator's list has none."""

    recipient: Recipient | None
    why: str


@dataclass(frozen=True)
class List:
    """The recipients to choose from, and the clearing houses that the conversation is reported to."""

    active: Sequence[Recipient]
    reported: Sequence[Recipient]

    def first(self, exit: str, jurisdiction: str) -> Recipient | None:
        """Who acts on it goes before who only tries the workflow."""
        fitting = (one for one in self.active if (one.exit, one.jurisdiction) == (exit, jurisdiction))
        return min(fitting, key=lambda one: one.is_test, default=None)


def about_recipients(case: Case) -> dict[str, QuerySet[Any, Any]]:
    """The questions, to be asked together with others. Tests come last."""
    reports = ConversationReport.objects.filter(conversation=case.conversation_id)
    return {
        "active": Recipient.objects.filter(is_active=True).order_by("name"),
        "reports": reports.select_related("recipient").order_by("is_test"),
    }


def list_of(answers: Mapping[str, Sequence[Any]]) -> List:
    return List(answers["active"], [report.recipient for report in answers["reports"]])


def propose(case: Case, exit: str, among: List | None = None) -> Proposal:
    """The clearing house that has the conversation already, else the licensee's own, else the one that takes all."""
    among = among or list_of(ask(**about_recipients(case)))
    reported = next(iter(among.reported), None)
    if exit == EXPLOITATION and reported is not None and reported.is_active:
        return Proposal(reported, f"{reported} has this conversation already: this would be a supplement.")
    own = case.licensee.jurisdiction
    for jurisdiction in dict.fromkeys([own, FALLBACK.get(exit, own)]):
        recipient = among.first(exit, jurisdiction)
        if recipient is not None:
            return Proposal(recipient, _why(recipient, exit, own))
    label = Recipient.Exit(exit).label.lower()
    return Proposal(None, f"No recipient for “{label}” in {own} is on the list. Ask an admin to add one.")


def asks_priority(recipient: Recipient) -> bool:
    return recipient.jurisdiction in PRIORITY_ASKED_BY


def reported_to(case: Case, *, is_test: bool) -> Recipient | None:
    """The clearing house that this conversation is reported to; test recipients are counted apart."""
    reports = ConversationReport.objects.select_related("recipient")
    report = reports.filter(conversation_id=case.conversation_id, is_test=is_test).first()
    return report.recipient if report else None


def check_reported_once(case: Case, recipient: Recipient, *, exit: str) -> None:
    """The same conversation goes to the NCA or to NCMEC, never to both."""
    if exit != EXPLOITATION:
        return
    reported = reported_to(case, is_test=recipient.is_test)
    if reported is not None and reported != recipient:
        sentence = (
            f"This conversation is reported to {reported} already, and one conversation is not reported to two "
            f"clearing houses. Choose {reported}, which then gets a supplement."
        )
        raise NotPossible(sentence, about=case.about())


def check_one_clearing_house(packet: Packet, recipient: Recipient) -> None:
    """Asked again when it leaves: what was true at the approval may not be true any more."""
    escalation = packet.approval.escalation
    if escalation.current.exit != EXPLOITATION:
        return
    reported = reported_to(escalation.case, is_test=recipient.is_test)
    if reported == recipient:
        return
    if reported is None:
        kind = ("a production", "a test") if recipient.is_test else ("a test", "a production")
        sentence = (
            f"{recipient} was {kind[0]} endpoint when this packet was approved, as the packet says, and is {kind[1]} "
            "endpoint now. Ask an admin which it is to be; nothing was delivered."
        )
        raise NotPossible(sentence, about=packet.about())
    sentence = f"This conversation is reported to {reported}, and one conversation is not reported to two."
    raise NotPossible(f"{sentence} Nothing was delivered: ask an admin to look at it.", about=packet.about())


def was_test(packet: Packet, recipient: Recipient) -> bool:
    """Whether it was a test when it was approved, as the packet says: for a packet that is taken by hand."""
    reports = ConversationReport.objects.filter(
        conversation_id=packet.approval.escalation.case.conversation_id, recipient=recipient
    )
    known = list(reports.values_list("is_test", flat=True))
    return recipient.is_test if not known or recipient.is_test in known else known[0]


def _why(recipient: Recipient, exit: str, own: str) -> str:
    label = Recipient.Exit(exit).label.lower()
    if recipient.jurisdiction == own:
        return f"{recipient} takes “{label}” in {own}, where the licensee is."
    return f"No recipient in {own} takes “{label}”; {recipient} takes reports from other countries too."
