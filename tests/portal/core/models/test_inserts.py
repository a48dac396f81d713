"""Inserts past the ORM: what is there already stays, and what is missing is counted."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import IysRate
from portal.core.models.inserts import insert_missing


@pytest.mark.parametrize("count", [1, 20, 200, 64 * 3])
def test_rows_that_are_there_stay_and_new_ones_are_counted(app, rows, count):
    first, later = clock.now(), clock.now() + timedelta(hours=1)
    with app.app_context():
        insert_missing(db.session, IysRate, [{"name": "0", "next_at": first}])

        new = insert_missing(db.session, IysRate, [{"name": str(each), "next_at": later} for each in range(count + 1)])
        db.session.commit()

    assert new == count
    assert {each.name: each.next_at for each in rows(IysRate)}["0"] == first
