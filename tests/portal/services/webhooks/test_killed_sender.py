"""A sender that is killed while a receiver has the request, but we have no answer, sends it once more."""

import threading
import time
from functools import partial

import pytest
import time_machine

from portal.core import clock
from portal.core.guarded_requests import Transport
from tests import processes, servers
from tests.portal.services.webhooks.conftest import A_MINUTE
from tests.webhook_receiver import Receiver


@pytest.mark.slow
def test_what_a_killed_sender_had_sent_comes_again_with_the_same_id(webhooks, app, environ):
    killed, receiver = threading.Event(), Receiver()
    receiver.answers = [lambda: (killed.wait(60) and 200, {})]
    sends = partial(processes.call, environ, "webhooks", "send")
    with servers.serving(receiver) as url:
        endpoint_id = webhooks.add(url)
        webhooks.happen(2)
        with processes.forked(app, sends):
            give_up_at = time.monotonic() + processes.STARTUP_TIMEOUT
            while not receiver.requests and time.monotonic() < give_up_at:
                time.sleep(0.05)
        killed.set()
        assert webhooks.deliver(Transport(None)) == 0  # The lease of the dead one lasts.
        with time_machine.travel(clock.now() + 2 * A_MINUTE):
            webhooks.deliver(Transport(None))

    assert [each.number for each in receiver.requests] == [1, 1, 2]
    assert receiver.ids[0] == receiver.ids[1]
    assert [each.attempts for each in webhooks.log(endpoint_id)] == [1, 1]
