"""The agreement: its versions are files beside this one; who signed which is recorded by an admin."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audit.record import Actor, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import Licensee, Signature
from licensees.onboarding import lock_licensee

FOLDER = Path(__file__).with_name("agreements")
State = Licensee.State
# Where a signature belongs: after vetting, and as long as there is a licence.
SIGNING = frozenset({State.VETTED, State.AGREED, State.TEST, State.LIVE, State.SUSPENDED})


@dataclass(frozen=True)
class Agreement:
    version: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def versions() -> tuple[Agreement, ...]:
    """The oldest first: a version is called by the month in which it was written."""
    return tuple(Agreement(file.stem, file.read_text()) for file in sorted(FOLDER.glob("*.md")))


def current() -> Agreement:
    return versions()[-1]


def is_due(licensee: Licensee, signatures: list[Signature]) -> bool:
    """The newest version is not signed. Nothing stops because of it."""
    return licensee.state in SIGNING and all(one.version != current().version for one in signatures)


def record_signature(
    *,
    licensee_id: int,
    version: str,
    signed_by_name: str,
    signed_by_function: str,
    signed_on: date,
    by: Actor,
    recorded_by: User | None = None,
    document: bytes | None = None,
) -> Signature:
    """`document`: the signed file, of which the digest alone is kept."""
    agreement = current()
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        _check_can_sign(licensee, version, signed_on)
        signature = Signature(
            licensee=licensee,
            version=agreement.version,
            text_digest=agreement.digest,
            signed_by_name=signed_by_name.strip(),
            signed_by_function=signed_by_function.strip(),
            signed_on=signed_on,
            document_digest=hashlib.sha256(document).hexdigest() if document else "",
            document_bytes=len(document or b""),
            recorded_by=recorded_by,
        )
        try:
            with transaction.atomic():
                signature.save()
        except IntegrityError:
            sentence = f"Somebody recorded a signature of version {version} already. Reload the page."
            raise NotPossible(sentence, about=licensee.about()) from None
        payload = {
            "signature": signature.pk,
            "version": version,
            "text_digest": signature.text_digest,
            "document_digest": signature.document_digest,
        }
        if licensee.state == State.VETTED:
            transition(licensee, to=State.AGREED, by=by, verb=Verb.AGREEMENT_SIGNED, payload=payload)
        else:
            record(Verb.AGREEMENT_SIGNED, by=by, about=licensee.about(), payload=payload)
        return signature


def _check_can_sign(licensee: Licensee, version: str, signed_on: date) -> None:
    about = licensee.about()
    if licensee.state not in SIGNING:
        raise NotPossible(f"{licensee.name} is vetted first; it signs after that.", about=about)
    if version != current().version:
        raise NotPossible(
            f"There is a newer version of the agreement, {current().version}. That one is signed.",
            about=about,
        )
    if signed_on > timezone.localdate():
        raise NotPossible("The day of the signature lies in the future.", about=about)
