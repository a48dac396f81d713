"""Fatma, who has a receipt."""

import pytest
import time_machine

from portal.core.models import Receipt
from tests.portal.domain.complaints.cast import receipt_of

ELEVEN = "2026-12-07T08:00:00Z"  # A Monday, at 11:00 in Istanbul.


@pytest.fixture
def receipt(app, rows) -> tuple[Receipt, str]:
    """A receipt of Fatma's who refused by her link at eleven on a Monday, and its code."""
    with time_machine.travel(ELEVEN):
        yield receipt_of(app, rows)


@pytest.fixture
def code(receipt) -> str:
    """The code of her receipt."""
    return receipt[1]
