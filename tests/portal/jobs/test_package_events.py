"""A package that is nearly full is told to programs once, and again at the next level."""

from sqlalchemy import event

from portal.core.extensions import db
from portal.core.models import Event, EventType
from portal.jobs import package_events
from tests import make
from tests.portal.domain.packages.cast import bought, holds


def test_a_package_is_told_of_once_at_each_level(app, rows):
    with app.app_context():
        provider = make.provider()
        bought(provider, 10)
        for count in (7, 8, 9, 11, 12):
            holds(provider, count)
            db.session.commit()
            package_events.record_low_packages()

    assert [each.facts for each in rows(Event, Event.type == EventType.PACKAGE_LOW)] == [
        {"level": "near", "records": 10, "used": 8}, {"level": "grace", "records": 10, "used": 11},
    ]  # fmt: skip


def test_what_was_told_is_asked_once_for_all_providers(app):
    asked = []

    def note(connection, cursor, statement, *rest) -> None:
        asked.append(statement)

    with app.app_context():
        for number in range(2):
            make.provider(make.IYS_CODE + number, make.BRAND_CODE + number, f"{number}@firma.example")
        event.listen(db.engines["reader"], "before_cursor_execute", note)
        package_events.record_low_packages()
        event.remove(db.engines["reader"], "before_cursor_execute", note)

    assert sum("FROM event" in each for each in asked) == 1
