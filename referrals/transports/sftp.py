"""SFTP drop: the file under another name, whole, then renamed and read back; only to the server with the known key."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncssh

from referrals.endpoints import NotAnEndpoint, read_endpoint, ssh_host_key
from referrals.packet_layout import folder_of
from referrals.transports.encryption import encrypted_for
from referrals.transports.interface import Answer, Kind, Line, Setting, Unfit
from referrals.transports.logins import ssh_key_of

PUT = "put"
OTHER_SERVER = (
    "Another server answered there: its host key is not the one on the list. Nothing was sent. Ask the recipient "
    "whether they changed it, and an admin to record it."
)


class SftpDrop:
    def __init__(self, setting: Setting) -> None:
        recipient, parcel = setting.recipient, setting.parcel
        try:
            self.endpoint = read_endpoint(recipient.endpoint, schemes=("sftp",))
            self.host_key = ssh_host_key(recipient.ssh_host_key)
        except NotAnEndpoint as fault:
            raise Unfit(str(fault)) from None
        self.key_file = ssh_key_of(recipient)
        self.seconds = setting.seconds
        is_encrypted = bool(recipient.age_keys)
        self.data = encrypted_for(recipient, parcel.archive) if is_encrypted else parcel.archive
        # The same packet has the same name, so that it can be put again without a second file.
        name = f"{folder_of(parcel.case_reference)}-{parcel.archive_digest[:12]}.zip"
        self.name = f"{name}.age" if is_encrypted else name

    def steps(self, journal: Sequence[Line]) -> list[str]:
        return [PUT]

    def intention(self, step: str, journal: Sequence[Line]) -> Mapping[str, Any]:
        return {"file": self.name, "digest_after": self._digest, "endpoint": self.endpoint.host}

    def make(self, step: str, journal: Sequence[Line]) -> Answer:
        try:
            # In a thread of its own, where no loop of the caller's can run already.
            with ThreadPoolExecutor(max_workers=1) as thread:
                return thread.submit(lambda: asyncio.run(self._in_time())).result()
        except asyncssh.HostKeyNotVerifiable:
            return Answer(Kind.REFUSED, OTHER_SERVER)
        except asyncssh.PermissionDenied:
            return Answer(Kind.REFUSED, "Their server did not accept our key. Nothing was sent.")
        except _NotReached as fault:
            return Answer(Kind.NOT_SENT, f"Their server was not reached ({fault}). Nothing was sent.")
        except asyncssh.SFTPError as fault:
            return Answer(Kind.REFUSED, f"Their server refused the file: {type(fault).__name__}.")
        except (OSError, TimeoutError, asyncssh.Error) as fault:
            sentence = (
                f"The connection broke ({type(fault).__name__}): the file may lie there, or it may not."
            )
            return Answer(Kind.UNKNOWN, sentence)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    async def _in_time(self) -> Answer:
        return await asyncio.wait_for(self._put(), self.seconds)

    async def _put(self) -> Answer:
        try:
            connection = await asyncssh.connect(
                self.endpoint.host,
                self.endpoint.port,
                username=self.endpoint.login,
                client_keys=[str(self.key_file)],
                known_hosts=([self.host_key], [], []),
                connect_timeout=self.seconds,
                agent_path=None,
                config=None,
            )
        except (OSError, asyncssh.ConnectionLost, TimeoutError) as fault:
            raise _NotReached(type(fault).__name__) from None
        try:
            sftp = await connection.start_sftp_client()
            return await self._place(sftp)
        finally:
            connection.close()
            await connection.wait_closed()

    async def _place(self, sftp: asyncssh.SFTPClient) -> Answer:
        final = f"{self.endpoint.folder}/{self.name}" if self.endpoint.folder else self.name
        part = f"{final}.part"
        async with sftp.open(part, "wb") as file:
            await file.write(self.data)
        async with sftp.open(part, "rb") as file:
            there = hashlib.sha256(await file.read()).hexdigest()  # type: ignore[arg-type]
        if there != self._digest:
            return Answer(Kind.REFUSED, "The file arrived damaged. It was not put in its place.")
        await sftp.posix_rename(part, final)
        facts = {"file": self.name, "digest_after": there, "size": len(self.data)}
        return Answer(Kind.DONE, "Read back there: it is the file that was sent.", facts)


class _NotReached(Exception):
    """Nothing of the file left this machine."""
