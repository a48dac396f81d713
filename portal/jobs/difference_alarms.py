"""Mails to owners of whose consents İYS holds otherwise: of new differences, once a day at most."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import AuditEntry, Difference, MailKind, Provider
from portal.domain import audit
from portal.domain.consents.alarms import BETWEEN_MAILS, COMMITTED_AFTER
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

LEVEL = "different"  # Beside those of AlarmLevel.
TOLD = "provider.differences_told"


def notify_owners_of_differences() -> None:
    """A provider that fails holds up no other and is tried again. Commits."""
    for provider_id in _list_untold(read_session(), clock.now()):
        with independent_step("differences.untold", provider=provider_id):
            _notify_owners(provider_id)


def _notify_owners(provider_id: int) -> None:
    db.session.execute(select(Provider.id).where(Provider.id == provider_id).with_for_update(key_share=True))
    at = clock.now()
    if not _list_untold(db.session, at, Provider.id == provider_id):
        return
    link = absolute_url("dashboard.differences")
    still_open = select(func.count()).where(Difference.provider_id == provider_id, _is_open(at))
    count = str(db.session.scalar(still_open))
    mail_owners(provider_id, MailKind.SUBMISSIONS_WAIT, level=LEVEL, count=count, link=link)
    audit.note(db.session, "provider.differences_told", "provider", provider_id, provider_id=provider_id, at=at)


def _list_untold(session: Session, at: datetime, *which: ColumnElement[bool]) -> list[int]:
    """Providers with open differences that were found since the last mail."""
    newest = select(func.max(Difference.found_at)).where(Difference.provider_id == Provider.id, _is_open(at))
    told_at = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject == "provider", AuditEntry.subject_id == Provider.id, AuditEntry.act == TOLD
    )
    found = newest.correlate(Provider).scalar_subquery()
    those = select(Provider.id, found, told_at.correlate(Provider).scalar_subquery())
    rows = session.execute(
        those.where(Provider.admitted_at.is_not(None), Provider.left_at.is_(None), found.is_not(None), *which)
    )
    return [provider_id for provider_id, newest_at, last in rows if _is_news(newest_at, last, at)]


def _is_news(newest: datetime, told_at: datetime | None, at: datetime) -> bool:
    return told_at is None or (told_at < at - BETWEEN_MAILS and newest > told_at - COMMITTED_AFTER)


def _is_open(at: datetime) -> ColumnElement[bool]:
    return and_(Difference.settled_at.is_(None), Difference.found_at <= at - COMMITTED_AFTER)
