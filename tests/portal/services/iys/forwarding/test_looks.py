"""What the forwarder reads to find out whether anything is due."""

import json

import pytest
from sqlalchemy import event, text

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, BulkRequest, BulkState, Lane
from portal.services.iys.forwarding import bulk_lists, claims
from tests import databases, grants, make

on_sqlite = pytest.mark.skipif(bool(databases.SERVER), reason="asks SQLite for its plans")
on_postgresql = pytest.mark.skipif(not databases.SERVER, reason="SQLite keeps to its indexes")

WAITING = 20_000  # Grants that are due at once: so many more than a list holds that the planner cannot waver.

LOOKS = {
    "single ones": lambda at: claims.oldest_due(read_session(), at, Lane.PEOPLE),
    "people's for lists": lambda at: bulk_lists.move_waiting_people(db.session, at),
    "lists": lambda at: bulk_lists.claim_list(db.session, at, (BulkState.FORMED, BulkState.HELD)),
}


def asked_by(look) -> list[tuple]:
    """Each statement of a look, with its values."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    for engine in db.engines.values():
        event.listen(engine, "before_cursor_execute", note)
    look(clock.now())
    for engine in db.engines.values():
        event.remove(engine, "before_cursor_execute", note)
    return asked


def insert_due_list(of: Brand) -> None:
    at = clock.now()
    mine = {"provider_id": of.provider_id, "brand_id": of.id, "channel": Channel.SMS, "endpoint": "/request"}
    db.session.add(BulkRequest(**mine, state=BulkState.FORMED, size=1, attempts=0, created_at=at, due_at=at))
    db.session.commit()


def plans(look) -> list[str]:
    """The lines of SQLite's plans of what a look asks."""
    asked = asked_by(look)
    with db.engines["reader"].connect() as connection:
        explained = (connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given) for statement, given in asked)
        return [row.detail for rows in explained for row in rows.all()]


def sorted_below_a_limit(plan: dict, is_below: bool = False) -> bool:
    """Whether PostgreSQL reads all there is before the first row of so many."""
    is_below |= plan["Node Type"] == "Limit"
    is_sort = is_below and "Sort" in plan["Node Type"]
    return is_sort or any(sorted_below_a_limit(each, is_below) for each in plan.get("Plans", ()))


@on_sqlite
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_reads_no_connection_of_firms_for_whom_nothing_waits(app, look):
    with app.app_context():
        grants.insert_decisions(make.brand(), grants.phones(1), clock.now(), lane=Lane.PEOPLE)
        insert_due_list(make.brand())
        found = plans(LOOKS[look])

    assert any("connection USING" in each for each in found)
    assert not [each for each in found if "SCAN connection" in each]


@on_postgresql
@pytest.mark.slow
def test_a_look_for_what_is_due_reads_nothing_that_ended(app):
    """Of a firm with many of both the planner may take the index of all of them for as good."""
    with app.app_context():
        grants.insert_decisions(make.brand(), grants.phones(WAITING), clock.now(), lane=Lane.REFUSALS)
        for change in ("lane = 'bulk' WHERE id % 3 > 0", "outcome = 'accepted', due_at = NULL WHERE id / 7 % 3 > 0"):
            db.session.execute(text(f"UPDATE submission SET {change}"))
            db.session.commit()
            db.session.execute(text("ANALYZE"))
            db.session.commit()

        asked = asked_by(lambda at: claims.oldest_due(read_session(), at, Lane.REFUSALS))

        for statement, given in asked:
            found = db.session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar()
            assert "ix_submission_provider_outcome" not in json.dumps(found), found
        db.session.rollback()
    assert asked


@on_postgresql
@pytest.mark.slow
def test_a_list_is_formed_without_reading_all_that_are_due_at_once(app):
    with app.app_context():
        grants.insert_decisions(make.brand(), grants.phones(WAITING), clock.now())
        db.session.execute(text("ANALYZE"))
        db.session.commit()

        asked = asked_by(lambda at: bulk_lists.claim_list_to_send(db.session, at))

        filling = [each for each in asked if "row_number" in each[0]]
        for statement, given in filling:
            found = db.session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar()
            assert not sorted_below_a_limit(found[0]["Plan"]), found
        db.session.rollback()
    assert filling
