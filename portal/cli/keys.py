"""`flask receipts …` and `flask vault …`: the key that signs receipts, and the keys that seal addresses."""

import click
from flask.cli import AppGroup
from sqlalchemy import delete

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import KeyGeneration
from portal.domain.receipts import signing_keys
from portal.services import key_rotation

SEALS_WITH_OLD = """The first key of VAULT_KEYS seals, and it is the older one. Once every process knows both, put the
newer one first ("2:…,1:…"), restart every process, and run this then."""
UNOPENED_MESSAGE = """Left as they are, because they cannot be opened: {}. Everything else is sealed anew.
Such a value is damaged, or VAULT_KEYS does not hold its key. Leave the old generation in VAULT_KEYS, put back the
missing key or the value from a backup, and run this again until it ends without an error."""

receipts_group = AppGroup("receipts", help="The key that signs receipts.")
vault_group = AppGroup("vault", help="Keys that seal addresses.")


@receipts_group.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on, and wipe the private half of the old one.

    Receipts that are out stay good: every public half stays published at /.well-known/jwks.json for ever.
    """
    name = signing_keys.rotate_signing_key(db.session, vault(), clock.now())
    db.session.commit()
    click.echo(f"Receipts are signed by the key {name} from now on; what earlier keys signed still verifies.")


@receipts_group.command("keys")
def list_keys() -> None:
    """List the keys there ever were, with the days on which they began and ended to sign."""
    for key in signing_keys.list_published_keys(db.session):
        ended = f"until {clock.day(key.retired_at)}" if key.retired_at else "signs now"
        click.echo(f"{key.name}  since {clock.day(key.created_at)}, {ended}")


@vault_group.command()
def rotate() -> None:
    """Seal everything anew with the first key of VAULT_KEYS, and write its index; stop and start it as you like.

    First put the new generation behind the old one ("1:…,2:…") and restart every process, so that all know it; then put
    it first ("2:…,1:…"), so that it seals, and restart again. When this is through, take the old generation out.
    """
    if vault().generation != max(vault().keys):
        raise click.ClickException(SEALS_WITH_OLD)
    unopened = 0
    for turned in key_rotation.rotate():
        click.echo(f"{turned.place}: {turned.changed}")
        for row_id in turned.unopened:
            click.echo(f"{turned.place}: the row with id {row_id} cannot be opened", err=True)
        unopened += len(turned.unopened)
    if unopened:
        raise click.ClickException(UNOPENED_MESSAGE.format(unopened))
    db.session.execute(delete(KeyGeneration).where(KeyGeneration.generation != vault().generation))
    db.session.commit()
