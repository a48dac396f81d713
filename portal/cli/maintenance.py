"""`flask maintenance …`: let pages of firms and of the operator be read only, while people go on deciding."""

from typing import Any

import click
from flask.cli import AppGroup

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Maintenance
from portal.domain import audit

LONGEST_MESSAGE = 300  # As the column.
SUBJECT: Any = {"subject": "maintenance", "subject_id": Maintenance.THE_ONE, "provider_id": None}

group = AppGroup("maintenance", help="Pages of firms are read-only; recipients decide all the same.")


@group.command()
@click.option("--message", default="", help="A Turkish sentence for those who work here, of 300 characters at most.")
def on(message: str) -> None:
    """Begin, or change the sentence. Every process knows at once; decisions, refusals and sign-in go on."""
    text = " ".join(message.split())
    if len(text) > LONGEST_MESSAGE or not text.isprintable():
        raise click.BadParameter("at most 300 printable characters", param_hint="--message")
    found = db.session.get(Maintenance, Maintenance.THE_ONE, with_for_update=True)
    if found is None:
        db.session.add(Maintenance(id=Maintenance.THE_ONE, since=clock.now(), message=text))
        audit.note(db.session, "maintenance.began", **SUBJECT, at=clock.now())
    else:
        found.message = text
    db.session.commit()
    click.echo("The maintenance mode is on. “maintenance off” ends it.")


@group.command()
def off() -> None:
    """End it."""
    if found := db.session.get(Maintenance, Maintenance.THE_ONE, with_for_update=True):
        db.session.delete(found)
        audit.note(db.session, "maintenance.ended", **SUBJECT, at=clock.now())
    db.session.commit()
    click.echo("The maintenance mode is off.")
