"""A report that the recipient's server would refuse is not approved: better said before the seal than after it."""

from django.conf import settings
from django.utils import timezone

from audit.transitions import NotPossible
from referrals.formats.cybertip_judge import faults_in
from referrals.models import Escalation
from referrals.packet_builder import Draft
from referrals.packet_layout import CYBERTIP


def check_report_would_be_taken(escalation: Escalation, draft: Draft) -> None:
    report = dict(draft.files).get(CYBERTIP)
    if report is None:
        return
    faults = faults_in(report, now=timezone.now(), xsd=settings.ARTEMIS_CYBERTIP_XSD)
    if faults:
        way_on = f"Return it to {escalation.requested_by}, or tell an admin."
        sentence = f"The CyberTipline would refuse this report: {faults[0].sentence} {way_on}"
        raise NotPossible(sentence, about=escalation.about())
