"""`flask iys sweep`: ask İYS for every head of a brand now, without waiting for the weekly walk."""

import json
import sys
import time

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, Sweep
from portal.services.iys.client import Client
from portal.services.iys.inflow import sweeps

POLL_INTERVAL = 1.0  # Seconds between looks while somebody else walks, or İYS must not be asked.


@click.command()
@with_appcontext
@click.option("--brand", "brand_code", required=True, type=click.IntRange(min=1), help="The brand's code at İYS.")
@click.option("--patience", default=600, show_default=True, help="Seconds after which the forwarder goes on alone.")
def sweep(brand_code: int, patience: int) -> None:
    """Compare every head of a brand with what İYS holds; drifts are listed on the page of differences.

    Prints a summary as JSON. Exit code 0: all agree; 1: drifts were found; 2: not done in time, or,
    without a summary, nothing that can be asked for.
    """
    connected = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id)
    brand = read_session().scalar(connected.where(Brand.brand_code == brand_code))
    if brand is None:
        raise click.UsageError(f"No brand with the code {brand_code} is connected to İYS.")
    sweep_id = sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
    db.session.commit()
    walked = _run_sweep(Client(current_app.config["IYS_BASE_URL"]), sweep_id, patience)
    click.echo(json.dumps(_summary(brand_code, walked)))
    sys.exit(2 if walked.ended_at is None else 1 if walked.drifted else 0)


def _run_sweep(client: Client, sweep_id: int, patience: float) -> Sweep:
    """The sweep as it stands at its end, or when patience runs out."""
    ends = time.monotonic() + patience
    while True:
        went_on = sweeps.sweep_next_chunk(client, sweep_id)
        walked = read_session().get_one(Sweep, sweep_id, populate_existing=True)
        if walked.ended_at is not None or time.monotonic() > ends:
            return walked
        if not went_on:
            time.sleep(POLL_INTERVAL)


def _summary(brand_code: int, walked: Sweep) -> dict:
    return {
        "brand": brand_code,
        "asked": walked.asked,
        "drifted": walked.drifted,
        "ended": walked.ended_at is not None,
        "code": walked.code,
    }
