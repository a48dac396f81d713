"""Before and after each call of a vendor: faults that a tester set, and the journal."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.services.messaging.fake_gateway import journal
from portal.services.messaging.fake_gateway.acceptance import Refusal, keep_waiting
from portal.services.messaging.fake_gateway.state import state

HTTP_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def watch(
    blueprint: Blueprint, vendor: str, refuse: Callable[[Refusal], ResponseReturnValue], sends: Sequence[str] = ()
) -> None:
    """Let faults strike the calls of a vendor, of which `sends` are the views that send; answer refusals in its words;
    note each call."""

    @blueprint.before_request
    def strike() -> None:
        here = state()
        is_send = (request.endpoint or "").rpartition(".")[2] in sends
        with here.lock:
            matching = (each for each in here.faults if each.vendor == vendor and (is_send or each.any_call))
            fault = next((each for each in matching if each.strikes()), None)
        if fault is None:
            return
        if fault.code == "hang":
            keep_waiting(here)
        if fault.code != "lost":
            raise Refusal(fault.code)
        g.loses_answer = True

    blueprint.errorhandler(Refusal)(refuse)
    blueprint.after_request(journal.record_call)


def page(status: int) -> tuple[str, int]:
    """An HTTP error as a proxy in front of a vendor answers it."""
    return HTTP_PAGE.format(status), status


def wall_clock(at: datetime) -> str:
    """A time of Istanbul without a zone, as all three write it."""
    return clock.istanbul(at).strftime("%Y-%m-%d %H:%M:%S")
