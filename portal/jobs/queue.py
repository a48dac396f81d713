"""The task queue. It only wakes work that waits as rows: a lost wake-up costs a minute, never the work."""

import json
import sqlite3
from collections.abc import Callable

import structlog
from flask import Flask
from huey import Huey, MemoryHuey, SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer

from portal.core import clock
from portal.core.extensions import db
from portal.domain import address_proofs
from portal.domain.identity import api_calls, login_throttle
from portal.jobs import (
    campaign_steps,
    confirmation_alarms,
    desk_notifications,
    gateway_alarms,
    package_events,
    submission_alarms,
    webhook_care,
)
from portal.jobs.independent_steps import independent_step
from portal.services import domains, event_sequencer, launches
from portal.services.imports import waiting_lists, worker
from portal.services.messaging import mail_sender

log = structlog.get_logger()


class JsonSerializer(Serializer):
    """Tasks as JSON: whoever can write the queue file must not be able to run code (pickle would let them)."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


def init_app(app: Flask) -> None:
    """Make the app's queue with its tasks, in a file of its own: it never holds up the database."""
    queue: Huey
    try:
        queue = SqliteHuey("izinlink", filename=app.config["QUEUE_FILE"], results=False, serializer=JsonSerializer())
        queue.storage.close()  # Each thread and each forked process opens the file for itself.
    except (OSError, sqlite3.Error) as failure:  # A full disk: then nobody is woken, and rows are found each minute.
        log.error("queue.unavailable", reason=str(failure))
        queue = MemoryHuey("izinlink", results=False, serializer=JsonSerializer())
    tasks = _add_tasks(queue, app)
    _add_minutely_task(queue, app, tasks["import"])
    _add_maintenance_tasks(queue, app)
    app.extensions["wake"] = tasks
    app.extensions["queue"] = queue


def _add_tasks(queue: Huey, app: Flask) -> dict[str, Callable]:
    """Tasks that a request wakes, by name."""

    @queue.task(name="launch")
    def launch(campaign_id: int) -> None:
        with app.app_context():
            _run_launch(app, campaign_id)

    @queue.task(name="mail")
    def mail() -> None:
        with app.app_context():
            _send_mails()

    @queue.task(name="import")
    def process_import(batch_id: int) -> None:
        with app.app_context():
            has_more = _process_batch(batch_id)
        if has_more:  # Queue behind the mails and launches that wait by now.
            process_import(batch_id)

    @queue.task(name="audience")
    def read_audience(list_id: int) -> None:
        with app.app_context():
            _read_audience(list_id)

    return {"audience": read_audience, "launch": launch, "mail": mail, "import": process_import}


def _add_minutely_task(queue: Huey, app: Flask, process_import: Callable) -> None:
    """Whatever waits as rows, once a minute."""

    @queue.periodic_task(crontab(), name="every_minute")
    def every_minute() -> None:
        with app.app_context():
            campaign_steps.launch_planned()
            campaign_steps.tell_of_budgets()
            _send_mails()
            for batch_id in worker.unfinished_batches():
                process_import(batch_id)
            for list_id in waiting_lists.unfinished():
                _read_audience(list_id)
            for campaign_id in launches.unfinished():
                _run_launch(app, campaign_id)
            launches.finish_sent(clock.now())


def _add_maintenance_tasks(queue: Huey, app: Flask) -> None:
    @queue.periodic_task(crontab(minute="*/10"), name="check_domains")
    def check_domains() -> None:
        with app.app_context():
            domains.check_due()

    @queue.periodic_task(crontab(minute="*/10"), name="notify_desks")
    def notify_desks() -> None:
        with app.app_context():
            desk_notifications.notify_desks()

    @queue.periodic_task(crontab(minute="*/10"), name="notify_owners")
    def notify_owners() -> None:
        with app.app_context():
            submission_alarms.notify_owners_of_submissions()
            gateway_alarms.notify_owners_of_gateways()
            confirmation_alarms.notify_of_confirmations()
            webhook_care.care_for_webhooks()

    @queue.periodic_task(crontab(hour="0", minute="40"), name="delete_old_attempts")  # UTC: at night in Istanbul.
    def delete_old_attempts() -> None:
        with app.app_context():
            login_throttle.delete_old_hits(db.session, clock.now())
            address_proofs.delete_old_proofs(db.session, clock.now())
            api_calls.delete_old(db.session, clock.now())
            db.session.commit()
            webhook_care.delete_old_deliveries()
            event_sequencer.delete_old_events(clock.now())
            package_events.record_low_packages()


def _run_launch(app: Flask, campaign_id: int) -> None:
    """A launch that fails holds up nothing else; the next minute tries it again."""
    with independent_step("launch.failed", campaign=campaign_id):
        launches.run(campaign_id, app.config["LINK_SALT"], app.config["LINK_BASE"])


def _read_audience(list_id: int) -> None:
    """A list that meets a fault of ours keeps its lease for minutes and is tried again after it."""
    with independent_step("audience.failed", list=list_id):
        waiting_lists.read(list_id)


def _process_batch(batch_id: int) -> bool:
    """Work on a slice of a batch; returns whether more is left. A failure waits for the next minute."""
    has_more = False
    with independent_step("import.failed", batch=batch_id):
        has_more = worker.work(batch_id)
    return has_more


def _send_mails() -> None:
    """Mails that fail hold up neither launches nor messages; the next minute tries again."""
    with independent_step("mails.failed"):
        while mail_sender.send_due():
            pass
