"""A sandbox of its own for each test, with a clock that only moves when told."""

import pytest

from portal.iys.sandbox import create_sandbox

from .callers import ACCOUNT, Provider, Watch


@pytest.fixture
def clock():
    return Watch()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def app(file, clock):
    app = create_sandbox(file, clock=clock, requests_per_second=0)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)
    yield app
    app.extensions["sandbox"].store.close()


@pytest.fixture
def provider(app):
    return Provider(app)
