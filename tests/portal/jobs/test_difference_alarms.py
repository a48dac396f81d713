"""Owners are mailed of new differences between İYS's records and theirs, once a day at most."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import AuditEntry, Difference, DifferenceKind, Mail, MailKind, Provider
from portal.domain.notifications import mails
from portal.jobs import worker
from tests import make

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def firm(app):
    make.codes(app)


def find_difference(app, found_at) -> None:
    with app.app_context():
        brand = make.brand()
        db.session.add(
            Difference(
                id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, kind=DifferenceKind.DRIFT,
                facts={"status": ["ONAY", None]}, found_at=found_at,
            )
        )  # fmt: skip
        db.session.commit()


def settle_all(app, at) -> None:
    with app.app_context():
        db.session.execute(update(Difference).values(settled_at=at))
        db.session.commit()


def test_new_differences_are_mailed_once_a_day_at_most(app, rows):
    start = clock.now()
    find_difference(app, start)
    for hours in (1, 2, 40):
        look(app, start + hours * HOUR)
    assert told(app, rows) == [("different", "1")]

    find_difference(app, start + 41 * HOUR)
    look(app, start + 42 * HOUR)
    find_difference(app, start + 43 * HOUR)
    look(app, start + 44 * HOUR)
    assert told(app, rows) == [("different", "1"), ("different", "2")]

    look(app, start + 67 * HOUR)
    look(app, start + 99 * HOUR)
    assert [count for _level, count in told(app, rows)] == ["1", "2", "3"]
    assert len(rows(AuditEntry, AuditEntry.act == "provider.differences_told")) == 3


def test_of_settled_differences_nobody_is_mailed(app, rows):
    find_difference(app, clock.now())
    settle_all(app, clock.now())

    look(app, clock.now() + HOUR)

    assert told(app, rows) == []


def test_a_firm_that_has_left_is_not_mailed(app, rows):
    find_difference(app, clock.now())
    with app.app_context():
        db.session.execute(update(Provider).values(left_at=clock.now()))
        db.session.commit()

    look(app, clock.now() + HOUR)

    assert told(app, rows) == []


def look(app, moment) -> None:
    with time_machine.travel(moment, tick=False), app.app_context():
        worker.do_every_ten_minutes()


def told(app, rows) -> list[tuple[str, str]]:
    with app.app_context():
        found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.SUBMISSIONS_WAIT)]
    return [(each["level"], each["count"]) for each in found if each["level"] == "different"]
