"""What tests of consents share."""

import pytest

from portal.core.extensions import db
from tests import make


@pytest.fixture
def brand(app):
    """The first firm's brand, in an app context and outside a transaction."""
    with app.app_context():
        brand = make.brand()
        db.session.commit()
        yield brand
