"""SELECTs that go straight to the driver: as SQLAlchemy's own, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, event, select
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.extensions import db, reader
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Consent, Holiday, IysRate, Provider
from portal.core.prepared_select import PreparedSelect
from tests import make
from tests.grants import insert_decisions, phones

CONSENTS = (
    select(Consent.recipient_id, Consent.status, Consent.consent_date, Brand.id, Brand.is_sandbox, Provider.admitted_at)
    .join(Brand, Brand.id == Consent.brand_id)
    .join(Provider, Provider.id == Brand.provider_id)
    .where(Consent.channel == bindparam("channel"), Consent.consent_date <= bindparam("at"), Consent.status == "ONAY")
    .order_by(Consent.recipient_id)
)


@pytest.fixture
def here(app):
    with app.app_context():
        yield


def test_rows_are_those_of_sqlalchemy(here):
    make.provider()
    insert_decisions(make.brand(), phones(3), clock.now() - timedelta(hours=1), held="ONAY")
    values = {"channel": Channel.SMS, "at": clock.now()}
    expected = db.session.execute(CONSENTS, values).all()
    prepared = PreparedSelect(CONSENTS)

    found = prepared.all(reader(), **values)

    assert len(found) == 3 and found == expected
    assert found == prepared.all(reader(), **values)
    assert [row.status for row in found] == [row.status for row in expected]
    assert prepared.all(reader(), **values | {"at": clock.now() - timedelta(days=1)}) == []


def test_whoever_listens_for_statements_hears_of_it_and_the_connection_is_given_back(here):
    heard, prepared = [], PreparedSelect(select(IysRate.name).where(IysRate.name == bindparam("name")))
    event.listen(reader(), "before_cursor_execute", lambda _c, _cursor, statement, *_: heard.append(statement))

    assert prepared.all(reader(), name="none") == []

    assert len(heard) == 1 and heard[0].startswith("SELECT iys_rate.name")
    assert reader().pool.checkedout() == 0


def test_connections_that_end_are_replaced_at_once_and_no_value_is_told(here):
    prepared = PreparedSelect(select(Holiday.name).where(Holiday.name == bindparam("name")))
    lost = [reader().raw_connection() for _ in range(2)]
    drivers = [each.driver_connection for each in lost]
    for each in (*lost, *drivers):
        each.close()

    with pytest.raises(DBAPIError) as failed:
        prepared.all(reader(), name="kept to ourselves")

    assert "kept to ourselves" not in str(failed.value) and "holiday" in str(failed.value)
    assert prepared.all(reader(), name="kept to ourselves") == []


def test_within_a_transaction_it_reads_what_was_written_there_and_a_lost_connection_can_be_rolled_back(here):
    prepared = PreparedSelect(select(IysRate.name).where(IysRate.name == bindparam("name")))
    db.session.add(IysRate(name="new", next_at=clock.now()))
    db.session.flush()

    assert [row.name for row in prepared.all_within(db.session.connection(), name="new")] == ["new"]
    assert prepared.all(reader(), name="new") == []

    db.session.connection().connection.driver_connection.close()
    with pytest.raises(DBAPIError):
        prepared.all_within(db.session.connection(), name="kept to ourselves")
    db.session.rollback()
    assert prepared.all_within(db.session.connection(), name="new") == []
