"""`flask iys reconcile` and `flask iys sweep`: compare a brand with İYS now, without waiting for its night or week."""

import json
import sys
import time
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from portal.cli.parameter_types import brand_option
from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, DayState, Difference, ReconciledDay, Sweep
from portal.services.iys import reconciliation
from portal.services.iys.client import Client
from portal.services.iys.inflow import sweeps
from portal.services.iys.reconciliation import schedule

POLL_INTERVAL = 1.0  # Seconds, while another process sweeps or İYS must not be called.
EXIT_CODES = {DayState.AGREED: 0, DayState.EMPTY: 0, DayState.DIFFERENT: 1, DayState.WAITING: 2, DayState.MISSED: 3}


@click.command()
@with_appcontext
@brand_option
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="From yesterday back to seven days.")
def reconcile(brand_code: int, day: datetime) -> None:
    """Compare İYS's file of a day with our movements; where they agree, confirm the day and archive the file.

    Prints a summary as JSON. Exit code 0: agreed, or nothing moved; 1: differences wait for a person; 2: İYS could not
    tell yet (`code` says why), or, without a summary, nothing that can be asked for; 3: İYS no longer tells of it.
    """
    if day.date() > schedule.latest_day(clock.now()):
        raise click.UsageError("That day is not over yet.")
    day_id = reconciliation.find_or_add_day(brand_code, day.date())
    if day_id is None:
        raise click.UsageError(f"No brand with the code {brand_code} was connected to İYS on that day.")
    reconciliation.reconcile_day(Client(current_app.config["IYS_BASE_URL"]), day_id, waits_for_feeds=False)
    looked_at = read_session().get_one(ReconciledDay, day_id)
    click.echo(json.dumps(_summary(brand_code, looked_at)))
    sys.exit(EXIT_CODES[looked_at.state])


def _summary(brand_code: int, day: ReconciledDay) -> dict[str, Any]:
    counts = select(func.count(), func.count(Difference.settled_at)).where(Difference.day_id == day.id)
    found, settled = read_session().execute(counts).one()
    return {
        "brand": brand_code,
        "day": day.day.isoformat(),
        "state": day.state.value,
        "rows": day.rows,
        "differences": {"open": found - settled, "settled": settled},
        "hash": day.file_hash,
        "hash_agrees": day.file_hash is not None and day.file_hash == day.iys_hash,
        "agreed_at": day.agreed_at.isoformat() if day.agreed_at else None,
        "timestamped": day.timestamp is not None,
        "code": day.code,
    }


@click.command()
@with_appcontext
@brand_option
@click.option("--patience", default=600, show_default=True, help="Seconds after which the forwarder goes on alone.")
def sweep(brand_code: int, patience: int) -> None:
    """Compare every consent of a brand with what İYS holds; drifts are listed on the page of differences.

    Prints a summary as JSON. Exit code 0: all agree; 1: drifts were found; 2: not done in time or
    not for all (code not_answered or wrong_addresses), or, without a summary, nothing that can be asked for.
    """
    connected = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id)
    brand = read_session().scalar(connected.where(Brand.brand_code == brand_code))
    if brand is None:
        raise click.UsageError(f"No brand with the code {brand_code} is connected to İYS.")
    sweep_id = sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
    db.session.commit()
    swept = _run_sweep(Client(current_app.config["IYS_BASE_URL"]), sweep_id, patience)
    is_ended = swept.ended_at is not None
    code = swept.code or swept.left_out
    facts = {"asked": swept.asked, "drifted": swept.drifted, "ended": is_ended, "code": code}
    click.echo(json.dumps({"brand": brand_code, **facts}))
    sys.exit(2 if not is_ended or code else 1 if swept.drifted else 0)


def _run_sweep(client: Client, sweep_id: int, patience: float) -> Sweep:
    """The sweep at its end, or when patience runs out."""
    ends = time.monotonic() + patience
    while True:
        has_advanced = sweeps.sweep_next_chunk(client, sweep_id)
        swept = read_session().get_one(Sweep, sweep_id, populate_existing=True)
        if swept.ended_at is not None or time.monotonic() > ends:
            return swept
        if not has_advanced:
            time.sleep(POLL_INTERVAL)
