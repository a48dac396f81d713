"""`flask receipts …`: the key that signs receipts."""

import click
from flask.cli import AppGroup

from portal.core import clock
from portal.core.extensions import db, vault
from portal.domain.receipts import signing_keys

group = AppGroup("receipts", help="The key that signs receipts.")


@group.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on, and wipe the private half of the old one.

    Receipts that are out stay good: every public half stays published at /.well-known/jwks.json for ever.
    """
    name = signing_keys.rotate_signing_key(db.session, vault(), clock.now())
    db.session.commit()
    click.echo(f"Receipts are signed by the key {name} from now on; what earlier keys signed still verifies.")


@group.command("keys")
def list_keys() -> None:
    """List the keys there ever were, with the days on which they began and ended to sign."""
    for key in signing_keys.list_published_keys(db.session):
        ended = f"until {clock.day(key.retired_at)}" if key.retired_at else "signs now"
        click.echo(f"{key.name}  since {clock.day(key.created_at)}, {ended}")
