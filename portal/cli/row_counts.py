"""`flask db-recount`, and whether the counts that triggers keep are those of the rows."""

import click
from flask.cli import with_appcontext

from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.services import row_tallies
from portal.services.readiness import Fault


@click.command("db-recount")
@with_appcontext
def recount() -> None:
    """Set the counts of rows right. Reads every row, while all programs go on."""
    click.echo(f"{row_tallies.correct_counts()} counts were wrong.")


def check_counts() -> Fault | None:
    """For `flask doctor` alone: with ten million decisions it takes half a minute."""
    if not (found := row_tallies.find_differences(read_session())):
        return None
    return Fault(
        N_("%(count)s sayaç kayıtlarla tutmuyor (%(subjects)s); sayfalardaki sayılar yanlış."),
        N_("“flask db-recount” düzeltir."),
        {"count": len(found), "subjects": ", ".join(sorted({each.subject for each in found}))},
    )
