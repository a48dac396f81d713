"""`flask doctor`: what is wrong with this installation; and what keeps a program from starting."""

from collections.abc import Iterable

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext

from portal.services import readiness


@click.command()
@with_appcontext
def doctor() -> None:
    """Name what is wrong with this installation, and the cure. Exits with 1 if anything is."""
    faults = _describe(readiness.ALL)
    for name in readiness.ALL:
        click.echo(f"{name}: {faults.get(name, 'ok')}")
    if faults:
        raise SystemExit(1)


def begin_program() -> None:
    """Refuse to run on a database of another version or with other keys, then beat until the program ends."""
    if faults := _describe(readiness.TO_START):
        raise click.ClickException("\n".join(faults.values()))
    readiness.start(current_app._get_current_object())  # type: ignore[attr-defined]  # Of the proxy.


def _describe(checks: Iterable[str]) -> dict[str, str]:
    with force_locale("en"):
        found = readiness.find_faults(checks)
        return {each.check: f"{gettext(each.finding, **each.facts)} {gettext(each.cure)}" for each in found}
