"""Which transport carries a delivery."""

from collections.abc import Callable

from referrals.models import Recipient
from referrals.transports.cybertip import CyberTipline
from referrals.transports.interface import Setting, Transport
from referrals.transports.sftp import SftpDrop

TRANSPORTS: dict[str, Callable[[Setting], Transport]] = {
    Recipient.Transport.CYBERTIP: CyberTipline,
    Recipient.Transport.SFTP: SftpDrop,
}
