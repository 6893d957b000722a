"""All layers in one: what is wrong with a CyberTipline document, the readable ones first."""

from datetime import datetime
from pathlib import Path

from referrals.formats.cybertip_check import Fault, NotReadable, read_xml, schema_faults, xsd_faults
from referrals.formats.cybertip_rules import rule_faults

MOST = 20


def faults_in(raw: bytes, *, now: datetime, xsd: str = "") -> list[Fault]:
    """Empty if the CyberTipline should take it. A later layer speaks only where the earlier ones are silent."""
    try:
        root = read_xml(raw)
    except NotReadable as fault:
        return [Fault("xml", "", str(fault))]
    faults = schema_faults(root) or rule_faults(root, now=now)
    if not faults and xsd:
        faults = xsd_faults(raw, Path(xsd))
    return faults[:MOST]
