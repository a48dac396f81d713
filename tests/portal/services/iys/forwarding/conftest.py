import pytest
import time_machine

from portal.core import clock
from tests import make
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
