"""Moments in the database: in UTC, whatever their zone, and written as SQLAlchemy writes them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import DateTime, func, insert, select, type_coerce
from sqlalchemy.exc import StatementError

from portal.core.extensions import db
from portal.core.models import IysRate

PLAIN = type_coerce(IysRate.next_at, DateTime())


@pytest.mark.parametrize("microsecond", [0, 50, 123456])
def test_a_moment_of_any_zone_is_found_as_the_utc_that_sqlalchemy_writes(app, microsecond):
    at = datetime(2026, 11, 30, 1, 2, 3, microsecond, ZoneInfo("Europe/Istanbul"))
    plain = datetime(2026, 11, 29, 22, 2, 3, microsecond)
    with app.app_context():
        db.session.execute(insert(IysRate).values(name="a", next_at=at))

        assert db.session.scalars(select(PLAIN)).all() == [plain]
        assert db.session.scalars(select(IysRate.next_at)).all() == [plain.replace(tzinfo=UTC)]
        assert db.session.scalar(select(func.count()).where(plain == PLAIN)) == 1


def test_a_moment_without_a_zone_is_refused(app):
    with app.app_context(), pytest.raises(StatementError, match="needs its time zone"):
        db.session.execute(insert(IysRate).values(name="a", next_at=datetime(2026, 11, 30)))
