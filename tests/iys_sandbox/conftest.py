"""A sandbox for each test, with a clock that stands still until it is moved."""

import pytest

from iys_sandbox import create_sandbox, open_sandbox
from tests.iys_sandbox.callers import ACCOUNT, Provider, Watch


@pytest.fixture
def clock():
    return Watch()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sandbox.sqlite"


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The program without a memory of its own: its routes take longer to compile than most tests to run."""
    app = create_sandbox(tmp_path_factory.mktemp("program") / "sandbox.sqlite")
    app.extensions.pop("sandbox").store.close()
    return app


@pytest.fixture
def app(program, file, clock):
    box = open_sandbox(file, clock=clock, requests_per_second=0, may_push_in_clear=True)
    box.store.add_account(**ACCOUNT)
    program.extensions["sandbox"] = box
    yield program
    box.store.close()


@pytest.fixture
def provider(app):
    return Provider(app)
