"""Where a recipient's server stands, and which keys are its own: read and checked, never a secret."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import asyncssh
import pyrage

CYBERTIP_PRODUCTION = "report.cybertip.org"
CYBERTIP_TEST = "exttest.cybertip.org"


class NotAnEndpoint(ValueError):
    """The address or key cannot be used; the sentence says what one looks like."""


@dataclass(frozen=True)
class Endpoint:
    scheme: str
    host: str
    port: int
    login: str
    folder: str

    @property
    def is_this_machine(self) -> bool:
        """Only the stand-in runs here; a name is never taken for it but for localhost."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_endpoint(text: str, *, schemes: tuple[str, ...]) -> Endpoint:
    """A URL without a secret: passwords and private keys are files (docs/delivery.md)."""
    example = "sftp://artemis@files.example.org/in" if "sftp" in schemes else "https://host.example.org/ispws"
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise NotAnEndpoint(f"This is not an address. It looks like {example}.") from None
    if parts.scheme not in schemes or not parts.hostname:
        raise NotAnEndpoint(f"This is not an address of this kind. It looks like {example}.")
    if parts.password is not None:
        raise NotAnEndpoint("Leave the password out: it lies in a file that only the operator may read.")
    if parts.query or parts.fragment:
        raise NotAnEndpoint(f"Leave out what follows the path. It looks like {example}.")
    default = {"sftp": 22, "http": 80}.get(parts.scheme, 443)
    return Endpoint(
        parts.scheme, parts.hostname, port or default, parts.username or "", parts.path.rstrip("/")
    )


def age_recipient(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    """A public key of age, or an SSH public key that age can encrypt to."""
    kind = pyrage.x25519.Recipient if text.startswith("age1") else pyrage.ssh.Recipient
    try:
        return kind.from_str(text)
    except Exception:
        start = text[:20]
        raise NotAnEndpoint(
            f"“{start}…” is no public key of age. One begins with age1, ssh-ed25519 or ssh-rsa."
        ) from None


def ssh_host_key(text: str) -> asyncssh.SSHKey:
    """The server's public key as ssh-keyscan prints it, without the host's name."""
    try:
        return asyncssh.import_public_key(text.strip())
    except asyncssh.KeyImportError:
        raise NotAnEndpoint(
            "This is no SSH host key. It begins with ssh-ed25519, ecdsa-sha2 or ssh-rsa, as ssh-keyscan prints it."
        ) from None
