"""`flask iys reconcile`: reconcile one day of a brand now, without waiting for its night."""

import json
import sys
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import DayState, Difference, ReconciledDay
from portal.services.iys import reconciliation
from portal.services.iys.client import Client
from portal.services.iys.reconciliation import schedule

EXIT_CODES = {DayState.AGREED: 0, DayState.EMPTY: 0, DayState.DIFFERENT: 1, DayState.WAITING: 2, DayState.MISSED: 3}


@click.command()
@with_appcontext
@click.option("--brand", "brand_code", required=True, type=click.IntRange(min=1), help="The brand's code at İYS.")
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
