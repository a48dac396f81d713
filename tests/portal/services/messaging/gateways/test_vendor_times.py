"""Times as vendors write them, in Istanbul's time where they name no other."""

from datetime import datetime

import pytest

from portal.core.clock import ISTANBUL
from portal.services.messaging.gateways.vendor_rows import parse_time

SAID_AT = datetime(2026, 12, 2, 12, 59, tzinfo=ISTANBUL)


@pytest.mark.parametrize("layout", [
    "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d%m%Y%H%M", "%d%m%Y%H%M%S",
])  # fmt: skip
def test_a_time_is_read_as_it_was_written(layout):
    assert parse_time(f"{SAID_AT:{layout}}") == SAID_AT


@pytest.mark.parametrize("text", ["0212202612", "02122026125", "0212202612590", "1764676740"])
def test_digits_of_another_length_are_no_time(text):
    assert parse_time(text) is None
