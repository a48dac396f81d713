"""Brands of which İYS has not told everything for a day: what people refuse there is not known here meanwhile."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Connection, Feed
from portal.domain.consents import locking, may_send
from portal.domain.consents.brand_lapses import Lapsed, live_brands

TOLD = "brand.pulls_lapsed"
LAPSE = timedelta(days=1)  # Feeds are pulled every three hours, or more often.
UNANSWERED_AFTER = timedelta(hours=20)  # A sweep counts for six days, and İYS tells of the last seven.


def lapsed_pulls(at: datetime) -> Lapsed:
    """Since when the feed that waits longest does; İYS's codes come before our own."""
    feeds = select(
        Brand.id.label("brand_id"), func.min(Feed.answered_at()).label("since"), func.min(Feed.code).label("code")
    )
    feeds = feeds.join(Feed, Feed.brand_id == Brand.id).join(Connection, Connection.provider_id == Brand.provider_id)
    began_at = func.coalesce(Connection.forwarding_enabled_at, Feed.created_at)
    lapsed = began_at < at - LAPSE, Feed.answered_at() < at - LAPSE
    return feeds.where(*live_brands(at), *lapsed).group_by(Brand.id)


def oldest_pull(session: Session, at: datetime) -> datetime | None:
    """Of live brands, up to when the feed that waits longest has told everything."""
    oldest = select(func.min(Feed.answered_at())).join(Brand, Brand.id == Feed.brand_id)
    return session.scalar(oldest.join(Connection, Connection.provider_id == Brand.provider_id).where(*live_brands(at)))


def forget_unanswered(session: Session, brand: Brand, consent_ids: Collection[int], at: datetime) -> None:
    """Where pulls lapsed only an answer to a sweep tells who refused meanwhile: grants of which İYS gives it none are
    NOT_PULLED until it does, or tells of them otherwise."""
    before, pulled_at = at - UNANSWERED_AFTER, session.scalar(select(may_send.last_pull(literal(brand.id))))
    if pulled_at is not None and pulled_at < before:
        locking.forget_iys_statuses(session, consent_ids, before)
