"""Ayşe, who owns, and a campaign of hers."""

import pytest

from portal.core.extensions import db
from tests import make
from tests.portal.web.dashboard.staff import signed_in


@pytest.fixture
def ayse(app):
    """Ayşe, signed in."""
    with app.app_context():
        make.brand()
        db.session.rollback()
    return signed_in(app)


@pytest.fixture
def draft(app) -> int:
    """A campaign without audience, by its id."""
    with app.app_context():
        campaign_id = make.campaign().id
        db.session.rollback()
    return campaign_id
