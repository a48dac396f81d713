"""Fatma, who has a receipt; and what a request asks of the database."""

import threading

import pytest
import time_machine
from sqlalchemy import event

from portal.core.extensions import db
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


@pytest.fixture
def statements(app):
    """What this thread asked the database, in order; openings are written by another."""
    asked, here = [], threading.get_ident()

    def note(_connection, _cursor, statement, *_):
        if threading.get_ident() == here:
            asked.append(statement)

    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "before_cursor_execute", note)
    return asked
