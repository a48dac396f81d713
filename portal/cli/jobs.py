"""`flask jobs work`: the worker that launches campaigns and sends messages."""

import click
from flask import current_app
from flask.cli import AppGroup

from portal.cli.doctor import begin_program

group = AppGroup("jobs", help="Work that waits as rows.")


@group.command()
@click.option("--workers", default=2, show_default=True)
def work(workers: int) -> None:
    """Work until stopped; SIGINT and SIGTERM end it after the task in hand."""
    begin_program()
    queue = current_app.extensions["queue"]
    consumer = queue.create_consumer(workers=workers, max_delay=1.0, graceful_signal="TERM")
    consumer.run()
