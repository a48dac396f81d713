"""Brands about which İYS has not been asked for a day: what people refuse at İYS is not known here meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, not_, select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.models import AuditEntry, Brand, Connection, Feed

TOLD = "brand.pulls_lapsed"
LAPSE = timedelta(days=1)  # Feeds are pulled every three hours, or more often.


@dataclass(frozen=True)
class Lapse:
    """`since`: the last answer of the feed that waits longest; `code`: what İYS says since, if it answers."""

    brand_id: int
    brand: str
    brand_code: int
    since: datetime
    code: str | None

    @property
    def sentence(self) -> str:
        """As a msgid."""
        return iys_protocol.sentence_of(self.code or "")

    @property
    def cure(self) -> str:
        """As a msgid."""
        return iys_protocol.cure_of(self.code or "")


def list_lapses(session: Session, at: datetime, limit: int, provider_id: int | None = None) -> Sequence[Lapse]:
    """The longest first."""
    since = func.min(Feed.answered_at()).label("since")
    mine = () if provider_id is None else (Brand.provider_id == provider_id,)
    columns = Brand.id, Brand.name, Brand.brand_code
    lapsed = _select_lapsed(at, *columns, since, func.max(Feed.code)).where(*mine).group_by(*columns)
    rows = session.execute(lapsed.order_by(since, Brand.id).limit(limit))
    return [Lapse(brand_id, name, code, at, answer) for brand_id, name, code, at, answer in rows]


def count_lapsed(session: Session, at: datetime) -> int:
    return session.scalar(_select_lapsed(at, func.count(Brand.id.distinct()))) or 0


def list_untold(session: Session, at: datetime, provider_id: int | None = None) -> Sequence[tuple[int, int]]:
    """Providers and brands of lapses about which no TOLD of the audit log was written since they began."""
    since = func.min(Feed.answered_at()).label("since")
    mine = () if provider_id is None else (Brand.provider_id == provider_id,)
    lapsed = _select_lapsed(at, Brand.provider_id, Brand.id, since).where(*mine)
    each = lapsed.group_by(Brand.provider_id, Brand.id).subquery()
    was_told = exists().where(
        AuditEntry.subject == "brand", AuditEntry.subject_id == each.c.id, AuditEntry.act == TOLD,
        AuditEntry.at > each.c.since,
    )  # fmt: skip
    untold = select(each.c.provider_id, each.c.id).where(~was_told).order_by(each.c.id)
    return [(provider, brand) for provider, brand in session.execute(untold)]


def oldest_pull(session: Session, at: datetime) -> datetime | None:
    """Of live brands, when the feed that waits longest was last answered."""
    oldest = select(func.min(Feed.answered_at())).join(Brand, Brand.id == Feed.brand_id)
    return session.scalar(oldest.join(Connection, Connection.provider_id == Brand.provider_id).where(*_live(at)))


def _live(at: datetime) -> Sequence[ColumnElement[bool]]:
    """What İYS is asked about, by whatever egress; what is held counts, as nobody learns of its refusals either."""
    return not_(Brand.is_sandbox), Connection.forwarding_enabled_at <= at


def _select_lapsed(at: datetime, *columns: Any) -> Select[Any]:
    feeds = select(*columns).select_from(Brand).join(Feed, Feed.brand_id == Brand.id)
    feeds = feeds.join(Connection, Connection.provider_id == Brand.provider_id)
    return feeds.where(*_live(at), Connection.forwarding_enabled_at < at - LAPSE, Feed.answered_at() < at - LAPSE)
