"""An account at a vendor that pushes, and the vendors behind it."""

import pytest

from portal.services.messaging.fake_gateway import create_gateway
from tests import servers
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor
from tests.snapshots import made_once


@pytest.fixture
def vendor(app, browser) -> Vendor:
    with app.app_context():
        gateway_id = made_once("vendor", lambda: delivery.add("verimor"))
    return Vendor(app, browser, gateway_id)


@pytest.fixture
def vendors(app, tmp_path):
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        yield delivery.Vendors(url)
