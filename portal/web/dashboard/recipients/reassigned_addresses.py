"""Addresses whose holders said that they are not, or are no more, the one who was meant: the provider must know."""

from datetime import datetime, timedelta

from flask import render_template
from flask_login import current_user
from sqlalchemy import func, select

from portal.core.extensions import reading, vault
from portal.core.models import Recipient
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs

NEWS = timedelta(days=30)
SHOWN = 200


@blueprint.get("/recipients/disowned", endpoint="disowned")
@needs(Permission.SEARCH)
def show_disowned():
    """The newest of them, masked."""
    mine = select(Recipient).where(*_of(current_user.provider_id)).order_by(Recipient.reassigned_at.desc())
    listed = [
        (each.id, recipients.masked(vault(), each), each.reassigned_at) for each in reading().scalars(mine.limit(SHOWN))
    ]
    total = reading().scalar(select(func.count()).select_from(Recipient).where(*_of(current_user.provider_id)))
    return render_template("dashboard/recipients/reassigned_addresses.html", listed=listed, total=total)


def lately(provider_id: int, at: datetime) -> int:
    """How many were said to be so within NEWS."""
    news = select(func.count()).select_from(Recipient).where(*_of(provider_id), Recipient.reassigned_at > at - NEWS)
    return reading().scalar(news)


def _of(provider_id: int) -> tuple:
    return Recipient.provider_id == provider_id, Recipient.reassigned_at.is_not(None)
