"""The CyberTipline's stand-in in the demo: where it listens, and the login that both sides know.

What is delivered there reaches nobody; it remembers reports as long as it runs.
"""

import socket
import sys
from pathlib import Path

from artemis_site.server_files import password

USER = "standin"
PASSWORD = "standin"  # noqa: S105 - the name of the file that holds it
HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8099, 8199


def address(port: int) -> str:
    return f"http://{HOST}:{port}/ispws"


def command(port: int, data: Path) -> list[str]:
    named = [f"--port={port}", f"--user={USER}", f"--password={password(data, PASSWORD)}"]
    return [sys.executable, "manage.py", "cybertip_standin", *named]


def port_of(data: Path) -> int:
    """The same at each start, since the recipient's address holds it: the first free one when the demo was made."""
    file = data / "standin.port"
    if not file.exists():
        file.write_text(str(next(port for port in range(FIRST_PORT, LAST_PORT) if is_free(port))))
    return int(file.read_text())


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def login(data: Path) -> str:
    """As both sides write it."""
    return f"{USER}:{password(data, PASSWORD)}"
