"""Owners are mailed what İYS has not taken: once per level and news, with counts, whoever looks and however often."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Event, EventType, Lane, Mail, MailKind, Outcome, Provider, Role, Submission
from portal.domain.notifications import mails
from portal.jobs import submission_alarms
from tests import make
from tests.portal.domain.identity.test_concurrency import MANY, at_once
from tests.portal.services.imports.test_older_refusals import statements
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture
def start(app):
    """Two grants that wait for İYS; their moment."""
    codes = make.codes(app, f"{make.PHONE}\n{make.EMAIL}")
    make.Person(app.test_client(), codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    return clock.now()


def look(app, moment, times: int = 1) -> None:
    with time_machine.travel(moment, tick=False):
        for _ in range(times):
            with app.app_context():
                submission_alarms.notify_owners_of_submissions()


def told(app, rows) -> list[tuple[str, str]]:
    with app.app_context():
        found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.SUBMISSIONS_WAIT)]
    return [(each["level"], each["count"]) for each in found]


def change(app, *conditions, **values) -> None:
    with app.app_context():
        db.session.execute(update(Submission).where(*conditions).values(values))
        db.session.commit()


def test_what_waits_is_told_after_a_day_and_after_two(app, start, rows):
    for hours in (1, 23, 25, 26, 47, 49, 60, 100):
        look(app, start + hours * HOUR, times=2)

    assert told(app, rows) == [("amber", "2"), ("red", "2")]
    near = rows(Event, Event.type == EventType.DEADLINE_NEAR)
    assert [each.facts for each in near] == [{"level": "amber", "count": 2}, {"level": "red", "count": 2}]


@pytest.mark.parametrize("outcome", [Outcome.PARKED, Outcome.BLOCKED, Outcome.EXPIRED])
def test_what_is_stopped_is_told_soon_and_again_only_with_news(app, start, rows, outcome):
    one = Submission.lane == Lane.PEOPLE
    change(app, one, outcome=outcome, due_at=None, ended_at=start)
    for hours in (1, 2, 20):
        look(app, start + hours * HOUR)
    assert told(app, rows) == [(outcome.value, "1")]

    change(app, ~one, outcome=outcome, due_at=None, ended_at=start + 3 * HOUR)
    for hours in (4, 26, 27, 60, 90):
        look(app, start + hours * HOUR)

    assert [count for level, count in told(app, rows) if level == outcome.value] == ["1", "2"]


def test_firms_of_whom_nothing_is_late_are_asked_about_at_once(app, start):
    """Whatever waits there, and however many they are; else each look asked twice for each firm."""
    asked = []
    for number in (1, 5):
        with app.app_context():
            for code in range(make.IYS_CODE + number, make.IYS_CODE + 2 * number):
                make.provider(code, code, f"{code}@firma.example")
        with statements() as found:
            look(app, start + HOUR)
        asked.append(len(found))

    assert asked[0] == asked[1] > 0


def test_what_somebody_closed_is_not_told(app, start, rows):
    change(app, outcome=Outcome.PARKED, due_at=None, ended_at=start, closed_at=start)
    look(app, start + HOUR)

    assert told(app, rows) == []


def test_two_machines_tell_once(app, start, rows):
    with time_machine.travel(start + 25 * HOUR, tick=False):

        def look_once() -> int:
            with app.app_context():
                submission_alarms.notify_owners_of_submissions()
            return 0

        at_once(*[look_once] * MANY)

    assert told(app, rows) == [("amber", "2")]


def test_the_mail_leads_the_owner_to_the_page_that_lists_them(app, start, rows):
    look(app, start + 25 * HOUR)

    with app.app_context():
        mail = rows.one(Mail, Mail.kind == MailKind.SUBMISSIONS_WAIT)
        facts = mails.read_facts(vault(), mail)
        assert mails.read_address(vault(), mail) == make.AYSE
    assert facts.keys() == {"place", "level", "count", "link"}
    with time_machine.travel(start + 25 * HOUR):
        page = signed_in(app).opens("/dashboard" + facts["link"].partition("/dashboard")[2]).text
    assert "Bir gündür bekleyen (2)" in page and page.count('class="case"') == 2


def test_whom_no_owner_hears_is_told_once_there_is_one(app, start, rows):
    with app.app_context():
        user = db.session.query(Provider).one()
        db.session.execute(db.text("UPDATE membership SET role = 'auditor'"))
        db.session.commit()
        provider_id = user.id
    look(app, start + 25 * HOUR, times=2)
    assert told(app, rows) == []
    assert len(rows(Event, Event.type == EventType.DEADLINE_NEAR)) == 1  # Programs hear of it all the same.

    with app.app_context():
        make.person(db.session.get_one(Provider, provider_id), "yeni@example.com", Role.OWNER)
    look(app, start + 26 * HOUR, times=2)

    assert told(app, rows) == [("amber", "2")]
    assert len(rows(Event, Event.type == EventType.DEADLINE_NEAR)) == 1
