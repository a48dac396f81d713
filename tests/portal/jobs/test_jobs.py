"""The queue only wakes: a lost task is made up for by the minutely one, and the queue holds nothing but ids."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.core.models import AudienceEntry, Campaign, Delivery, ThrottleHit
from portal.domain import campaigns
from portal.domain.identity import login_throttle
from portal.jobs.queue import JsonSerializer
from tests import make

LIST = f"{make.PHONE}\n{make.EMAIL}"


AN_ORDINARY_MINUTE = datetime(2026, 11, 24, 9, 1)


@pytest.fixture
def queue(app):
    return app.extensions["queue"]


@pytest.fixture
def launched(app):
    """A campaign that somebody has launched, and for which nobody was woken."""
    with app.app_context():
        made = make.campaign(delivery=Delivery.GATEWAY)
        make.add_to_audience(made, LIST)
        campaigns.launch(db.session, made, clock.now())
        db.session.commit()
        campaign_id = made.id
        db.session.rollback()
    return campaign_id


def work_off(queue) -> int:
    """Run what waits in the queue, as a worker does; returns how many tasks."""
    count = 0
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
        count += 1
    return count


def minute_passes(queue, at: datetime = AN_ORDINARY_MINUTE) -> None:
    """Queue the periodic tasks of one minute."""
    for task in queue.read_periodic(at):
        queue.enqueue(task)


def links(rows) -> int:
    return len(rows(AudienceEntry, AudienceEntry.link_id.is_not(None)))


def test_waking_launches(app, queue, launched, rows):
    with app.app_context():
        wake("launch", launched)

    assert work_off(queue) == 1
    assert links(rows) == 2


def test_a_lost_wake_up_costs_a_minute(queue, launched, rows):
    minute_passes(queue)

    assert work_off(queue) == 1
    assert links(rows) == 2
    assert rows.one(Campaign).linked_at is not None


def test_tries_that_failed_long_ago_are_forgotten_at_night(app, queue, rows):
    with app.app_context():
        for days in (1, 91):
            facts = {"account": "", "address": "203.0.113.7", "at": clock.now() - timedelta(days=days)}
            login_throttle.begin_password(db.session, vault(), **facts)
        db.session.commit()

    minute_passes(queue, datetime(2026, 11, 24, 0, 40))
    work_off(queue)

    assert rows.count(ThrottleHit) == 1


def test_waking_twice_makes_no_second_link(app, queue, launched, rows):
    with app.app_context():
        wake("launch", launched)
        wake("launch", launched)
    minute_passes(queue)

    assert work_off(queue) == 3
    assert links(rows) == 2


def test_waking_for_what_is_not_there_is_no_error(app, queue, rows):
    with app.app_context():
        wake("launch", 12345)

    assert work_off(queue) == 1


def test_the_queue_holds_ids_only(app, launched):
    with app.app_context():
        wake("launch", launched)
        file = app.config["QUEUE_FILE"]

    with closing(sqlite3.connect(file)) as connection:
        (data,) = connection.execute("SELECT data FROM task").fetchone()
    written = json.loads(data)
    assert written[6:8] == [[launched], {}]
    assert all(b"5321234567" not in part.read_bytes() for part in Path(file).parent.glob("queue.db*"))


def test_a_queue_that_cannot_be_reached_stops_nobody(app, launched, quiet_logs):
    with closing(sqlite3.connect(app.config["QUEUE_FILE"])) as connection:
        connection.execute("DROP TABLE task")

    with app.app_context():
        wake("launch", launched)

    assert any("wake.failed" in line for line in quiet_logs)


def test_every_task_of_ours_goes_through_json_and_back(app, queue, launched):
    with app.app_context():
        wake("launch", launched)
    minute_passes(queue)

    there = [queue.dequeue() for _ in range(2)]
    back = [queue.deserialize_task(queue.serialize_task(task)) for task in there]

    assert [(type(task), list(task.args), task.id) for task in back] == [
        (type(task), list(task.args), task.id) for task in there
    ]


def test_a_task_that_would_run_code_when_read_is_no_task():
    class Planted:
        def __reduce__(self):
            return (os.system, ("true",))

    with pytest.raises(TypeError):
        JsonSerializer().serialize(Planted())
    with pytest.raises(ValueError):
        JsonSerializer().deserialize(
            b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94."
        )


def test_these_are_all_tasks(queue):
    names = {name.rsplit(".", 1)[1] for name in queue._registry._registry}

    assert names == {
        "audience", "launch", "import", "mail", "every_minute", "check_domains", "notify_desks",
        "notify_owners", "delete_old_attempts",
    }  # fmt: skip
