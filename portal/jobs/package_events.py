"""Events of packages that are nearly full or over, for the programs of providers."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Event, EventType, Provider
from portal.domain import packages
from portal.domain.packages import Level
from portal.jobs.independent_steps import independent_step

AGAIN_AFTER = timedelta(days=30)  # At the same level.


def record_low_packages() -> None:
    """Record an event for each provider whose package came to a level; one at a time, since each counts addresses."""
    told = _told_levels()
    for provider_id in read_session().scalars(select(Provider.id).where(Provider.left_at.is_(None))).all():
        with independent_step("package.unrecorded", provider=provider_id):
            _record(provider_id, told[provider_id])


def _told_levels() -> defaultdict[int, set[str]]:
    """What providers were told lately. One query for all: no index finds these events, which are few among many."""
    lately = Event.type == EventType.PACKAGE_LOW, Event.at > clock.now() - AGAIN_AFTER
    told: defaultdict[int, set[str]] = defaultdict(set)
    for provider_id, facts in read_session().execute(select(Event.provider_id, Event.facts).where(*lately)):
        told[provider_id].add(facts["level"])
    return told


def _record(provider_id: int, told: Collection[str]) -> None:
    at, session = clock.now(), read_session()
    usage = packages.measure_usage(session, session.get_one(Provider, provider_id), at, with_iys=False)
    if usage.level != Level.FINE and usage.level not in told:
        facts = {"level": usage.level, "records": usage.records, "used": usage.used}
        Event.record(db.session, EventType.PACKAGE_LOW, provider_id, provider_id=provider_id, at=at, facts=facts)
