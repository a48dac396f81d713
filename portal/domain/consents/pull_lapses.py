"""Brands of which İYS has not told everything for a day: what people refuse there is not known here meanwhile."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Connection, Feed
from portal.domain.consents.brand_lapses import Lapsed, live_brands

TOLD = "brand.pulls_lapsed"
LAPSE = timedelta(days=1)  # Feeds are pulled every three hours, or more often.


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
