"""A refusal by SMS, from the vendor's push to İYS, with sender and forwarder running."""

import threading
import time

import pytest

from portal.core import loops
from portal.services.iys import forwarder
from portal.services.messaging import sender
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor

pytestmark = pytest.mark.slow

SECONDS = 5.0  # From the reply until İYS has it.
PATIENCE = 30.0  # Until loops that were told to stop have stopped.


@pytest.fixture
def running(app, sandbox):
    """The loops of the forwarder, and those of the sender that read what gateways tell."""
    app.config["IYS_BASE_URL"] = sandbox.url
    stop = threading.Event()
    news = [each for each in sender.LOOPS if each.name == "news"]
    threads = [
        threading.Thread(target=forwarder.run, args=(app, stop)),
        threading.Thread(target=loops.run_loops, args=(app.app_context, stop, news)),
    ]
    for each in threads:
        each.start()
    yield
    stop.set()
    for each in threads:
        each.join(PATIENCE)


def wait_for_movement(sandbox, status: str, seconds: float) -> dict[str, str]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = [each for each in sandbox.movements() if each["status"] == status]
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(f"İYS has no {status} after {seconds} s")


def test_a_refusal_by_sms_is_at_iys_within_five_seconds(app, browser, sandbox, running):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    with app.app_context():
        gateway_id = delivery.add("verimor")
    vendor = Vendor(app, browser, gateway_id)
    wait_for_movement(sandbox, "ONAY", PATIENCE)

    vendor.brings("RET")
    told = wait_for_movement(sandbox, "RET", SECONDS)

    assert (told["recipient"], told["type"], told["source"]) == (make.PHONE, "MESAJ", "HS_MESAJ")
