"""`flask doctor`: what is wrong with this installation; and what keeps a program from starting."""

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

from portal.cli import row_counts, server_checks
from portal.services import readiness
from portal.web.shared import maintenance

CHECKS = readiness.ALL | server_checks.ALL | {"counts": row_counts.check_counts}


@click.command()
@with_appcontext
def doctor() -> None:
    """Name what is wrong with this installation, and the cure. Exits with 1 if anything is."""
    faults = {each.check: each for each in readiness.find_faults(CHECKS, CHECKS)}
    for name in CHECKS:
        click.echo(f"{name}: {_describe(faults[name]) if name in faults else 'ok'}")
        if name in faults and faults[name].stops:
            break
    if not any(each.stops for each in faults.values()) and (found := maintenance.current()):
        click.echo(f"The maintenance mode is on since {found.since:%Y-%m-%d %H:%M} UTC; “maintenance off” ends it.")
    if faults:
        raise SystemExit(1)


def begin_program() -> None:
    """Refuse to run on a database of another version or with other keys, then beat until the program ends."""
    refuse_if_faulty()
    readiness.start_heartbeats(current_app._get_current_object())  # type: ignore[attr-defined]  # Of the proxy.


def refuse_if_faulty() -> None:
    """Refuse to go on where the schema is an older one or the keys are not the database's."""
    if faults := readiness.find_faults(readiness.TO_START):
        raise click.ClickException("\n".join(map(_describe, faults)))


def _describe(fault: readiness.Fault) -> str:
    with force_locale("en"):
        return f"{gettext(fault.finding, **fault.facts)} {gettext(fault.cure)}"
