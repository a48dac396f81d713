"""Mails to owners of whose brands İYS has told no changes for a day: one for each time."""

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Connection, MailKind
from portal.domain import audit
from portal.domain.consents import pull_lapses
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

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
    count, link = str(len(untold)), absolute_url("dashboard.connection")
    mail_owners(provider_id, MailKind.SUBMISSIONS_WAIT, level=LEVEL, count=count, link=link)
    for _provider, brand_id in untold:
        audit.note(db.session, "brand.pulls_lapsed", "brand", brand_id, provider_id=provider_id, at=at)
