"""Nobody who refused a channel gets a campaign's link over it, or a question about it, however late the refusal was.

Random histories (campaign_world.py) of links, mail programs, staff, "not me", files, İYS and replies; between them
campaigns of every kind, the real sender, and downloads. SEED=… replays one.
"""

import os
from datetime import datetime

import pytest
import time_machine

from tests import databases, servers
from tests.portal.services.messaging.test_outbox import Gateway
from tests.stories.campaign_world import CampaignWorld

pytestmark = pytest.mark.slow

SEED = os.environ.get("SEED")
SEEDS = [int(SEED)] if SEED else [0, *(range(11, 21) if databases.SERVER else range(1, 11))]
STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.long if seed else ()) for seed in SEEDS])
def test_nothing_goes_over_a_channel_that_was_refused(app, seed):
    gateway = Gateway()
    with servers.serving(gateway.app) as gateway.url, time_machine.travel(STARTS) as traveller:
        world = CampaignWorld(app, gateway, traveller, seed, people=24 if seed else 12)
        world.run(acts=400 if seed else 120)

    assert world.counts["ask"] and world.counts["refuse"] and world.counts["lines"], world.counts
