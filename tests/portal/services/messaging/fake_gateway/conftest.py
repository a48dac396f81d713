import pytest

from portal.services.messaging.fake_gateway import create_gateway
from tests.portal.services.messaging.fake_gateway.vendors import Vendors


@pytest.fixture
def vendors(tmp_path) -> Vendors:
    """The three fake vendors, whose results are known at once and whose lost answers keep nobody waiting."""
    return Vendors(create_gateway(tmp_path / "gateway.db"))
