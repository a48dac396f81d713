import pytest
import time_machine

from tests.stories.refusal_world import STARTS, World


@pytest.fixture
def world(app, browser, sandbox, iys, rows):
    with time_machine.travel(STARTS, tick=False) as traveller:
        yield World(app, browser, sandbox, iys, rows, traveller)
