"""Addresses whose holders said "this is not me": the provider must know."""

from datetime import datetime, timedelta

from flask import render_template
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select

from portal.core.extensions import read_session, vault
from portal.core.models import Recipient
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs

RECENT = timedelta(days=30)
MAX_ROWS = 200


@blueprint.get("/recipients/disowned", endpoint="reassigned_addresses")
@needs(Permission.SEARCH)
def show_reassigned() -> str:
    newest = select(Recipient).where(*_is_reassigned(current_user.provider_id)).order_by(Recipient.reassigned_at.desc())
    listed = [
        (each.id, recipients.masked_address(vault(), each), each.reassigned_at)
        for each in read_session().scalars(newest.limit(MAX_ROWS))
    ]
    total = read_session().scalar(
        select(func.count()).select_from(Recipient).where(*_is_reassigned(current_user.provider_id))
    )
    return render_template("dashboard/recipients/reassigned_addresses.html", listed=listed, total=total)


def count_recent(provider_id: int, at: datetime) -> int:
    """How many became known within RECENT."""
    rows = select(func.count()).where(*_is_reassigned(provider_id), Recipient.reassigned_at > at - RECENT)
    return read_session().execute(rows).scalar_one()


def _is_reassigned(provider_id: int) -> tuple[ColumnElement[bool], ...]:
    return Recipient.provider_id == provider_id, Recipient.reassigned_at.is_not(None)
