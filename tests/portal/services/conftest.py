"""The portal as started with other keys."""

import base64
from hashlib import sha256

import pytest

from portal.app import create_app
from portal.core.extensions import limiter
from tests import databases
from tests.conftest import SECRETS

KEYS = {1: SECRETS["VAULT_KEYS"]} | {
    each: f"{each}:{base64.b64encode(sha256(bytes([each])).digest()).decode()}" for each in (2, 3)
}


@pytest.fixture
def start(environ):
    """Starts the portal with some key generations, as a process of its own would."""
    started = []

    def start(*generations):
        app = create_app({**environ, "VAULT_KEYS": ",".join(KEYS[each] for each in generations)})
        app.testing, limiter.enabled = True, False
        started.append(app)
        return app

    yield start
    for app in started:
        app.extensions["visit_recorder"].stop()
        databases.close_connections(app)
