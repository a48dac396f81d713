"""`flask iys egress …`: the IP addresses that calls to İYS leave by."""

import ipaddress
from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Connection, Egress, EgressState, Provider
from portal.services.iys import egresses

MOST_PER_SECOND = 10  # Of one IP address, as İYS says.

group = AppGroup("egress", help="The IP addresses that calls to İYS leave by.")


def _read_source_ip(_context: object, _parameter: object, text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text)) if text else text
    except ValueError as wrong:
        raise click.BadParameter("An IP address of this machine, or nothing.") from wrong


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What can be said of an egress."""
    for option in (
        click.option("--provider", "codes", type=int, multiple=True, help="İYS code of a firm that it shall serve."),
        click.option("--state", type=click.Choice(EgressState, case_sensitive=False)),
        click.option(
            "--polling-share", type=click.FloatRange(0.01, egresses.LARGEST_POLLING_SHARE), help="Of the pace [0.2]."
        ),
        click.option(
            "--per-second", type=click.FloatRange(0.1, MOST_PER_SECOND), help="Its pace [IYS_REQUESTS_PER_SECOND]."
        ),
        click.option("--source-ip", callback=_read_source_ip, help="To bind to; empty: as the machine routes."),
    ):
        command = option(command)
    return click.argument("name")(command)


@group.command("list")
def list_() -> None:
    """Show each egress, who serves it and for how many firms."""
    own = func.coalesce(Connection.egress_id, Egress.DEFAULT)
    firms = dict(db.session.execute(select(own, func.count()).group_by(own)).all())
    served_ids = egresses.served_ids(db.session, clock.now())
    for each in egresses.list_all(db.session):
        served = "served" if each.id in served_ids else "not served"
        click.echo(
            f"{each.name}: {each.state}, {served}, from {each.source_ip or 'any address'}, {each.pace:g}/s, "
            f"polling {each.polling_share:.0%}, {firms.get(each.id, 0)} firms"
        )


@group.command()
@_options
def add(name: str, **given: Any) -> None:
    """Add an egress; İYS must know its address."""
    egresses.add_default(db.session)
    if db.session.scalar(select(Egress.id).where(Egress.name == name)):
        raise click.UsageError(f"There is an egress {name}: change it with set.")
    if not name.isidentifier() or len(name) > 20:
        raise click.UsageError("A name has letters, digits and _, at most 20.")
    last = db.session.scalars(select(func.max(Egress.id))).one()
    egress = Egress(id=last + 1, name=name, polling_share=egresses.USUAL_POLLING_SHARE, state=EgressState.ON)
    db.session.add(egress)
    db.session.flush()
    _change(egress, **given)


@group.command("set")
@_options
def set_(name: str, **given: Any) -> None:
    """Change an egress, or let it serve further firms. A running forwarder follows within seconds."""
    _change(find(name), **given)


def find(name: str) -> Egress:
    """The egress of that name. Raises UsageError. Commits."""
    egresses.add_default(db.session)
    db.session.commit()
    egress = db.session.scalar(select(Egress).where(Egress.name == name))
    if egress is None:
        raise click.UsageError(f"There is no egress {name}.")
    return egress


def _change(egress: Egress, codes: tuple[int, ...], **given: Any) -> None:
    """Commits."""
    for column, value in given.items():
        if value is not None:
            setattr(egress, column, value or None)
    providers = select(Provider.iys_code, Provider.id).join(Connection, Connection.provider_id == Provider.id)
    ids = dict(db.session.execute(providers.where(Provider.iys_code.in_(codes))).all())
    if missing := set(codes) - ids.keys():
        raise click.UsageError(f"Not connected: {', '.join(map(str, sorted(missing)))}.")
    egresses.assign(db.session, egress.id, list(ids.values()))
    db.session.commit()
