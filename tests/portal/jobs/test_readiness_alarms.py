"""The operator's admins are mailed a check that fails for five minutes, once, and its end; not each time it flaps."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import true, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Mail, MailKind, OperatorRole, Process
from portal.domain.notifications import mails
from portal.jobs import readiness_alarms
from tests import make

MINUTE = timedelta(minutes=1)


@pytest.fixture
def look(app):
    """Look at all checks so many minutes after the beginning, while the sender runs or is silent."""
    begin = clock.now()
    make.run_programs(app)
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
        make.staff("cem@example.com", OperatorRole.SUPPORT)

    def look(minute: int, *, sender_runs: bool) -> None:
        with time_machine.travel(begin + minute * MINUTE, tick=False), app.app_context():
            running = update(Process).where(true() if sender_runs else Process.role != "sender")
            db.session.execute(running.values(seen_at=clock.now()))
            db.session.commit()
            readiness_alarms.notify_of_checks()

    return look


@pytest.fixture
def told(app, rows):
    def told() -> list[tuple[str, bool]]:
        with app.app_context():
            found = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.CHECK_FAILS)]
        said = [(each["check"], each["is_over"]) for each in found]
        return [each for each in said if each[0] != "clock"]  # Only ours travels.

    return told


def test_a_failure_of_five_minutes_and_its_end_are_mailed_once(look, told):
    look(0, sender_runs=False)
    look(4, sender_runs=False)
    assert told() == []
    for minute in (5, 6, 300, 700):
        look(minute, sender_runs=False)
    assert told() == [("sender", False)]
    for minute in (701, 702):
        look(minute, sender_runs=True)

    assert told() == [("sender", False), ("sender", True)]


def test_a_check_that_flaps_is_mailed_once_in_six_hours(look, told):
    for minute in (0, 5):
        look(minute, sender_runs=False)
    for minute in range(10, 360, 50):
        look(minute, sender_runs=True)
        look(minute + 10, sender_runs=False)
        look(minute + 20, sender_runs=False)
    assert told() == [("sender", False), ("sender", True)]

    look(400, sender_runs=False)
    assert told() == [("sender", False), ("sender", True), ("sender", False)]


def test_a_short_failure_is_mailed_to_nobody(look, told):
    look(0, sender_runs=False)
    look(3, sender_runs=True)
    look(6, sender_runs=False)

    assert told() == []
