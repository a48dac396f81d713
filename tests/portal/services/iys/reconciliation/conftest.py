"""A Monday to be reconciled."""

import pytest
import time_machine

from tests.portal.services.iys.reconciliation.story import NOON, Story


@pytest.fixture
def story(app, browser, sandbox, iys):
    """It is Monday noon."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield Story(app, browser, sandbox, iys, traveller)
