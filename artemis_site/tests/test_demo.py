"""What stands in the demo's way is said in one sentence, before anything is started."""

import argparse
import os
import socket

import pytest

from artemis_site import demo
from artemis_site.server_files import lock_folder
from artemis_site.server_programs import ServerError


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_said(taken_port, monkeypatch):
    monkeypatch.setattr(demo, "PORT_SECONDS", 0.1)
    with pytest.raises(ServerError) as refusal:
        demo.check_port(taken_port)
    assert str(refusal.value) == (
        f"Port {taken_port} is in use by another program: choose another one with --port N."
    )


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", ""])
def test_a_port_is_a_number(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a port is a number from 1 to 65535"):
        demo.port_number(text)


def test_a_folder_in_use_is_said_and_nothing_is_started(tmp_path):
    held = lock_folder(tmp_path / "demo.lock")
    with pytest.raises(ServerError) as refusal:
        demo.Demo(data=tmp_path, port=1).run()
    os.close(held)
    assert str(refusal.value) == (
        f"{tmp_path} is in use by another running demo: stop that one, or choose --data DIR."
    )
    assert not (tmp_path / "postgres").exists()


def test_the_settings_file_holds_what_is_set():
    assert demo.settings_file({"B": "2", "A": "1", "C": ""}) == (
        "# Written by scripts/demo at each start; manage.py reads it.\nA=1\nB=2\n"
    )


def test_only_migrate_is_given_the_owners_login(tmp_path, monkeypatch):
    given = {}

    def start_child(arguments, *, environment, **_):
        given[arguments[2]] = environment["DATABASE_OWNER_URL"]

    monkeypatch.setattr(demo, "start_child", start_child)
    one = demo.Demo(data=tmp_path, port=1)
    one.settings = {"DATABASE_OWNER_URL": "postgresql://owner:pw@/artemis"}
    for command in ("migrate", "collectstatic", "load_demo"):
        one._manage(command, log=None)
    assert given == {"migrate": "postgresql://owner:pw@/artemis", "collectstatic": "", "load_demo": ""}


def test_the_web_is_open_to_this_machine_only():
    assert "--bind=127.0.0.1:8000" in demo.web_command(8000)
