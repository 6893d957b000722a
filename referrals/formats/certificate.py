"""certificate-902.txt: a draft of the certificate under US Federal Rules of Evidence 902(13) and 902(14).

What the machine knows is filled in; what a qualified person must know themselves is left blank. It is not legal advice.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from referrals.formats.text import time

TEMPLATE = Path(__file__).parent.parent / "enclosed" / "certificate-902.txt"


def certificate(
    *,
    software: str,
    case_reference: str,
    requested_by: str,
    approved_by: str,
    approved_at: datetime,
    digest: str,
    fingerprint: str,
    files: Mapping[str, bytes],
) -> bytes:
    listed = "".join(
        f"   {hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())
    )
    return (
        TEMPLATE.read_text(encoding="utf-8")
        .format(
            software=software,
            case=case_reference,
            requested_by=requested_by,
            approved_by=approved_by,
            approved_at=time(approved_at),
            digest=digest,
            fingerprint=fingerprint,
            files=listed,
        )
        .encode()
    )
