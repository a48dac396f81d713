"""`flask iys sandbox`: the İYS in a box runs until it is stopped."""

import time
from functools import partial

import pytest
import requests

from tests.processes import HERE, STARTUP_TIMEOUT, call, forked, free_ports

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def test_the_box_runs_and_knows_the_account_that_was_named(app, environ, tmp_path):
    (port,) = free_ports(1)
    options = ["--file", str(tmp_path / "box.db"), "--account", "ayse:password:700100:700100", "--port", str(port)]
    login = {"username": "ayse", "password": "password", "grant_type": "password"}
    give_up_at = time.monotonic() + STARTUP_TIMEOUT

    with forked(app, partial(call, environ, "iys", "sandbox", *options)) as (box,):
        while True:
            try:
                answer = requests.post(f"http://{HERE}:{port}/oauth2/token", json=login, timeout=10)
                break
            except requests.ConnectionError:
                assert box.is_alive() and time.monotonic() < give_up_at
                time.sleep(0.05)

    assert answer.json()["access_token"]
