"""Brands for which something that İYS is asked again and again has had no answer for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, not_, select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.models import AuditEntry, Brand, Connection


@dataclass(frozen=True)
class Lapse:
    """`since`: when what waits longest was last answered; `code`: what İYS says since, if it answers."""

    brand_id: int
    brand: str
    brand_code: int
    since: datetime
    code: str | None

    @property
    def has_iys_code(self) -> bool:
        return iys_protocol.is_of_iys(self.code or "")

    @property
    def sentence(self) -> str:
        """As a msgid."""
        return iys_protocol.sentence_of(self.code or "")

    @property
    def cure(self) -> str:
        """As a msgid."""
        return iys_protocol.cure_of(self.code or "")


Lapsed = Select[int, datetime, str | None]  # brand_id, since, code of each lapsed brand, once.


def live_brands(at: datetime) -> Sequence[ColumnElement[bool]]:
    """What İYS is asked about, by whatever egress; what is held counts, as nobody learns of its refusals either, and so
    does what waits for a test of its connection. Of queries that join Brand and Connection, and rows that only those
    have about which İYS was asked once."""
    return not_(Brand.is_sandbox), func.coalesce(Connection.forwarding_enabled_at, at) <= at


def list_lapses(session: Session, lapsed: Lapsed, limit: int, provider_id: int | None = None) -> Sequence[Lapse]:
    """The longest first."""
    its = lapsed.subquery()
    found = select(Brand.id, Brand.name, Brand.brand_code, its.c.since, its.c.code).join(
        its, its.c.brand_id == Brand.id
    )
    found = found.where(*_of(provider_id)).order_by(its.c.since, Brand.id)
    return [Lapse(*row) for row in session.execute(found.limit(limit))]


def count_lapsed(session: Session, lapsed: Lapsed) -> int:
    return session.scalar(select(func.count()).select_from(lapsed.subquery())) or 0


def list_untold(
    session: Session, lapsed: Lapsed, act: str, provider_id: int | None = None
) -> Sequence[tuple[int, int]]:
    """Providers and brands of lapses about which no `act` of the audit log was written since they began."""
    its = lapsed.subquery()
    was_told = exists().where(
        AuditEntry.subject == "brand", AuditEntry.subject_id == Brand.id, AuditEntry.act == act,
        AuditEntry.at > its.c.since,
    )  # fmt: skip
    untold = select(Brand.provider_id, Brand.id).join(its, its.c.brand_id == Brand.id).where(~was_told)
    return [
        (provider, brand) for provider, brand in session.execute(untold.where(*_of(provider_id)).order_by(Brand.id))
    ]


def _of(provider_id: int | None) -> Sequence[Any]:
    return () if provider_id is None else (Brand.provider_id == provider_id,)
