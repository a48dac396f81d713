"""A point that is open, and somebody who comes by."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from tests import make
from tests.portal.web.consent_points.visitor import Visitor, opened


@pytest.fixture
def admitted(app):
    """The provider has gone on to İYS: its points have addresses as they like."""
    with app.app_context():
        provider = make.provider()
        provider.admitted_at = provider.admitted_at or clock.now()
        db.session.commit()
        return provider.id


@pytest.fixture
def point(app, admitted):
    """An open point of the first brand, by its id."""
    return opened(app)


@pytest.fixture
def fatma(app, point):
    return Visitor(app)
