from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from portal.services.messaging.fake_gateway import create_gateway
from tests import servers
from tests.portal.services.messaging.fake_gateway.vendors import QuietHandler, Receiver, Vendors

AT = datetime(2026, 5, 18, 7, 37, 20, tzinfo=UTC)


@pytest.fixture
def vendors(tmp_path) -> Vendors:
    """The three fake vendors: results are known at once, lost answers keep nobody waiting, and the clock stands."""
    return Vendors(create_gateway(tmp_path / "gateway.db", now=lambda: AT))


@pytest.fixture
def receiver(vendors) -> Iterator[Receiver]:
    """Where each account's pushes go."""
    receiver = Receiver()
    with servers.serving(receiver.app, QuietHandler) as url:
        for vendor in ("verimor", "netgsm", "iletimerkezi"):
            vendors.control("accounts", vendor=vendor, push_url=f"{url}/push", inbound_url=f"{url}/push")
        yield receiver
