"""`flask vault …`: changing the keys that seal addresses."""

import click
from flask.cli import AppGroup

from portal.services import key_rotation

UNOPENED_MESSAGE = """Left as they are, because they cannot be opened: {}. Everything else is sealed anew.
Such a value is damaged, or VAULT_KEYS does not hold its key. Leave the old generation in VAULT_KEYS, put back the
missing key or the value from a backup, and run this again until it ends without an error."""

group = AppGroup("vault", help="Keys that seal addresses.")


@group.command()
def rotate() -> None:
    """Seal everything anew with the newest key of VAULT_KEYS, and write its index; stop and start it as you like.

    First put the new generation beside the old one in VAULT_KEYS ("1:…,2:…") and restart every process. When this is
    through, take the old generation out and restart again.
    """
    unopened = 0
    for turned in key_rotation.rotate():
        click.echo(f"{turned.place}: {turned.changed}")
        for row_id in turned.unopened:
            click.echo(f"{turned.place}: the row with id {row_id} cannot be opened", err=True)
        unopened += len(turned.unopened)
    if unopened:
        raise click.ClickException(UNOPENED_MESSAGE.format(unopened))
