from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from tests import grants, make
from tests.portal.services.iys.forwarding.partly_failing import OTHER, SISTER, open_firm


@pytest.fixture
def at():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def firms(app):
    """Two providers, the second with two brands and a password that may be wrong."""
    with app.app_context():
        make.provider()
        open_firm(OTHER, {OTHER: "Öteki", SISTER: "Kardeş"}, "forgetful")


@pytest.fixture
def bring(app):
    """Bring so many grants into the bulk lane."""

    def them(count, first=0, **facts):
        with app.app_context():
            waited = timedelta(0) if "lane" in facts else timedelta(minutes=1)  # Or few go singly.
            grants.insert_decisions(make.brand(), grants.phones(count, first), clock.now() - waited, **facts)

    return them
