"""`flask iys sweep`: compare all consents of a brand with İYS now, without waiting for the weekly sweep."""

import json
import sys
import time
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, Sweep
from portal.services.iys.client import Client
from portal.services.iys.inflow import sweeps

POLL_INTERVAL = 1.0  # Seconds, while another process sweeps or İYS must not be called.


@click.command()
@with_appcontext
@click.option("--brand", "brand_code", required=True, type=click.IntRange(min=1), help="The brand's code at İYS.")
@click.option("--patience", default=600, show_default=True, help="Seconds after which the forwarder goes on alone.")
def sweep(brand_code: int, patience: int) -> None:
    """Compare every consent of a brand with what İYS holds; drifts are listed on the page of differences.

    Prints a summary as JSON. Exit code 0: all agree; 1: drifts were found; 2: not done in time, or,
    without a summary, nothing that can be asked for.
    """
    connected = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id)
    brand = read_session().scalar(connected.where(Brand.brand_code == brand_code))
    if brand is None:
        raise click.UsageError(f"No brand with the code {brand_code} is connected to İYS.")
    sweep_id = sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
    db.session.commit()
    swept = _run_sweep(Client(current_app.config["IYS_BASE_URL"]), sweep_id, patience)
    click.echo(json.dumps(_summary(brand_code, swept)))
    sys.exit(2 if swept.ended_at is None else 1 if swept.drifted else 0)


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


def _summary(brand_code: int, swept: Sweep) -> dict[str, Any]:
    return {
        "brand": brand_code,
        "asked": swept.asked,
        "drifted": swept.drifted,
        "ended": swept.ended_at is not None,
        "code": swept.code,
    }
