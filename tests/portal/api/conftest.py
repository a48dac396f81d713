"""Ayşe's provider, a program with all that a key may do there, and the CRM that the documentation offers."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.core.models import Provider
from tests import make
from tests.portal.api.programs import Program, make_key

CLIENTS = Path(__file__).parents[3] / "docs" / "clients"


@pytest.fixture
def provider(app) -> Iterator[Provider]:
    """Ayşe's, in the test's context."""
    with app.app_context():
        yield make.provider()


@pytest.fixture
def program(app, provider) -> Program:
    return Program(app, make_key(provider))


@pytest.fixture(scope="module")
def crm_module():
    """crm.py with the client that it imports, as its users have them: side by side."""
    found = {}
    for name, folder in (("izinlink_client", "python"), ("crm", ".")):
        spec = importlib.util.spec_from_file_location(name, CLIENTS / folder / f"{name}.py")
        assert spec and spec.loader
        found[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found[name])
    yield found["crm"]
    for name in found:
        del sys.modules[name]
