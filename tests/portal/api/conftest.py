"""Ayşe's provider, and a program with all that a key may do there."""

from collections.abc import Iterator

import pytest

from portal.core.models import Provider
from tests import make
from tests.portal.api.programs import Program, make_key


@pytest.fixture
def provider(app) -> Iterator[Provider]:
    """Ayşe's, in the test's context."""
    with app.app_context():
        yield make.provider()


@pytest.fixture
def program(app, provider) -> Program:
    return Program(app, make_key(provider))
