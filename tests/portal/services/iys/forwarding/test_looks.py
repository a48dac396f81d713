"""What the forwarder reads to find out whether anything is due."""

import pytest
from sqlalchemy import event

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import BulkState, Lane
from portal.services.iys.forwarding import bulk_lists, claims
from tests import databases, grants, make

pytestmark = pytest.mark.skipif(bool(databases.SERVER), reason="asks SQLite for its plans")

LOOKS = {
    "single ones": lambda at: claims.oldest_due(read_session(), at, Lane.PEOPLE),
    "people's for lists": lambda at: bulk_lists.move_waiting_people(db.session, at),
    "lists": lambda at: bulk_lists.claim_list(db.session, at, (BulkState.FORMED, BulkState.HELD)),
}


def plans(look) -> list[str]:
    """The lines of SQLite's plans of what a look asks."""
    asked, engine = [], db.engines["reader"]

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    look(clock.now())
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        explained = (connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given) for text, given in asked)
        return [row.detail for rows in explained for row in rows.all()]


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_reads_no_connection_of_firms_for_whom_nothing_waits(app, look):
    with app.app_context():
        grants.insert_decisions(make.brand(), grants.phones(1), clock.now(), lane=Lane.PEOPLE)
        found = plans(LOOKS[look])

    assert any("connection USING" in each for each in found)
    assert not [each for each in found if "SCAN connection" in each]
