"""Mails to owners of whose brands İYS has told no changes for a day: one for each time."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Connection, MailKind
from portal.domain import audit
from portal.domain.consents import brand_lapses, pull_lapses
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

LEVEL = "unpulled"  # Beside those of AlarmLevel.


def notify_owners_of_lapses() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    for provider_id in dict(_list_untold(read_session())):
        with independent_step("pulls.untold", provider=provider_id):
            _notify_owners(provider_id)


def _notify_owners(provider_id: int) -> None:
    at, connection = clock.now(), select(Connection.id).where(Connection.provider_id == provider_id)
    db.session.execute(connection.with_for_update())
    if not (untold := _list_untold(db.session, provider_id)):
        return
    count, link = str(len(untold)), absolute_url("dashboard.connection")
    mail_owners(provider_id, MailKind.SUBMISSIONS_WAIT, level=LEVEL, count=count, link=link)
    for _provider, brand_id in untold:
        audit.note(db.session, "brand.pulls_lapsed", "brand", brand_id, provider_id=provider_id, at=at)


def _list_untold(session: Session, provider_id: int | None = None) -> Sequence[tuple[int, int]]:
    return brand_lapses.list_untold(session, pull_lapses.lapsed_pulls(clock.now()), pull_lapses.TOLD, provider_id)
