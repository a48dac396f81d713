"""The clock's door: wakes the work that waits as rows. A lost wake-up costs a minute, never the work."""

import json

from flask import Flask
from huey import SqliteHuey, crontab
from huey.registry import Message
from huey.serializer import Serializer

from portal import launches
from portal.messaging import outbox


class JsonSerializer(Serializer):
    """Tasks as JSON: whoever can write the queue file must not be able to run code (pickle would let them)."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


def connect(app: Flask) -> SqliteHuey:
    """The app's queue with its tasks; it has a file of its own, so that it never holds up the database."""
    queue = SqliteHuey("izinlink", filename=app.config["QUEUE_FILE"], results=False, serializer=JsonSerializer())

    @queue.task(name="launch")
    def launch(campaign_id: int) -> None:
        with app.app_context():
            launches.run(campaign_id, app.config["LINK_SALT"], app.config["LINK_BASE"])
            _send_messages(app)

    @queue.periodic_task(crontab(), name="every_minute")
    def every_minute() -> None:
        with app.app_context():
            for campaign_id in launches.unfinished():
                launches.run(campaign_id, app.config["LINK_SALT"], app.config["LINK_BASE"])
            _send_messages(app)

    app.extensions["wake"] = {"launch": launch}
    return queue


def _send_messages(app: Flask) -> None:
    gateway = app.config["MESSAGE_GATEWAY_URL"]
    while gateway and outbox.send_due(gateway):
        pass
