"""A connected brand, and the feeds, pushes and sweeps of its inflow."""

import pytest

from portal.core.extensions import db
from portal.services.iys.inflow import feeds, pushes, sweeps
from tests import make


@pytest.fixture
def inflow(app, iys):
    """Takes steps of one kind until nothing is due: inflow.pulls(), inflow.reads(), inflow.sweeps()."""
    with app.app_context():
        make.brand()
        db.session.rollback()
    return Inflow(app, iys)


class Inflow:
    def __init__(self, app, iys):
        self.app, self.iys = app, iys

    def pulls(self) -> int:
        return self._all(feeds.pull_next_page)

    def reads(self) -> int:
        return self._all(pushes.read_next_push)

    def sweeps(self) -> int:
        return self._all(sweeps.sweep_next_chunk)

    def _all(self, step, most: int = 40) -> int:
        for taken in range(most):
            with self.app.app_context():
                if not step(self.iys):
                    return taken
        raise AssertionError("It never comes to an end.")
