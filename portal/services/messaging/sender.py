"""The sender's loops. Some threads send nothing but what somebody waits for, so that they are never busy; others read
what the gateways tell, and ask those that do not: accounts that did not answer last time hold up each other alone."""

import threading
from functools import partial

from flask import Flask

from portal.core import loops
from portal.core.loops import Loop
from portal.core.models import GatewayEvent
from portal.services.messaging import gateway_events, outbox

LOOPS = (
    Loop("high priority", partial(outbox.send_due, only_high_priority=True), threads=2),
    Loop("all", outbox.send_due, threads=4, idle=0.5),
    Loop("news", gateway_events.work_due, idle=0.5),
    Loop("reports", partial(gateway_events.work_due, only_reports=True), idle=0.5),
    Loop("sweeps", partial(gateway_events.sweep_due, GatewayEvent.failures == 0), threads=2, idle=5),
    Loop("sweeps of silent accounts", partial(gateway_events.sweep_due, GatewayEvent.failures > 0), idle=5),
)


def run(app: Flask, stop: threading.Event) -> None:
    """Send until told to stop; calls in hand end first. Any number of senders may run."""
    loops.run_loops(app.app_context, stop, LOOPS)
