"""Inserts past the ORM: what is there already stays, and what is missing is counted."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import DayKind, Holiday, IysRate
from portal.core.models.inserts import in_few_statements, insert_missing, insert_rows


@pytest.mark.parametrize("count", [1, 20, 200, 64 * 3])
def test_rows_that_are_there_stay_and_new_ones_are_counted(app, rows, count):
    first, later = clock.now(), clock.now() + timedelta(hours=1)
    with app.app_context():
        insert_missing(db.session, IysRate, [{"name": "0", "next_at": first}])

        new = insert_missing(db.session, IysRate, [{"name": str(each), "next_at": later} for each in range(count + 1)])
        db.session.commit()

    assert new == count
    assert {each.name: each.next_at for each in rows(IysRate)}["0"] == first


def test_rows_gathered_for_few_statements_stand_all_and_errors_are_those_of_sqlalchemy(app, rows):
    at = clock.now()
    holiday = {"id": 1, "day": at.date(), "kind": DayKind.FULL, "name": "Bayram", "changed_at": at}
    with app.app_context():
        with in_few_statements(db.session):
            insert_rows(db.session, IysRate, [{"name": "a", "next_at": at}, {"name": "b", "next_at": at}])
            insert_rows(db.session, Holiday, [holiday])
            assert db.session.scalars(select(IysRate.name)).all() == []
        db.session.commit()
        with pytest.raises(IntegrityError), in_few_statements(db.session):
            insert_rows(db.session, IysRate, [{"name": "c", "next_at": at}])
            insert_rows(db.session, IysRate, [{"name": "a", "next_at": at}])
        db.session.rollback()

    assert {each.name: each.next_at for each in rows(IysRate)} == {"a": at, "b": at}
    assert [each.name for each in rows(Holiday)] == ["Bayram"]
