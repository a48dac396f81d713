"""`flask iys …`: the forwarder, and an İYS in a box."""

import signal
import threading
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from portal.iys import running
from portal.iys.sandbox import create_sandbox, register

group = AppGroup("iys", help="Keeping İYS in step.")


@group.command()
def forward() -> None:
    """Forward decisions until stopped; SIGINT and SIGTERM end it after the calls in hand."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running.run(current_app._get_current_object(), stop)


@group.command()
@click.option("--port", default=8001, show_default=True)
@click.option("--file", type=click.Path(path_type=Path), default=None, help="Its own database [instance/sandbox.db].")
@click.option("--account", help="username:password:iysCode:brandCode[,brandCode…] to register at start.")
def sandbox(port: int, file: Path | None, account: str | None) -> None:
    """Run the İYS sandbox alone, on this machine only."""
    box = create_sandbox(file or current_app.config["INSTANCE"] / "sandbox.db")
    if account:
        register(box, account)
    click.echo(f"İYS sandbox: http://127.0.0.1:{port}/")
    box.run(port=port, threaded=True)
