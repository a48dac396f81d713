"""A provider in an app's context, whose work is thrown away."""

import pytest

from portal.core.extensions import db
from tests import make


@pytest.fixture
def provider(app):
    with app.app_context():
        yield make.provider()
        db.session.rollback()
