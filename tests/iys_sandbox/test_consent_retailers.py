"""Consents that name retailers: stored with them, or refused where the brand has not these (H180)."""

import sqlite3

import pytest

from iys_sandbox import create_sandbox
from portal.core import iys_protocol
from tests.iys_sandbox.callers import GRANT
from tests.iys_sandbox.test_retailers import KEY, OF_BRAND, OF_OTHER, SHOP, adds

BULK, STATUS = iys_protocol.bulk_add_path(*OF_BRAND), iys_protocol.single_status_path(*OF_BRAND)
OF_FIRST = "SELECT count(*) FROM record WHERE retailer_code IS NULL"


@pytest.fixture
def shops(provider) -> list[int]:
    """Two retailers of the brand, and one of another."""
    brands = {"57703411244": OF_BRAND, "10000000146": OF_BRAND, "10000000214": OF_OTHER}
    return [adds(provider, SHOP | {"tckn": tckn}, brand).json["retailerCode"] for tckn, brand in brands.items()]


def in_a_list(provider, clock, body):
    answer = provider.posts(BULK, [GRANT | {"recipient": "+905321230001"}, body])
    clock.forward(seconds=60)
    return answer


def alone(provider, clock, body):
    return provider.adds(body)


@pytest.mark.parametrize("sends", [alone, in_a_list])
def test_the_status_of_a_consent_tells_its_retailers(provider, clock, shops, sends):
    here, other, _ = shops

    sends(provider, clock, GRANT | {"retailerCode": here, "retailerAccess": [other]})
    told = provider.posts(STATUS, KEY).json
    clock.forward(seconds=60)
    provider.adds(GRANT | {"consentDate": iys_protocol.format_wire_date(clock.now)})

    assert (told["retailerCode"], told["retailerTitle"], told["retailerAccessCount"]) == (here, SHOP["title"], 2)
    later = provider.posts(STATUS, KEY).json
    assert ("retailerCode" in later, later["retailerAccessCount"]) == (False, 2)  # Nobody mediated; access stays.


@pytest.mark.parametrize(("sends", "index"), [(alone, {}), (in_a_list, {"index": 1})])
def test_retailers_that_the_brand_has_not_are_named(provider, clock, shops, sends, index):
    here, _, elsewhere = shops

    answer = sends(provider, clock, GRANT | {"retailerCode": elsewhere, "retailerAccess": [here, 12345678]})

    assert answer.status_code == 403
    wanted = [(["retailerCode"], elsewhere), (["retailerAccess", 1], 12345678)]
    text = iys_protocol.CODES["H180"].message
    assert answer.json["errors"] == [
        index | {"code": "H180", "location": location, "value": value, "message": text} for location, value in wanted
    ]
    assert provider.movements() == []


def test_a_file_from_before_there_were_retailers_is_read(tmp_path):
    file = tmp_path / "sandbox.db"
    create_sandbox(file)
    with sqlite3.connect(file) as db:
        db.execute("ALTER TABLE record DROP COLUMN retailer_code")
        values = ", ".join("?" * 9)
        db.execute(f"INSERT INTO record VALUES ({values})", (1, "a@example.com", "BIREYSEL", "EPOSTA", *5 * ["x"]))

    create_sandbox(file)

    with sqlite3.connect(file) as db:
        assert db.execute(OF_FIRST).fetchone() == (1,)
