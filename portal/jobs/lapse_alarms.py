"""Mails to owners of whose brands İYS has not told all changes for a day, or whose days and sweeps were not compared
for three: one for each time."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Connection, MailKind
from portal.domain import audit
from portal.domain.consents import brand_lapses, pull_lapses, reconciliation_lapses
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

LAPSES = {  # By the mail's level, beside those of AlarmLevel.
    "unpulled": (pull_lapses.lapsed_pulls, pull_lapses.TOLD, "dashboard.connection"),
    "unreconciled": (
        reconciliation_lapses.lapsed_reconciliations, reconciliation_lapses.TOLD, "dashboard.days",
    ),
}  # fmt: skip


def notify_owners_of_lapses() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    for level in LAPSES:
        for provider_id in dict(_list_untold(read_session(), level)):
            with independent_step("lapses.untold", provider=provider_id):
                _notify_owners(provider_id, level)


def _notify_owners(provider_id: int, level: str) -> None:
    at, connection = clock.now(), select(Connection.id).where(Connection.provider_id == provider_id)
    db.session.execute(connection.with_for_update())
    if not (untold := _list_untold(db.session, level, provider_id)):
        return
    _find, act, page = LAPSES[level]
    mail_owners(provider_id, MailKind.SUBMISSIONS_WAIT, level=level, count=str(len(untold)), link=absolute_url(page))
    for _provider, brand_id in untold:
        if act == pull_lapses.TOLD:
            audit.note(db.session, "brand.pulls_lapsed", "brand", brand_id, provider_id=provider_id, at=at)
        else:
            audit.note(db.session, "brand.reconciliation_lapsed", "brand", brand_id, provider_id=provider_id, at=at)


def _list_untold(session: Session, level: str, provider_id: int | None = None) -> Sequence[tuple[int, int]]:
    find, act, _page = LAPSES[level]
    return brand_lapses.list_untold(session, find(clock.now()), act, provider_id)
