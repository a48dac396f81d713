"""The clock's door: wakes the work that waits as rows. A lost wake-up costs a minute, never the work."""

import json

import structlog
from flask import Flask
from huey import SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer

from portal.core import clock
from portal.core.extensions import db
from portal.domain import address_proofs
from portal.domain.identity import login_throttle
from portal.jobs import desk_notifications
from portal.services import domains, launches
from portal.services.imports import worker
from portal.services.messaging import mail_sender, outbox

log = structlog.get_logger()


class JsonSerializer(Serializer):
    """Tasks as JSON: whoever can write the queue file must not be able to run code (pickle would let them)."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


def init_app(app: Flask) -> None:
    """Make the app's queue with its tasks; it has a file of its own, so that it never holds up the database."""
    queue = SqliteHuey("izinlink", filename=app.config["QUEUE_FILE"], results=False, serializer=JsonSerializer())
    queue.storage.close()  # Made, but not held: each thread and each forked process opens the file for itself.

    @queue.task(name="launch")
    def launch(campaign_id: int) -> None:
        with app.app_context():
            _launch(app, campaign_id)
            _send_messages(app)

    @queue.task(name="mail")
    def mail() -> None:
        with app.app_context():
            _send_mails()

    @queue.task(name="message")
    def message() -> None:
        with app.app_context():
            _send_messages(app)

    @queue.task(name="import")
    def bring(batch_id: int) -> None:
        with app.app_context():
            has_more = _bring(batch_id)
        if has_more:  # Behind whatever waits by now: mails and launches.
            bring(batch_id)

    @queue.periodic_task(crontab(), name="every_minute")
    def every_minute() -> None:
        with app.app_context():
            _send_mails()
            for batch_id in worker.unfinished_batches():
                bring(batch_id)
            for campaign_id in launches.unfinished():
                _launch(app, campaign_id)
            _send_messages(app)

    @queue.periodic_task(crontab(minute="*/10"), name="look_at_domains")
    def look_at_domains() -> None:
        with app.app_context():
            domains.check_due()

    @queue.periodic_task(crontab(minute="*/10"), name="tell_desks")
    def tell_desks() -> None:
        with app.app_context():
            desk_notifications.notify_desks()

    @queue.periodic_task(crontab(hour="0", minute="40"), name="forget_tries")  # UTC: at night in Istanbul.
    def forget_tries() -> None:
        with app.app_context():
            login_throttle.delete_old_hits(db.session, clock.now())
            address_proofs.delete_old_proofs(db.session, clock.now())
            db.session.commit()

    app.extensions["wake"] = {"launch": launch, "mail": mail, "message": message, "import": bring}
    app.extensions["queue"] = queue


def _launch(app: Flask, campaign_id: int) -> None:
    """One launch that fails holds up neither the others nor the messages; the next minute tries it again."""
    try:
        launches.run(campaign_id, app.config["LINK_SALT"], app.config["LINK_BASE"])
    except Exception:
        db.session.rollback()
        log.exception("launch.failed", campaign=campaign_id)


def _bring(batch_id: int) -> bool:
    """A slice of a batch. One that fails holds up nothing else; the next minute tries it again."""
    try:
        return worker.work(batch_id)
    except Exception:
        db.session.rollback()
        log.exception("import.failed", batch=batch_id)
        return False


def _send_messages(app: Flask) -> None:
    gateway = app.config["MESSAGE_GATEWAY_URL"]
    while gateway and outbox.send_due(gateway):
        pass


def _send_mails() -> None:
    """Mails that fail hold up neither launches nor messages; the next minute tries again."""
    try:
        while mail_sender.send_due():
            pass
    except Exception:
        db.session.rollback()
        log.exception("mails.failed")
