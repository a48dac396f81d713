"""Events of packages that are nearly full or over, for the programs of providers."""

from datetime import timedelta

import structlog
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Event, EventType, Provider
from portal.domain import events, packages
from portal.domain.packages import Level

log = structlog.get_logger()

AGAIN_AFTER = timedelta(days=30)  # At the same level.


def record_low_packages() -> None:
    """Record an event for each provider whose package came to a level; one at a time, since each counts addresses."""
    for provider_id in read_session().scalars(select(Provider.id).where(Provider.left_at.is_(None))).all():
        try:
            _record(provider_id)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("package.unrecorded", provider=provider_id)


def _record(provider_id: int) -> None:
    at, session = clock.now(), read_session()
    usage = packages.measure_usage(session, session.get_one(Provider, provider_id), at, with_iys=False)
    lately = (Event.provider_id == provider_id, Event.type == EventType.PACKAGE_LOW, Event.at > at - AGAIN_AFTER)
    told = [each["level"] for each in session.scalars(select(Event.facts).where(*lately)) if each]
    if usage.level != Level.FINE and usage.level not in told:
        facts = {"level": usage.level, "records": usage.records, "used": usage.used}
        events.record(db.session, EventType.PACKAGE_LOW, provider_id, provider_id=provider_id, at=at, facts=facts)
