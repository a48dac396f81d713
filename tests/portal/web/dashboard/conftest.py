"""Ayşe, who owns, and a campaign of hers."""

import pytest

from portal.core.extensions import db
from portal.core.models import BatchState
from tests import make
from tests.portal.web.dashboard import import_batches
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


@pytest.fixture
def in_state(app):
    """Makes a file in a state; its address."""

    def made(state: BatchState, **facts) -> str:
        with app.app_context():
            return f"/dashboard/imports/{import_batches.make_batch(state, **facts).id}"

    return made
