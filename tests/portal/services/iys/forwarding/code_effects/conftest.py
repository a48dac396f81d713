"""Decisions that wait for İYS, with the clock standing still, and what İYS says of them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Submission
from portal.services.iys import rate_limit, success_rate
from tests import grants, make

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TEN_MINUTES = timedelta(minutes=10)
TAKEN = (202, {"requestId": "a-1"})
STORED_AT = datetime(2026, 11, 23, 7, tzinfo=UTC)  # What İYS writes as ten o'clock.
STORED = {"index": 0, "status": "success", "transactionId": "t-1", "creationDate": "2026-11-23 10:00:00"}


@pytest.fixture(autouse=True)
def standing_clock():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as at:
        yield at


@pytest.fixture
def bring(app):
    def them(count, **facts):
        with app.app_context():
            waited = timedelta(0) if "lane" in facts else timedelta(minutes=1)  # Or few go singly.
            grants.insert_decisions(make.brand(), grants.phones(count), clock.now() - waited, **facts)

    return them


def says(code, status=400, **more):
    return status, {"errors": [{"code": code} | more]}


def fail_often(app):
    with app.app_context():
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=1000, failures=300)
        success_rate.count_call(db.session, make.brand().provider_id, clock.now(), calls=900, failures=300)
        db.session.commit()


def in_order(rows):
    """The submissions by their numbers."""
    return sorted(rows(Submission), key=lambda each: each.bulk_index if each.bulk_index is not None else each.id)
