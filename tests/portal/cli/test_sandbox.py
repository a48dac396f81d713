"""`flask iys sandbox`: the İYS in a box runs until it is stopped."""

import os
import sys

import pytest
import requests

from tests.processes import Program, free_ports

pytestmark = pytest.mark.alike


@pytest.mark.slow
def test_the_box_runs_and_knows_the_account_that_was_named(environ, tmp_path):
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "iys", "sandbox", "--port", str(port)]
    options = ["--file", str(tmp_path / "box.db"), "--account", "ayse:password:700100:700100"]
    box = Program(command + options, os.environ | environ, tmp_path / "log", port)

    try:
        box.start()
        login = {"username": "ayse", "password": "password", "grant_type": "password"}
        answer = requests.post(f"{box.url}/oauth2/token", json=login, timeout=10)
    finally:
        box.kill()

    assert answer.json()["access_token"]
