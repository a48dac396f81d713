"""`flask vault …`: changing the keys that seal addresses."""

import click
from flask.cli import AppGroup

from portal import rotation

group = AppGroup("vault", help="Keys that seal addresses.")


@group.command()
def rotate() -> None:
    """Seal everything anew with the newest key of VAULT_KEYS, and write its index; stop and start it as you like.

    First put the new generation beside the old one in VAULT_KEYS ("1:…,2:…") and restart every process. When this is
    through, take the old generation out and restart again.
    """
    for place, count in rotation.rotate():
        click.echo(f"{place}: {count}")
