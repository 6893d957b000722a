"""Starts child processes that cannot outlive this one and, on request, do not run as root even when this one does."""

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import BinaryIO

NOBODY = 65534
LARGEST_LOG = 5_000_000

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, see prctl(2)
_NEW_USER_NAMESPACE = 0x10000000  # CLONE_NEWUSER, see unshare(2)
_libc = ctypes.CDLL(None, use_errno=True)


class Identity(Enum):
    """As whom a child runs."""

    SELF = auto()
    MAPPED = auto()  # root outside, nobody inside a user namespace: needs no new user and no chmod
    NOBODY = auto()  # the user nobody: where user namespaces are barred


@cache
def unprivileged_identity() -> Identity:
    """How to start a server that refuses to run as root."""
    if os.geteuid() != 0:
        return Identity.SELF
    return Identity.MAPPED if _can_map() else Identity.NOBODY


def start_child(
    arguments: Sequence[str | Path],
    *,
    log: Path | None,
    death_signal: signal.Signals = signal.SIGKILL,
    identity: Identity = Identity.SELF,
    hold: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start in a group of its own, so that Ctrl-C reaches only the parent, which then stops its children in order.

    `death_signal` reaches the child when this process dies, however it dies. `hold` are open files that
    the child keeps open. Without a `log` the child speaks where this process speaks.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "Start children from the main thread: the death signal is sent when the *thread* ends."
        )
    user = NOBODY if identity is Identity.NOBODY else None
    with nullcontext() if log is None else _opened(log) as output:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if log is None else subprocess.STDOUT,
            env=environment,
            cwd=folder,
            pass_fds=hold,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            umask=0o077,
            process_group=0,
            preexec_fn=_prepared(death_signal, mapped=identity is Identity.MAPPED),
        )


def stop_child(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal and wait so many seconds for the child to end; then kill it."""
    for number, seconds in steps:
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            return
    child.kill()
    child.wait()


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    """Ask again and again; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def last_lines(log: Path, *, count: int = 5) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-count:])


def _prepared(death_signal: signal.Signals, *, mapped: bool) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        if mapped:
            _become_nobody_inside()
        _libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the parent died before the death signal was set

    return prepare


def _become_nobody_inside() -> None:
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(_NEW_USER_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not available")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def _can_map() -> bool:
    try:
        subprocess.run(["/bin/true"], preexec_fn=_become_nobody_inside, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _opened(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
