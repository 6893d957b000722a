"""Who is given signed checkpoints, as the operator names them: webhooks and e-mail addresses."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("https", "http", "mailto")


@dataclass(frozen=True)
class ThirdParty:
    """One of ARTEMIS_CHECKPOINT_DESTINATIONS: `https://…` or `mailto:…`."""

    address: str

    @property
    def is_mail(self) -> bool:
        return self.address.startswith("mailto:")

    @property
    def mail_address(self) -> str:
        return self.address.removeprefix("mailto:")

    @property
    def name(self) -> str:
        """For pages and logs: the path of a webhook may be a secret."""
        if self.is_mail:
            return self.mail_address
        mark = hashlib.sha256(self.address.encode()).hexdigest()[:6]
        return f"{urlsplit(self.address).hostname}, webhook {mark}"

    @property
    def pause(self) -> timedelta:
        """Between two checkpoints: whoever has the younger needs none of those before."""
        if self.is_mail:
            return timedelta(minutes=settings.ARTEMIS_CHECKPOINT_EMAIL_MINUTES)
        return timedelta(seconds=settings.ARTEMIS_CHECKPOINT_SECONDS)


def third_parties() -> list[ThirdParty]:
    return [_checked(address) for address in settings.ARTEMIS_CHECKPOINT_DESTINATIONS]


def _checked(address: str) -> ThirdParty:
    parts = urlsplit(address)
    is_whole = "@" in parts.path if parts.scheme == "mailto" else parts.hostname
    if parts.scheme not in SCHEMES or not is_whole:
        raise ImproperlyConfigured(
            "ARTEMIS_CHECKPOINT_DESTINATIONS holds addresses like https://witness.example/… and mailto:…, with commas."
        )
    return ThirdParty(address)
