"""`flask iys …`: the forwarder, the sandbox, and partner accounts."""

import sys
from collections import Counter
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select
from werkzeug.serving import run_simple

from iys_sandbox import create_sandbox, register_partner, register_provider
from iys_sandbox.pushes import start_delivery_thread
from portal.cli import egresses, reconciliation
from portal.cli.doctor import begin_program
from portal.cli.stopping import stop_on_signal
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Outcome, Provider, Submission
from portal.domain.consents import resubmission
from portal.domain.identity import accounts
from portal.services import event_sequencer
from portal.services.iys import forwarder

group = AppGroup("iys", help="Keeping İYS in step.")
group.add_command(reconciliation.reconcile)
group.add_command(reconciliation.sweep)
group.add_command(egresses.group)


@group.command()
@click.option("--egress", "names", multiple=True, help="Serve only this egress; may be given again [any that is free].")
def forward(names: tuple[str, ...]) -> None:
    """Forward decisions and number events until stopped; SIGINT and SIGTERM end it after the calls in hand."""
    begin_program()
    for name in names:
        egresses.find(name)
    db.session.rollback()  # What was read: the loops have sessions of their own.
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # Of the proxy.
    forwarder.run(app, stop_on_signal(), others=[event_sequencer.LOOP], egress_names=names)


@group.command()
@click.option("--provider", type=int, help="Only of the provider with this İYS code.")
def resend(provider: int | None) -> None:
    """Send again whatever is parked, byte for byte, where that can help: after its cause was mended."""
    parked = select(Submission.id).where(Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None))
    if provider:
        parked = parked.where(Submission.provider_id.in_(select(Provider.id).where(Provider.iys_code == provider)))
    counts = Counter(map(_resend, db.session.scalars(parked.order_by(Submission.id)).all()))
    for what, count in counts.items():
        click.echo(f"{what}: {count}")


def _resend(submission_id: int) -> str:
    """Send one again; what came of it. Commits."""
    submission = db.session.get_one(Submission, submission_id)
    try:
        resubmission.resend(db.session, vault(), submission, clock.now())
    except resubmission.CannotResend as cannot_resend:
        return cannot_resend.why.value
    finally:
        db.session.commit()
    return "sent again"


@group.command()
@click.option("--port", default=8001, show_default=True)
@click.option("--file", type=click.Path(path_type=Path), default=None, help="Its own database [instance/sandbox.db].")
@click.option("--account", help="username:password:iysCode:brandCode[,brandCode…] to register at start.")
@click.option("--partner", help="username:password:integratorCode:iysCode[,iysCode…] to register at start.")
@click.option("--key", envvar="SANDBOX_KEY", help="Who does not show it makes no accounts and looks into nothing.")
def sandbox(port: int, file: Path | None, account: str | None, partner: str | None, key: str | None) -> None:
    """Run the İYS sandbox alone, on this machine only; SANDBOX_URL tells the portal where it is."""
    box = create_sandbox(file or current_app.config["INSTANCE"] / "sandbox.db", key=key, may_push_in_clear=True)
    if account:
        register_provider(box, account)
    if partner:
        register_partner(box, partner)
    start_delivery_thread(box.extensions["sandbox"], every=1.0)
    click.echo(f"İYS sandbox: http://127.0.0.1:{port}/")
    run_simple("127.0.0.1", port, box, threaded=True)  # app.run() does nothing inside of a flask command.


@group.command()
@click.option("--username", required=True, help="The partner's API user at İYS.")
@click.option("--integrator-code", required=True, type=click.IntRange(min=1), help="The partner's own İYS number.")
def partner(username: str, integrator_code: int) -> None:
    """Keep the account of a partner (iş ortağı), which providers may then choose on their connection page.

    The password is asked for, or read as the first line of what is piped in. A known integrator code gets the new
    name and password.
    """
    password = _read_password()
    if not password:
        raise click.UsageError("A password is needed.")
    credential = accounts.store_partner_credential(
        db.session, vault(), integrator_code=integrator_code, username=username, password=password, at=clock.now()
    )
    db.session.commit()
    click.echo(f"Partner {credential.integrator_code} is kept; providers may choose it.")


def _read_password() -> str:
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True)
    return sys.stdin.readline().rstrip("\r\n")
