"""Mails to owners of whose brands İYS has told no changes for a day: one for each time."""

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Connection, MailKind, Provider, Role
from portal.domain import audit
from portal.domain.consents import pull_lapses
from portal.jobs.independent_steps import NobodyNotified, independent_step
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.owner_notifications import notify_roles

LEVEL = "unpulled"  # Beside those of AlarmLevel.


def notify_owners_of_pulls() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    for provider_id in dict(pull_lapses.list_untold(read_session(), clock.now())):
        with independent_step("pulls.untold", provider=provider_id):
            _notify_owners(provider_id)


def _notify_owners(provider_id: int) -> None:
    at, connection = clock.now(), select(Connection.id).where(Connection.provider_id == provider_id)
    db.session.execute(connection.with_for_update())
    if not (untold := pull_lapses.list_untold(db.session, at, provider_id)):
        return
    provider, link = db.session.get_one(Provider, provider_id), absolute_url("dashboard.connection")
    count = str(len(untold))
    if not notify_roles(provider, MailKind.SUBMISSIONS_WAIT, (Role.OWNER,), level=LEVEL, count=count, link=link):
        raise NobodyNotified
    for _provider, brand_id in untold:
        audit.note(db.session, "brand.pulls_lapsed", "brand", brand_id, provider_id=provider_id, at=at)
