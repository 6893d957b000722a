"""Runs all of Artemis on this machine, servers, web, worker and beat, until it is told to stop (scripts/demo)."""

import argparse
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from artemis_site import demo_standin
from artemis_site.children import last_lines, start_child, wait_until
from artemis_site.embedded import Servers
from artemis_site.env import REPOSITORY, SETTINGS_FILE, data_folder
from artemis_site.server_files import lock_folder, make_data_folder, password, write_private
from artemis_site.server_programs import ServerError
from artemis_site.supervision import Supervised, ending, stop_together

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8000
PYTHON = sys.executable
MODEL = "demonstration.npz"
WEB_SECONDS = 120  # to answer for the first time, on a slow machine
PORT_SECONDS = 3  # for the web server of a demo that was killed to end
STOP_SECONDS = 20  # for requests and tasks to finish


class Told(BaseException):
    """Somebody told the demo to stop: Ctrl-C, SIGTERM, or a closed terminal."""


class Demo:
    """One demo on one data folder and one port."""

    def __init__(self, *, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.logs = data / "logs"
        given = os.environ.get
        self.servers = Servers(data, postgres=not given("DATABASE_URL"), valkey=not given("REDIS_URL"))
        self.settings: dict[str, str] = {}
        self.web = self._supervised("web", web_command(port))
        self.worker = self._supervised("worker", worker_command())
        self.beat = self._supervised("beat", beat_command(data))
        self.sealer = self._supervised("sealer", [PYTHON, "manage.py", "seal_audit"])
        self.standin: Supervised | None = None

    def run(self) -> None:
        """Start everything, then look after it; ends only by an exception."""
        make_data_folder(self.data)
        lock_folder(self.data / "demo.lock", patience=0)
        check_port(self.port)
        try:
            self._start()
            self._look_after_all()
        finally:
            self._stop()

    def _start(self) -> None:
        # The longest step needs no server, so it runs beside the others.
        training = self._train()
        with step(servers_step(self.servers)):
            self.servers.start()
        self.settings = self._settings()
        write_private(self.data / SETTINGS_FILE, settings_file(self.settings))
        with step("Preparing tables and static files"):
            self._prepare()
        if training is not None:
            with step("Training the demonstration model on the sample corpus"):
                self._finish("train_model", training)
        # Before anything is approved: no packet is sealed without a checkpoint of what led to it.
        self.sealer.run()
        with step("Loading the demonstration", talks=True):
            address = demo_standin.address(demo_standin.port_of(self.data))
            options = [f"--model={self.data / MODEL}", f"--standin={address}"]
            self._finish("load_demo", self._manage("load_demo", *options, log=None))
        with step("Starting web, worker and beat"):
            self._run_standin()
            for process in (self.web, self.worker, self.beat):
                process.run()
            self._wait_for_web()
        print(f"Artemis is ready at http://{ADDRESS}:{self.port}/", flush=True)
        say(f"Its logs are in {self.logs}. Stop it with Ctrl-C; the next start finds its data again.")

    def _train(self) -> subprocess.Popen[bytes] | None:
        """Once for each data folder: the same corpus and seed give the same bytes."""
        model = self.data / MODEL
        if model.exists():
            return None
        return self._manage("train_model", f"--output={model}", log=self._log("train_model"))

    def _run_standin(self) -> None:
        port = demo_standin.port_of(self.data)
        if not demo_standin.is_free(port):
            say(
                f"Port {port} is in use, so the CyberTipline's stand-in does not run: a delivery to it waits."
            )
            return
        self.standin = self._supervised("standin", demo_standin.command(port, self.data))
        self.standin.run()

    def _processes(self) -> list[Supervised]:
        every = [self.web, self.worker, self.beat, self.sealer, self.standin]
        return [process for process in every if process is not None]

    def _prepare(self) -> None:
        """None needs another, so they run side by side."""
        fingerprint = static_fingerprint()
        stamp = self.data / "static.fingerprint"
        commands: list[Sequence[str]] = [["migrate", "--noinput"], ["create_keys"]]
        if not stamp.exists() or stamp.read_text() != fingerprint:
            commands.append(["collectstatic", "--noinput", "--clear"])
        running = [(command[0], self._manage(*command, log=self._log(command[0]))) for command in commands]
        for name, child in running:
            self._finish(name, child)
        stamp.write_text(fingerprint)

    def _manage(self, *command: str, log: Path | None) -> subprocess.Popen[bytes]:
        # Only migrate knows the login that owns the tables.
        settings = self.settings | {"DATABASE_SEALER_URL": ""}
        settings |= {} if command[0] == "migrate" else {"DATABASE_OWNER_URL": ""}
        arguments = [PYTHON, "manage.py", *command]
        return start_child(arguments, log=log, environment=environment(settings), folder=REPOSITORY)

    def _finish(self, name: str, child: subprocess.Popen[bytes]) -> None:
        if child.wait() != 0:
            log = self._log(name)
            words = f"; {log} says:\n{last_lines(log)}" if log.exists() else "; see above."
            raise ServerError(f"`manage.py {name}` failed ({ending(child)}){words}")

    def _wait_for_web(self) -> None:
        wait_until(lambda: answers(self.port) or self.web.died(), seconds=WEB_SECONDS, pause=0.1)
        if self.web.died() or not answers(self.port):
            log = self.web.log
            raise ServerError(f"The web server does not answer; {log} says:\n{last_lines(log, count=15)}")

    def _look_after_all(self) -> None:
        while True:
            time.sleep(0.5)
            if not self.servers.running():
                self._start_servers_again()
            for process in self._processes():
                process.look_after(say)

    def _start_servers_again(self) -> None:
        try:
            say(f"{' and '.join(self.servers.start())} had ended and was started again.")
        except ServerError as error:
            say(str(error))
            time.sleep(5)

    def _stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with step("Stopping"):
            stop_together(*self._processes(), seconds=STOP_SECONDS)
            self.servers.stop()

    def _settings(self) -> dict[str, str]:
        """What web, worker, beat and a command typed by hand need to find this demo."""
        settings = {
            name: os.environ.get(name, "")
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL", "REDIS_URL")
        }
        if self.servers.postgres is not None:
            settings["DATABASE_URL"] = self.servers.database_url
            settings["DATABASE_OWNER_URL"] = self.servers.database_owner_url
            settings["DATABASE_SEALER_URL"] = self.servers.database_sealer_url
        if self.servers.valkey is not None:
            settings["REDIS_URL"] = self.servers.redis_url
        return settings | {
            "ARTEMIS_DATA": str(self.data),
            # Nobody in a demo holds a telephone: the page that asks for a code says which one.
            "ARTEMIS_SHOW_CODES": "on",
            "SECRET_KEY": os.environ.get("SECRET_KEY") or password(self.data, "secret_key"),
        }

    def _supervised(self, name: str, command: list[str]) -> Supervised:
        """Its death signal is SIGKILL: Celery overhears gentler ones while it connects. Losing a task loses nothing."""

        def start() -> subprocess.Popen[bytes]:
            return start_child(
                command,
                log=self._log(name),
                environment=environment(self.settings | not_for(name)),
                folder=REPOSITORY,
            )

        return Supervised(name=name, log=self._log(name), start=start)

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


# --- What is run -----------------------------------------------------------------------------------


def web_command(port: int) -> list[str]:
    return [
        *(PYTHON, "-m", "gunicorn", "artemis_site.wsgi:application"),
        f"--bind={ADDRESS}:{port}",
        *("--worker-class=gthread", "--workers=2", "--threads=4"),
        *("--preload", "--graceful-timeout=10", "--no-control-socket"),
    ]


def worker_command() -> list[str]:
    return [
        *(
            PYTHON,
            "-m",
            "celery",
            "-A",
            "artemis_site",
            "worker",
            "--concurrency=2",
            "--prefetch-multiplier=1",
        ),
        *("--without-gossip", "--without-mingle", "--loglevel=INFO"),
    ]


def beat_command(data: Path) -> list[str]:
    return [
        *(PYTHON, "-m", "celery", "-A", "artemis_site", "beat", "--loglevel=WARNING"),
        *(f"--schedule={data / 'beat-schedule'}", "--pidfile="),
    ]


def not_for(name: str) -> dict[str, str]:
    """Only the sealer knows the login that seals; none of them knows the one that owns the tables."""
    return {"DATABASE_OWNER_URL": ""} | ({} if name == "sealer" else {"DATABASE_SEALER_URL": ""})


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Two worker processes on a small machine: a thread per core in each would only get in the way.
    return inherited | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"} | dict(settings)


def settings_file(settings: Mapping[str, str]) -> str:
    lines = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    return "\n".join(["# Written by scripts/demo at each start; manage.py reads it.", *lines, ""])


def static_fingerprint() -> str:
    """Changes when a static file or a package does."""
    digest = hashlib.sha256((REPOSITORY / "requirements.txt").read_bytes())
    for path in sorted((REPOSITORY / "static").rglob("*")):
        status = path.stat()
        digest.update(f"{path.relative_to(REPOSITORY)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# --- The port --------------------------------------------------------------------------------------


def check_port(port: int) -> None:
    if not wait_until(lambda: _is_free(port), seconds=PORT_SECONDS, pause=0.1):
        raise ServerError(f"Port {port} is in use by another program: choose another one with --port N.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except PermissionError:
            raise ServerError(
                f"Port {port} is reserved for root: choose one from 1024 with --port N."
            ) from None
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# --- The person at the terminal ----------------------------------------------------------------------


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def servers_step(servers: Servers) -> str:
    own = [server.name for server in (servers.postgres, servers.valkey) if server is not None]
    return f"Starting {' and '.join(own)}" if own else "Using DATABASE_URL and REDIS_URL"


@contextmanager
def step(words: str, *, talks: bool = False) -> Iterator[None]:
    """Announce a step and then how long it took. A step that talks writes its own lines in between."""
    began = time.monotonic()
    print(f"{words} …", end="\n" if talks else " ", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"{'… ' if talks else ''}{time.monotonic() - began:.1f} s")


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help="on this machine only (8000)")
    parser.add_argument(
        "--data", type=Path, default=data_folder(), help="where it keeps its data (var/demo); one demo each"
    )
    return parser.parse_args(arguments)


def listen_for_stop(*, then: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup keeps it ignored
            signal.signal(number, then)


def _told(number: int, _: FrameType | None) -> None:
    raise Told(number)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parsed(arguments)
    listen_for_stop(then=_told)
    try:
        Demo(data=options.data.absolute(), port=options.port).run()
    except Told:
        return 0
    except ServerError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
