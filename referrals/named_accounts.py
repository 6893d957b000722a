"""Which accounts people named as subject account and as possible minor when they referred a case."""

from referrals.models import Escalation
from review.models import Case


def named_accounts(case: Case) -> dict[int, str]:
    """{participant: role} of the packet that was approved and sealed; nothing where there is none."""
    escalation = Escalation.objects.filter(case=case, state=Escalation.State.SEALED).first()
    if escalation is None:
        return {}
    asked = escalation.current
    return {asked.subject_id: "subject", asked.possible_minor_id: "possible_minor"}
