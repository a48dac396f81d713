"""`flask staff …`: the operator's own people. The first admin comes in this way; others are invited in the console."""

import click
from flask.cli import AppGroup

from portal.core import clock
from portal.core.addresses import is_email
from portal.core.extensions import db, vault
from portal.core.models import OneTimeLinkKind, OperatorRole
from portal.domain import audit
from portal.domain.identity import members, one_time_links
from portal.web.shared.absolute_urls import absolute_url

group = AppGroup("staff", help="The operator's own people.")


@group.command()
@click.option("--email", required=True, help="Where they are reached; nothing is mailed.")
@click.option("--name", required=True, help="First and last name.")
@click.option("--role", type=click.Choice([each.value for each in OperatorRole]), default="admin", show_default=True)
def add(email: str, name: str, role: str) -> None:
    """Print a link by which somebody comes in to the operator's console. It opens once, within a week."""
    if not is_email(email.strip()):
        raise click.BadParameter("this is no e-mail address", param_hint="--email")
    invitation, token = one_time_links.issue(
        db.session, vault(), OneTimeLinkKind.INVITATION, email=email, at=clock.now(), lifetime=members.LIFETIME,
        name=" ".join(name.split())[:120], operator_role=OperatorRole(role),
    )  # fmt: skip
    audit.note(
        db.session, "staff.added", "invitation", invitation.id, provider_id=None, at=clock.now(), facts={"role": role}
    )
    db.session.commit()
    click.echo(absolute_url("signin.invitation", token=token))
